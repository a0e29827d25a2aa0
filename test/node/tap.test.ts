import { expect, test } from 'bun:test'
import type { LogRecord } from '../../src/clusterLog/record.ts'
import type { Recorder } from '../../src/engine/record.ts'
import { RecordTap } from '../../src/node/tap.ts'

type EngineRecord = Parameters<Recorder['append']>[0]

const common = (sequence: number, state: string) => ({
  sequence,
  time: { us: sequence, count: 0 },
  actor: 'crim',
  state,
  hash: 0,
})
const outputs = { effects: [], timers: [] }
const start: EngineRecord = {
  kind: 'start',
  ...common(1, 'standby'),
  machine: 'crim',
  version: 1,
  input: {},
  ...outputs,
}
const step = (sequence: number, state: string): EngineRecord => ({
  kind: 'step',
  ...common(sequence, state),
  event: { type: 'mastership.changed' },
  cause: { node: 'n2', incarnation: 3, sequence: 9 },
  ...outputs,
})

function tapped() {
  const recorded: EngineRecord[] = []
  const heard: LogRecord[] = []
  const tap = new RecordTap({ self: 'n1', incarnation: 4 })
  const recorder = tap.on({ append: (record) => void recorded.push(record) })
  return {
    tap,
    recorder,
    recorded,
    heard,
    listener: { onRecords: (all: readonly LogRecord[]) => void heard.push(...all) },
  }
}

test('what mattered before there is a listener waits for it, with the state that each step began in', async () => {
  const { tap, recorder, recorded, heard, listener } = tapped()
  tap.begin()
  for (const record of [start, step(2, 'active'), step(3, 'active')]) recorder.append(record)
  expect(recorded).toHaveLength(3)
  tap.listen(listener)
  recorder.append({ kind: 'end', ...common(4, 'active') })
  for (let tries = 0; heard.length < 3 && tries < 500; tries++) await Bun.sleep(10)
  expect(heard.map(({ id, kind, fromState, state, cause }) => [id, kind, fromState, state, cause])).toEqual([
    ['n1:4:1', 'start', null, 'standby', null],
    ['n1:4:2', 'step', 'standby', 'active', 'n2:3:9'],
    ['n1:4:4', 'end', 'active', 'active', null],
  ])
})

test('not begun, it only passes on; at its bound it drops, and counts', async () => {
  const { tap, recorder, recorded, heard, listener } = tapped()
  recorder.append(start)
  tap.begin()
  for (let sequence = 2; sequence <= 5011; sequence++)
    recorder.append(step(sequence, sequence % 2 ? 'active' : 'settled'))
  expect(recorded).toHaveLength(5011)
  expect(tap.droppedCount).toBe(10)
  tap.listen(listener)
  for (let tries = 0; heard.length === 0 && tries < 500; tries++) await Bun.sleep(10)
  expect(heard).toHaveLength(5000)
  expect(heard[0]!.id).toBe('n1:4:2')
})
