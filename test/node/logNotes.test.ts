import { afterEach, expect, test } from 'bun:test'
import { resetSync } from '@logtape/logtape'
import type { Clock } from '../../src/engine/clock.ts'
import type { Message } from '../../src/engine/step.ts'
import { configureLogging, logger, tapLog } from '../../src/log/log.ts'
import { LogNotes, logNoteRate } from '../../src/node/logNotes.ts'

afterEach(() => resetSync())

function listening() {
  let nowMs = 0
  const said: Message[] = []
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  configureLogging({ level: 'info', node: 'n1', stream, hasColour: false })
  const notes = new LogNotes({ nowMs: () => nowMs } as Clock, (event) => said.push(event))
  tapLog((record) => notes.heard(record))
  return { said, lines, pass: (ms: number) => (nowMs += ms) }
}

test('warnings and worse become notes, with what they say; the rest does not', () => {
  const { said, lines } = listening()
  const log = logger('membership')
  log.info('{node} is here', { node: 'n2' })
  log.warn('{node} is late by {lateMs} ms', { node: 'n2', lateMs: 7 })
  log.error('gone\u001b[2J', {})
  expect(lines).toHaveLength(3)
  expect(said).toEqual([
    { type: 'log.said', severity: 'warning', level: 'warning', logger: 'membership', text: 'n2 is late by 7 ms' },
    { type: 'log.said', severity: 'error', level: 'error', logger: 'membership', text: 'gone\uFFFD[2J' },
  ])
})

test('a flood is bounded, and told by its number in the next one', () => {
  const { said, pass } = listening()
  const log = logger('node')
  for (let count = 0; count < logNoteRate.burstCountMax + 30; count += 1)
    log.warn('again {text}', { text: 'x'.repeat(2000) })
  expect(said).toHaveLength(logNoteRate.burstCountMax)
  expect((said[0]!.text as string).length).toBe(500)
  pass(1000)
  log.warn('and now')
  expect(said.at(-1)).toMatchObject({ text: 'and now', missingCount: 30 })
})
