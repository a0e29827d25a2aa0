/**
 * Writes to the store in the directory given until it is killed: a vote for each epoch, ten entries in it. Says what is durable, a
 * line for each write.
 */
import { kept } from '../../src/repository/entry.ts'
import { openStore } from '../../src/repository/store.ts'

const store = await openStore({ directory: process.argv[2]! })
let index = store.initial.entries.at(-1)?.index ?? 0
const written = (change: Parameters<typeof store.write>[0]) =>
  new Promise<void>((resolve) => store.write(change, resolve))
for (let epoch = store.initial.durable.epoch + 1; ; epoch += 1) {
  const votedFor = `n${epoch % 3}`
  await written({ durable: { epoch, votedFor } })
  console.log(`vote ${epoch}`)
  for (let count = 0; count < 10; count += 1) {
    index += 1
    const at = index
    const put = [
      kept({ index, epoch, command: { type: 'set', entries: [{ key: 'k', value: index }], conditions: [] } }),
    ]
    // Some wait for it to be durable, others don't: they are written together.
    if (count % 3 === 0) await written({ put, commitIndex: at - 1 })
    else store.write({ put, commitIndex: at - 1 }, () => console.log(`entry ${at}`))
  }
}
