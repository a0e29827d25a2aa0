import { expect, test } from 'bun:test'
import { BusyError, Paced } from '../../../src/manage/http/paced.ts'

test('one after the other, and one that fails holds none up', async () => {
  const paced = new Paced()
  const done: string[] = []
  const work = (name: string) =>
    paced.run(async (part) => {
      for (const half of ['a', 'b']) await part(async () => void done.push(`${name}${half}`))
      return name
    })
  const failed = paced.run(() => Promise.reject(new Error('no')))
  const [first, second] = [work('1'), work('2')]
  await expect(failed).rejects.toThrow('no')
  expect([await first, await second]).toEqual(['1', '2'])
  expect(done).toEqual(['1a', '1b', '2a', '2b'])
})

test('so many wait, and what is more is refused until there is room', async () => {
  const paced = new Paced()
  const { promise, resolve } = Promise.withResolvers<void>()
  const waiting = Array.from({ length: 16 }, () => paced.run(() => promise))
  await expect(paced.run(() => promise)).rejects.toBeInstanceOf(BusyError)
  resolve()
  await Promise.all(waiting)
  expect(await paced.run(async () => 'room')).toBe('room')
})
