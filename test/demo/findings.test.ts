import { expect, test } from 'bun:test'
import { decisionOf, detectionOf } from '../../src/demo/findings.ts'
import { mergeTimeline, type TimelineEntry } from '../../src/recorder/index.ts'

function entry(sequence: number, of: Partial<TimelineEntry>): TimelineEntry {
  return {
    id: `n1:1:${sequence}`,
    node: 'n1',
    incarnation: 1,
    sequence,
    time: { us: sequence, count: 0 },
    actor: 'crim',
    kind: 'step',
    event: { type: 'nothing' },
    cause: null,
    fromState: null,
    state: 'active.settled',
    effects: [],
    timers: [],
    ...of,
  }
}

const timeline = mergeTimeline([
  entry(1, { actor: 'component/n2/ledger', event: { type: 'process.exited' } }),
  entry(5, { actor: 'component/n2/ledger', event: { type: 'process.exited' } }),
  entry(6, { effects: [{ type: 'repository.propose' }] }),
  entry(8, { actor: 'node/n3', event: { type: 'peer.ended', how: 'reset' } }),
  entry(9, { actor: 'membership', effects: [{ type: 'mastership.acquired' }] }),
])

test('the first that noticed after the fault, and how', () => {
  const found = detectionOf(timeline, { kind: 'process', subject: 'n2/ledger', fromUs: 3 })
  expect(found?.entry.id).toBe('n1:1:5')
  expect(detectionOf(timeline, { kind: 'node', subject: 'n3', fromUs: 3 })?.how).toContain('reset')
  expect(detectionOf(timeline, { kind: 'node', subject: 'n2', fromUs: 3 })).toBeNull()
})

test('the decision: new roles, or after the end of a master a new one', () => {
  expect(decisionOf(timeline, { kind: 'process', fromUs: 5 })?.id).toBe('n1:1:6')
  expect(decisionOf(timeline, { kind: 'master', fromUs: 8 })?.id).toBe('n1:1:9')
  expect(decisionOf(timeline, { kind: 'node', fromUs: 8 })).toBeNull()
})
