/** What running the machines again tells, of a cluster simulated with the machines as they are now. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { catalogue } from '../../machines/index.ts'
import { findBoxes, type NodeBox } from '../../src/recorder/boxes.ts'
import { explanationOf } from '../../src/recorder/explanation.ts'
import { type Incident, incidentsOf } from '../../src/recorder/incidents.ts'
import { type Insight, insightsOf } from '../../src/recorder/insights.ts'
import type { Catalogue } from '../../src/recorder/replay.ts'
import { statesUntil } from '../../src/recorder/rerun.ts'
import { type Timeline, timelineOf } from '../../src/recorder/timeline.ts'
import { simulate } from '../../src/simulate/simulation.ts'
import { makeDirectory, removeDirectories } from './support.ts'

afterAll(removeDirectories)

interface Found {
  readonly boxes: NodeBox[]
  readonly timeline: Timeline
  readonly incident: Incident
}

let found: Found

/** The first seeds, until in one a component fails and another becomes primary. */
beforeAll(() => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const directory = join(makeDirectory(), `seed-${seed}`)
    simulate(seed, {
      nodeCount: 3,
      minutes: 0.2,
      heartbeatIntervalMs: 100,
      faults: ['component'],
      blackBoxDirectory: directory,
    })
    const boxes = findBoxes([directory])
    const timeline = timelineOf(boxes)
    const incident = incidentsOf(timeline).find(
      ({ code, title }) => code === 'component.failed' && title.includes('is primary of ledger now'),
    )
    if (incident) {
      found = { boxes, timeline, incident }
      return
    }
  }
  throw new Error('no component failed while it was primary: look at the faults that are drawn')
}, 120_000)

function insights(): { readonly insights: ReadonlyMap<string, Insight>; readonly texts: ReadonlyMap<string, string> } {
  const { lines } = explanationOf(found.timeline, found.incident.id)!
  const ids = new Set(lines.map(({ recordId }) => recordId))
  return {
    insights: insightsOf(found.boxes, catalogue, ids),
    texts: new Map(lines.map(({ recordId, text }) => [recordId, text])),
  }
}

test('the guard by which it fell out of its role', () => {
  const of = insights().insights.get(found.incident.id)!
  expect(of.guards).toContainEqual({ guard: 'isLive', held: true })
  expect(of.guards).toContainEqual({ guard: 'goesOnAlone', held: false })
})

test('why the CRIM gave whom which role', () => {
  const { insights: all, texts } = insights()
  const [id, { reasons }] = [...all].find(([one]) => texts.get(one)!.includes('it is decided: '))!
  expect(found.timeline.byId.get(id)!.actor).toBe('crim')
  expect(reasons.get(found.incident.subject)).toContain('it failed (process.exited: signal SIGSEGV)')
  const successor = [...reasons].find(([place]) => place !== found.incident.subject)!
  expect(successor[1]).toMatch(/^instead of /)
})

test('every machine at every tenth step, exactly in the state that was recorded', () => {
  const { entries } = found.timeline
  const states = new Map<string, string>()
  const lives = new Map<string, number>()
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'note' || entry.kind === 'application') continue
    if (entry.kind === 'end') states.delete(`${entry.node} ${entry.actor}`)
    else states.set(`${entry.node} ${entry.actor}`, entry.state)
    lives.set(entry.node, entry.incarnation)
    if (index % 10 !== 9 || entry.time.us === entries[index + 1]?.time.us) continue
    const until = statesUntil(found.boxes, catalogue, { time: entry.time })
    expect(until.every(({ isExact, snapshot }) => isExact && snapshot !== null)).toBe(true)
    const told = new Map(until.map(({ node, actor, state }) => [`${node} ${actor}`, state]))
    expect(Object.fromEntries([...told].sort())).toEqual(Object.fromEntries([...states].sort()))
  }
})

test('of another version of a machine: the recorded state, and the context of the snapshot before; no guards', () => {
  const raised: Catalogue = { ...catalogue, component: { ...catalogue.component, version: 1_000_000 } }
  const asked = new Set([found.incident.id])
  expect(insightsOf(found.boxes, raised, asked).size).toBe(0)
  const { time } = found.timeline.byId.get(found.incident.id)!
  const until = statesUntil(found.boxes, raised, { time })
  const component = until.find(({ actor }) => actor === `component/${found.incident.subject}`)!
  expect(component).toMatchObject({ state: 'offline.stopped', isExact: false, machine: 'component' })
  expect(until.filter(({ actor }) => !actor.startsWith('component/')).every(({ isExact }) => isExact)).toBe(true)
})

test('before the first life there is nothing', () => {
  expect(statesUntil(found.boxes, catalogue, { time: { us: 0, count: 0 } })).toEqual([])
})
