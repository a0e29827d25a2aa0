/** Incidents of a full recording, of the notable steps alone, as the cluster log keeps them, and of one node's part. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Notables, type Recorded } from '../../src/clusterLog/notable.ts'
import { type NodeBox, readLife } from '../../src/recorder/boxes.ts'
import { explanationOf, explanationsOf } from '../../src/recorder/explanation.ts'
import { type Incident, incidentsOf } from '../../src/recorder/incidents.ts'
import { openRecordings, type Recordings } from '../../src/recorder/openRecordings.ts'
import { mergeTimeline, type Timeline, type TimelineEntry, timelineOf } from '../../src/recorder/timeline.ts'

let recordings: Recordings
let whole: Timeline

beforeAll(async () => {
  recordings = await openRecordings([join(import.meta.dir, '../recordings/nodeLoss.tar.gz')])
  whole = timelineOf(recordings.boxes)
})

afterAll(() => recordings.close())

const codesOf = (incidents: readonly Incident[]) => incidents.map(({ code, subject }) => `${code} ${subject}`)

/** What the cluster log keeps of it. */
function notable(boxes: readonly NodeBox[]): Timeline {
  const kept = boxes
    .flatMap(({ lives }) => lives)
    .flatMap((life) => {
      const notables = new Notables(life.node, life.incarnation)
      const frames = [...readLife(life, { onDamage: () => {} })]
      return frames.map(({ record }) => notables.take(record as Recorded)).filter((one) => one !== null)
    })
  return mergeTimeline(kept.map((one): TimelineEntry => ({ ...one, timers: [] })))
}

const partOf = ({ entries }: Timeline, node: string) => mergeTimeline(entries.filter((entry) => entry.node === node))

describe('one incident for each cause', () => {
  test('of full black boxes', () => {
    expect(codesOf(incidentsOf(whole)).slice(0, 4)).toEqual([
      'lease.lost n2',
      'node.failed n1',
      'node.returned n1',
      'node.unreachable n2',
    ])
  })

  test('of the notable steps alone, with the same outages', () => {
    const thin = notable(recordings.boxes)
    expect(thin.entries.length).toBeLessThan(whole.entries.length * 0.7)
    expect(codesOf(incidentsOf(thin)).slice(0, 4)).toEqual(codesOf(incidentsOf(whole)).slice(0, 4))
    const outagesOf = (timeline: Timeline) => incidentsOf(timeline).map(({ outageMs }) => outageMs)
    expect(outagesOf(thin).slice(0, 4)).toEqual(outagesOf(whole).slice(0, 4))
  })

  test("of one node's part: what it noticed, and no outage that it cannot know of", () => {
    for (const node of ['n1', 'n2', 'n3']) {
      const incidents = incidentsOf(partOf(whole, node))
      expect(incidents.length).toBeGreaterThan(2)
      for (const { id, recordIds } of incidents) {
        expect(id).toStartWith(`${node}:`)
        expect(recordIds.every((one) => one.startsWith(`${node}:`))).toBe(true)
      }
    }
    const outageOf = (timeline: Timeline, code: string) =>
      incidentsOf(timeline).find((one) => one.code === code)!.outageMs
    // The master is told of both primaries, a little later; who became master when the primary was silent never knew it.
    expect(outageOf(partOf(whole, 'n2'), 'node.failed')! / outageOf(whole, 'node.failed')!).toBeCloseTo(1, 1)
    expect(outageOf(partOf(whole, 'n1'), 'node.unreachable')).toBeNull()
    expect(outageOf(partOf(whole, 'n3'), 'node.unreachable')).toBeNull()
  })

  test('of nothing: none', () => {
    expect(incidentsOf(mergeTimeline([]))).toEqual([])
  })
})

test('what a node does while others see it silent belongs to the same incident', () => {
  const unreachable = incidentsOf(whole).find(({ code }) => code === 'node.unreachable')!
  const own = unreachable.recordIds.map((id) => whole.byId.get(id)!).filter(({ node }) => node === 'n2')
  expect(own.some(({ actor, event }) => actor === 'component/n2/ledger' && event.type === 'lease.lost')).toBe(true)
})

test('the course of an incident: detected, made safe, decided, promoted, served, in this order', () => {
  const { id } = incidentsOf(whole).find(({ code }) => code === 'node.unreachable')!
  const { lines, records, incident } = explanationOf(whole, id)!
  expect(incident!.id).toBe(id)
  const firstOf = (phase: string) => lines.findIndex((line) => line.phase === phase)
  const order = ['detect', 'fence', 'promote', 'serve'].map(firstOf)
  expect(order).toEqual([...order].sort((a, b) => a - b))
  expect(order.every((index) => index >= 0)).toBe(true)
  expect(records.map(({ id: one }) => one)).toEqual(incident!.recordIds.toSorted(byTime))
  const sentences = lines.map(({ text }) => text)
  expect(sentences).toContain('waited until n2 must have stopped its primaries by itself')
  expect(sentences).toContain('n3/ledger is primary of ledger and serves')
})

