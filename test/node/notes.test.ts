/** What a node notes of itself, and what it notes follows from. */
import { describe, expect, test } from 'bun:test'
import { Engine } from '../../src/engine/engine.ts'
import type { NoteRecord, NumberedRecord } from '../../src/engine/record.ts'
import { Notes } from '../../src/node/notes.ts'
import type { Parts } from '../../src/node/parts.ts'
import type { LastLife } from '../../src/recorder/index.ts'
import { catalogue, TestClock } from '../recorder/support.ts'
import { configuration } from '../support/configuration.ts'

const core = { is: 'file', path: '/var/core', pattern: 'core' } as const

function made() {
  const records: NumberedRecord[] = []
  const engine = new Engine({
    node: 'n1',
    incarnation: 2,
    clock: new TestClock(),
    catalogue,
    recorder: { append: (record) => void records.push(record) },
    perform() {},
  })
  engine.start('component/n1/ledger', 'lamp', { name: 'ledger', burnMs: 1000 })
  const deaths: unknown[] = []
  const deferred: (() => void)[] = []
  const notes = new Notes({
    parts: { engine, configuration: configuration() } as Partial<Parts> as Parts,
    ports: {
      defer: (callback) => void deferred.push(callback),
      findCore: (death) => {
        deaths.push(death)
        return death.signal === 'SIGSEGV' ? core : null
      },
      wasWatchdogReset: () => true,
    },
  })
  const written = (): NoteRecord[] =>
    records.filter((record): record is NoteRecord => 'event' in record && record.kind !== 'step')
  return { notes, engine, deaths, deferred, written }
}

const process_ = { component: 'n1/ledger', task: null, incarnation: 7 }

describe('the death of a process', () => {
  test('has its number, signal and core, and follows from the step that took note of it', () => {
    const { notes, engine, deaths, written } = made()
    notes.started({ ...process_, pid: 4711 })
    engine.send('component/n1/ledger', { type: 'lamp.press' })
    notes.exited({ ...process_, exitCode: null, signal: 'SIGSEGV', atMs: 1 })
    expect(deaths).toMatchObject([{ pid: 4711, signal: 'SIGSEGV' }])
    expect(written()).toMatchObject([
      {
        kind: 'note',
        actor: 'component/n1/ledger',
        state: 'lit',
        event: { type: 'process.died', severity: 'error', pid: 4711, signal: 'SIGSEGV', incarnation: 7, core },
        cause: { node: 'n1', incarnation: 2, sequence: 2 },
      },
    ])
  })

  test('in order is none; one with a code is', () => {
    const { notes, written } = made()
    notes.exited({ ...process_, exitCode: 0, signal: null, atMs: 1 })
    expect(written()).toEqual([])
    notes.exited({ ...process_, exitCode: 3, signal: null, atMs: 1 })
    expect(written()).toMatchObject([{ event: { type: 'process.died', exitCode: 3, pid: null, core: null } }])
  })
})

describe('a life', () => {
  const lastLife: LastLife = {
    incarnation: 1,
    end: 'killed',
    exitCode: null,
    recordCount: 12,
    lastUs: 5,
    tail: 'torn',
    segmentCount: 1,
  }

  test('begins with how the last one ended: wrong, unless that ended by itself', () => {
    const { notes, written } = made()
    notes.lifeBegan({ lastLife: null })
    notes.lifeBegan({ lastLife })
    notes.lifeBegan({ lastLife: { ...lastLife, end: 'machineRestarted' } })
    notes.lifeBegan({ lastLife: { ...lastLife, end: 'ended', exitCode: 0, tail: 'whole' } })
    expect(written().map(({ actor, event }) => [actor, event.severity, event.last])).toMatchObject([
      ['life', 'warning', { end: 'killed', tail: 'torn', recordCount: 12, isWatchdogReset: false }],
      ['life', 'warning', { end: 'machineRestarted', isWatchdogReset: true }],
      ['life', 'info', { end: 'ended', exitCode: 0 }],
    ])
  })

  test('ends with its exit code', () => {
    const { notes, written } = made()
    notes.lifeEnded(75)
    expect(written()).toMatchObject([{ actor: 'life', event: { type: 'life.ended', exitCode: 75 } }])
  })
})

test('what the guard saw, with the core of a node process', () => {
  const { notes, written } = made()
  const at = { atUs: 1, incarnation: 1 }
  notes.guardSaw([
    { ...at, code: 'node.hung', silentForMs: 1600 },
    { ...at, code: 'node.ended', pid: 9, exitCode: null, signal: 'SIGSEGV' },
  ])
  expect(written()).toMatchObject([
    { actor: 'guard', event: { type: 'node.hung', severity: 'warning', silentForMs: 1600 } },
    { actor: 'guard', event: { type: 'node.ended', signal: 'SIGSEGV', core } },
  ])
})

test('what a program writes is its component’s, and what the recorder says waits for its turn', () => {
  const { notes, deferred, written } = made()
  const cause = { node: 'n1', incarnation: 2, sequence: 1 }
  const record = {
    component: 'n1/ledger',
    incarnation: 7,
    name: 'journal.loaded',
    data: { entries: 3 },
    cause,
  } as const
  notes.application({ ...record, missingCount: 0 })
  notes.application({ ...record, missingCount: 4 })
  notes.later('recorder', { type: 'detail.lowered' })
  expect(written()).toHaveLength(2)
  for (const callback of deferred) callback()
  expect(written()).toMatchObject([
    { kind: 'application', actor: 'component/n1/ledger', cause, event: { type: 'journal.loaded', incarnation: 7 } },
    { kind: 'application', event: { data: { entries: 3 }, missingCount: 4 } },
    { kind: 'note', actor: 'recorder', event: { type: 'detail.lowered' } },
  ])
})
