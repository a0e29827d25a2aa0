/** When the master's word goes out to the other nodes. */
import { expect, test } from 'bun:test'
import type { CrimContext } from '../../machines/crim.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { Publisher } from '../../src/node/publisher.ts'
import type { MasterWord } from '../../src/wire/messages/word.ts'
import { configuration } from '../support/configuration.ts'
import { OperatedCluster } from '../support/operatedCluster.ts'

/** So many assignments, each with a component on each of three nodes. */
function clusterOf(assignmentCount: number): Configuration {
  const base = configuration({ nodes: ['n1', 'n2', 'n3'] })
  const names = Array.from({ length: assignmentCount }, (_, index) => `service${index}`)
  return {
    ...base,
    components: Object.fromEntries(names.map((name) => [name, base.components.service!])),
    assignments: Object.fromEntries(names.map((name) => [name, { component: name, redundancy: '2N' }])),
  }
}

function stage(assignmentCount: number) {
  const cluster = new OperatedCluster(clusterOf(assignmentCount))
  cluster.settle()
  let crim: CrimContext | null = cluster.crim
  let nowMs = 100
  const turns: (() => void)[] = []
  const timers: { atMs: number; callback: () => void }[] = []
  const told: { to: string; word: MasterWord }[] = []
  const publisher = new Publisher({
    self: 'n1',
    defer: (callback) => turns.push(callback),
    acting: () => crim,
    post: (to, word) => told.push({ to, word }),
    clock: {
      nowMs: () => nowMs,
      setTimer: (delayMs, callback) => {
        timers.push({ atMs: nowMs + delayMs, callback })
        return () => {}
      },
    },
  })
  const turn = () => {
    publisher.touch()
    for (let next = turns.shift(); next; next = turns.shift()) next()
    return told.splice(0).map(({ to, word }) => `${to} ${word.epoch}.${word.revision}`)
  }
  return {
    publisher,
    turn,
    /** The master sees something else of n2's component. */
    change: (of: Partial<CrimContext> = {}) => {
      const { statuses } = crim!
      const status = statuses['n2/service0']!
      const changed = { ...status, incarnation: status.incarnation + 1 }
      crim = { ...crim!, statuses: { ...statuses, 'n2/service0': changed }, ...of }
    },
    wait: (byMs: number) => {
      nowMs += byMs
      for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
        timers.splice(timers.indexOf(timer), 1)
        timer.callback()
      }
      return turn()
    },
    nodes: () => crim!.nodes,
  }
}

test('a short word goes at once, at each change', () => {
  const { turn, change } = stage(1)
  expect(turn()).toEqual(['n2 1.1', 'n3 1.1'])
  expect(turn()).toEqual([])
  change()
  expect(turn()).toEqual(['n2 1.2', 'n3 1.2'])
})

test('a long one rests in between; what changed meanwhile goes with the next, and the master itself knows it', () => {
  const { turn, change, wait, publisher } = stage(40)
  expect(turn()).toHaveLength(2)
  for (let count = 0; count < 3; count++) {
    change()
    expect(turn()).toEqual([])
  }
  const incarnation = () => publisher.word!.components.find(({ component }) => component === 'n2/service0')!.incarnation
  const before = incarnation()
  change()
  expect(incarnation()).toBe(before + 1)
  expect(turn()).toEqual([])
  expect(wait(1)).toEqual([])
  expect(wait(1_000)).toEqual([`n2 1.${publisher.word!.revision}`, `n3 1.${publisher.word!.revision}`])
  expect(wait(1_000)).toEqual([])
})

test('a node that has begun anew, and a new mastership, wait for nothing', () => {
  const { turn, change, nodes } = stage(40)
  turn()
  change({ nodes: { ...nodes(), n3: { availability: 'alive', incarnation: 2 } } })
  expect(turn()).toEqual(['n3 1.1'])
  change({ epoch: 2 })
  expect(turn()).toEqual(['n2 2.2', 'n3 2.2'])
})
