import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  type Formation,
  type Founder,
  foundersOf,
  greeted,
  type Hello,
  missingFrom,
  unformed,
} from '../../../machines/logic/formation.ts'

const expected = [
  { name: 'n1', kind: 'voter' },
  { name: 'n2', kind: 'voter' },
  { name: 'a1', kind: 'arbiter' },
] as const
const at = (self: string, disk = `disk of ${self}`) => unformed({ self, disk, expected })
const empty = (disk: string): Hello => ({ disk, founded: null })
const hear = (formation: Formation, ...names: string[]) =>
  names.reduce((now, name) => greeted(now, name, empty(`disk of ${name}`)).formation, formation)
const all: readonly Founder[] = expected.map((one) => ({ ...one, disk: `disk of ${one.name}` }))

describe('founding', () => {
  test('waits for every voter and the arbiter, and names whom it waits for', () => {
    const waiting = hear(at('n1'), 'a1')
    expect(foundersOf(waiting, { isForced: false })).toBeNull()
    expect(missingFrom(waiting)).toEqual(['n2'])
    expect(foundersOf(hear(waiting, 'n2'), { isForced: false })).toEqual(all)
  })

  test('the same entry on every founder, whatever the order of the hellos', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('n1', 'n2', 'a1'),
        fc.shuffledSubarray(['n1', 'n2', 'a1'], { minLength: 3 }),
        (self, order) => {
          const heard = hear(at(self), ...order.filter((name) => name !== self))
          expect(foundersOf(heard, { isForced: false })).toEqual(all)
        },
      ),
    )
  })

  test('forced by the operator: a majority, the disk of who is missing unknown', () => {
    const alone = at('n1')
    expect(foundersOf(alone, { isForced: true })).toBeNull()
    expect(foundersOf(hear(alone, 'n2'), { isForced: true })).toEqual([all[0]!, all[1]!, { ...all[2]!, disk: '' }])
  })

  test('a stranger counts for nothing, and a node that is no configured voter founds nothing', () => {
    expect(hear(at('n1'), 'n9').disks).toEqual({ n1: 'disk of n1' })
    expect(foundersOf(hear(at('n9'), 'n1', 'n2', 'a1'), { isForced: false })).toBeNull()
  })
})

describe('a disk that is empty while the cluster is not', () => {
  const founded: Hello = { disk: 'disk of n1', founded: { founders: all } }

  test('a founder that missed the founding adopts it', () => {
    expect(greeted(at('n2'), 'n1', founded).founders).toEqual(all)
  })

  test('a node whose disk was replaced founds nothing, even if all others seem as empty as it', () => {
    const { formation, founders } = greeted(at('n2', 'another disk'), 'n1', founded)
    expect(founders).toBeNull()
    expect(foundersOf(hear(formation, 'n1', 'a1'), { isForced: true })).toBeNull()
    expect(missingFrom(formation)).toEqual([])
  })

  test('nor when the first entry is compacted away', () => {
    const { formation, founders } = greeted(at('n2'), 'n1', { disk: 'disk of n1', founded: { founders: null } })
    expect([founders, foundersOf(hear(formation, 'n1', 'a1'), { isForced: false })]).toEqual([null, null])
  })
})
