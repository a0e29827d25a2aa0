/**
 * Writes to the store in the directory given until it is killed: a vote for each epoch, ten entries in it. Says what is durable, a
 * line for each write that returned.
 */
import { kept } from '../../src/repository/entry.ts'
import { openStore } from '../../src/repository/store.ts'

const store = openStore({ directory: process.argv[2]! })
for (let epoch = store.durable.epoch + 1; ; epoch += 1) {
  store.saveVote({ epoch, votedFor: `n${epoch % 3}` })
  console.log(`vote ${epoch}`)
  for (let count = 0; count < 10; count += 1) {
    const index = store.lastIndex + 1
    store.append(
      [kept({ index, epoch, command: { type: 'set', entries: [{ key: 'k', value: index }], conditions: [] } })],
      index - 1,
    )
    console.log(`entry ${index}`)
  }
}
