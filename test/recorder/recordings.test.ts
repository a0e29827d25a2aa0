/**
 * Replay of every recording in test/recordings, for ever: exact where the machines are those that made it; where they have changed
 * since, it is recognised, and still tells its story.
 */
import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { catalogue } from '../../machines/index.ts'
import { explanationOf } from '../../src/recorder/explanation.ts'
import { type Incident, incidentsOf } from '../../src/recorder/incidents.ts'
import { openRecordings } from '../../src/recorder/openRecordings.ts'
import { type Catalogue, replayBoxes } from '../../src/recorder/replay.ts'
import { type Timeline, timelineOf } from '../../src/recorder/timeline.ts'

const folder = join(import.meta.dir, '../recordings')
const names = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'))

/** What each is about; a recording without a word here fails. */
const stories: Readonly<Record<string, readonly Partial<Incident>[]>> = {
  'failover.tar.gz': [
    { code: 'component.failed', subject: 'n1/ledger', severity: 'critical', assignments: ['ledger'] },
    { code: 'node.left', severity: 'info' },
  ],
  'standstill.tar.gz': [
    { code: 'lease.lost', subject: 'n1', severity: 'critical', assignments: ['ledger'] },
    { code: 'node.failed', subject: 'n1', severity: 'critical', assignments: ['ledger'] },
    { code: 'node.returned', subject: 'n1', severity: 'info' },
    { code: 'node.unreachable', subject: 'n3', severity: 'critical', assignments: ['ledger'] },
  ],
  'nodeLoss.tar.gz': [
    { code: 'node.failed', subject: 'n1', severity: 'critical', assignments: ['ledger'] },
    { code: 'node.returned', subject: 'n1', severity: 'info' },
    { code: 'node.unreachable', subject: 'n2', severity: 'critical', assignments: ['ledger'] },
  ],
}

async function opened<T>(name: string, use: (boxes: Parameters<typeof timelineOf>[0]) => T): Promise<T> {
  const recordings = await openRecordings([join(folder, name)])
  try {
    return use(recordings.boxes)
  } finally {
    recordings.close()
  }
}

describe.each(names)('%s', (name) => {
  test('replays exactly, or is of other versions of the machines and says which', async () => {
    const [timeline, result] = await opened(
      name,
      (boxes) => [timelineOf(boxes), replayBoxes(boxes, catalogue)] as const,
    )
    const foreign = timeline.machines.filter(
      ({ machine, version }) => (catalogue as Catalogue)[machine]?.version !== version,
    )
    expect(result).toMatchObject({
      mismatchCount: 0,
      mismatches: [],
      damages: [],
      gaps: [],
      isExact: foreign.length === 0,
    })
    expect(new Set(result.unverifiable.map(({ machine }) => machine))).toEqual(
      new Set(foreign.map(({ machine }) => machine)),
    )
    expect(result.verifiedCount + result.unverifiedCount).toBe(result.eventCount)
  })

  test('tells what happened', async () => {
    const timeline = await opened(name, (boxes) => timelineOf(boxes))
    const incidents = incidentsOf(timeline)
    const story = stories[name]
    expect(story).toBeDefined()
    const found = story!.map((wanted) => incidents.find((incident) => isLike(incident, wanted)))
    expect(found).toMatchObject(story as never)
    for (const incident of incidents) check(timeline, incident)
  })
})

function isLike(incident: Incident, wanted: Partial<Incident>): boolean {
  return incident.code === wanted.code && (wanted.subject === undefined || incident.subject === wanted.subject)
}

function check(timeline: Timeline, incident: Incident): void {
  const { id, recordIds, startUs, endUs, outageMs, severity } = incident
  expect(recordIds).toContain(id)
  expect(timeline.byId.get(id)!.time.us).toBe(startUs)
  // Also of the last nodes that leave: nobody is to be elected or to serve any more.
  expect(endUs).not.toBeNull()
  expect(endUs ?? startUs).toBeGreaterThanOrEqual(startUs)
  if (severity === 'critical') expect(outageMs).toBeGreaterThan(0)
  const { lines } = explanationOf(timeline, id)!
  expect(lines.filter(({ isAsked }) => isAsked).map(({ recordId }) => recordId)).toEqual([id])
  if (severity === 'critical') expect(lines.map(({ phase }) => phase)).toContain('serve')
}

test('what programs and nodes wrote for the record has its place in the story', async () => {
  const timeline = await opened('standstill.tar.gz', (boxes) => timelineOf(boxes))
  const kinds = new Set(timeline.entries.map(({ kind }) => kind))
  expect([...kinds]).toEqual(expect.arrayContaining(['start', 'step', 'application', 'note']))
  const { id } = incidentsOf(timeline).find(({ code }) => code === 'node.failed')!
  const sentences = explanationOf(timeline, id)!.lines.map(({ text }) => text)
  expect(sentences).toContain('n3/ledger notes: serving.began (entries 0)')
})

test('a step belongs to one incident', async () => {
  for (const name of names) {
    const incidents = await opened(name, (boxes) => incidentsOf(timelineOf(boxes)))
    const ids = incidents.flatMap(({ recordIds }) => recordIds)
    expect(new Set(ids).size).toBe(ids.length)
  }
})