const byTime = (a: string, b: string) =>
  whole.entries.indexOf(whole.byId.get(a)!) - whole.entries.indexOf(whole.byId.get(b)!)

test('a step of an incident is explained by all of it; one of none by its own chain; one that is not there not at all', () => {
  const [first] = incidentsOf(whole)
  const inside = explanationOf(whole, first!.recordIds.at(-1)!)!
  expect(inside.incident!.id).toBe(first!.id)
  const start = whole.entries.find(({ kind }) => kind === 'start')!
  expect(explanationOf(whole, start.id)).toMatchObject({
    incident: null,
    lines: [{ recordId: start.id, isAsked: true }],
  })
  expect(explanationOf(whole, 'n1:9:9')).toBeNull()
})

test('entries of kinds and shapes that are not known are passed over', () => {
  const strange = whole.entries.map((entry, index) =>
    index % 7 === 0
      ? ({ ...entry, kind: 'note', event: { type: 'strange', entries: 'x', status: 1 } } as never)
      : entry,
  )
  expect(() => incidentsOf(mergeTimeline(strange)).map(({ id }) => explanationOf(whole, id))).not.toThrow()
})

/** `n1` is told that `n2` was heard, suspected and confirmed silent. */
function silence(node: string, peer: string, us: number, sequence: number): TimelineEntry[] {
  const states = ['unknown', 'alive', 'suspect', 'unreachable']
  const types = ['peer.heard', 'peer.suspected', 'peer.confirmedSilent']
  return types.map((type, index) => ({
    id: `${node}:1:${sequence + index}`,
    node,
    incarnation: 1,
    sequence: sequence + index,
    time: { us: us + index * 10_000, count: 0 },
    actor: `node/${peer}`,
    kind: 'step',
    event: { type, silentForMs: 100 },
    cause: null,
    fromState: states[index]!,
    state: states[index + 1]!,
    effects: [],
    timers: [],
  }))
}

test('nodes that do not hear each other are one incident, the network; two that nobody hears are two', () => {
  const split = mergeTimeline([
    ...silence('n1', 'n3', 1_000_000, 1),
    ...silence('n2', 'n3', 1_001_000, 1),
    ...silence('n3', 'n1', 1_002_000, 1),
    ...silence('n3', 'n2', 1_003_000, 11),
  ])
  expect(incidentsOf(split)).toMatchObject([
    { code: 'network.split', subject: 'cluster', title: 'the network split into n1, n2 / n3', severity: 'warning' },
  ])
  const lost = mergeTimeline([...silence('n1', 'n2', 1_000_000, 1), ...silence('n1', 'n3', 1_001_000, 11)])
  expect(codesOf(incidentsOf(lost))).toEqual(['node.unreachable n2', 'node.unreachable n3'])
})

/** What a component's machine of node `n1` did at `us`, as a step of `cause`. */
function moved(us: number, [fromState, state]: [string, string], more: Partial<TimelineEntry> = {}): TimelineEntry {
  const component = more.actor ?? 'component/n1/web'
  const node = component.split('/')[1]!
  return {
    ...{ id: `${node}:1:${us}`, node, incarnation: 1, sequence: us, time: { us, count: 0 }, kind: 'step' },
    ...{ actor: component, event: { type: 'role.done' }, cause: null, fromState, state, effects: [], timers: [] },
    ...more,
  }
}

test('who served for a while, and does not any more at its end, is not said to be primary now', () => {
  const failed = moved(1_000_000, ['primary.ready', 'offline.stopped'], { event: { type: 'process.exited' } })
  const { id: cause } = failed
  const timeline = mergeTimeline([
    failed,
    moved(1_100_000, ['secondary.ready', 'primary.ready'], { cause, actor: 'component/n2/web' }),
    moved(1_200_000, ['primary.ready', 'offline.stopped'], { cause, actor: 'component/n2/web' }),
    moved(1_300_000, ['secondary.ready', 'primary.ready'], { cause, actor: 'component/n3/web' }),
  ])
  expect(incidentsOf(timeline).map(({ title }) => title)).toEqual([
    'n1/web failed (process.exited); n3/web is primary now',
  ])
})

test('of many incidents the stories are the same as of each', () => {
  const all = explanationsOf(whole)
  expect(all.map(({ incident }) => incident)).toEqual(incidentsOf(whole))
  for (const one of all) expect(one).toEqual(explanationOf(whole, one.id)! as never)
})
