import { afterEach, expect, test } from 'bun:test'
import { reset } from '@logtape/logtape'
import { configureLogging, logger } from '../../src/log/log.ts'

afterEach(reset)

function capture(stream: { isTTY?: boolean; writableLength?: number }) {
  const lines: string[] = []
  return { lines, stream: { ...stream, write: (text: string) => lines.push(text) } }
}

test('in a pipe every record is one line of JSON, with the node', () => {
  const { lines, stream } = capture({})
  configureLogging({ level: 'info', node: 'n1', stream, hasColour: false })
  logger('membership').info('{peer} is {availability}', { peer: 'n2', availability: 'suspect' })
  logger('membership').debug('not this one')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      '@timestamp': expect.any(String),
      level: 'INFO',
      message: expect.stringContaining('suspect'),
      logger: 'rolecall.membership',
      properties: { node: 'n1', peer: 'n2', availability: 'suspect' },
    },
  ])
})

test('on a terminal it is a sentence, and control characters do not reach it', () => {
  const { lines, stream } = capture({ isTTY: true })
  configureLogging({ level: 'debug', node: 'n1', stream, hasColour: false })
  logger('agent', 'process').warn('{component} said {text}', { component: 'n1/ledger', text: '\x1b[2Jboo' })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warning agent\.process {2}n1\/ledger said �\[2Jboo\n$/)
})

test('a reader that does not read costs records, not memory, and is told how many', () => {
  const { lines, stream } = capture({ writableLength: 2 ** 21 })
  configureLogging({ level: 'info', node: null, stream, hasColour: false })
  logger('a').info('lost')
  logger('a').info('lost too')
  stream.writableLength = 0
  logger('a').info('back')
  expect(lines.map((line) => JSON.parse(line).properties)).toEqual([{ droppedRecordCount: 2 }])
})
