import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { compareTimed, heldMaxMs, Ordering, type Timed } from '../../src/clusterLog/ordering.ts'

const record = (node: string, timeUs: number, sequence = timeUs): Timed => ({
  id: `${node}:1:${sequence}`,
  node,
  timeUs,
  timeCount: 0,
})
const ids = (records: readonly Timed[]) => records.map(({ id }) => id)

test('a record waits until all before it is there, but not for ever', () => {
  const ordering = new Ordering<Timed>()
  ordering.add([record('n2', 30), record('n2', 50)], 0)
  expect(ordering.release(20, 0)).toEqual([])
  ordering.add([record('n1', 25)], 10)
  expect(ids(ordering.release(30, 20))).toEqual(['n1:1:25', 'n2:1:30'])
  expect(ordering.release(null, heldMaxMs - 1)).toEqual([])
  expect(ids(ordering.release(null, heldMaxMs))).toEqual(['n2:1:50'])
})

test('what comes too late is told as it comes', () => {
  const ordering = new Ordering<Timed>()
  ordering.add([record('n1', 50)], 0)
  ordering.release(60, 0)
  ordering.add([record('n3', 10)], 5)
  expect(ids(ordering.release(60, 5))).toEqual(['n3:1:10'])
})

test('each is told once, in order as far as it was there in time', () => {
  const stream = fc.array(fc.record({ timeUs: fc.nat(1000), node: fc.constantFrom('n1', 'n2') }), { maxLength: 50 })
  fc.assert(
    fc.property(stream, fc.array(fc.nat(1000), { maxLength: 10 }), (made, marks) => {
      const records = made.map(({ timeUs, node }, index) => record(node, timeUs, index + 1))
      const ordering = new Ordering<Timed>()
      ordering.add(records, 0)
      const told = [...marks.sort((a, b) => a - b), 1000].flatMap((mark) => ordering.release(mark, 0))
      expect(told).toEqual([...records].sort(compareTimed))
    }),
  )
})
