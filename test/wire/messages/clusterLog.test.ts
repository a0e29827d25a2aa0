import { expect, test } from 'bun:test'
import { decodeBody, encodeBody } from '../../../src/wire/codec.ts'
import { logBatchCountMax } from '../../../src/wire/messages/clusterLog.ts'
import { parsePeerMessage } from '../../../src/wire/messages/index.ts'

const at = (incarnation: number, sequence: number) => ({ incarnation, sequence })
const records = {
  type: 'log.records',
  origin: 'n2',
  after: at(1, 4),
  upTo: at(2, 3),
  completeUs: 1_760_000_000_000_000,
  gapTo: null,
  records: [new Uint8Array([1, 2, 3])],
}

test('what nodes say of the cluster log comes over the wire as it is', () => {
  const messages = [
    { type: 'log.want', origin: 'n2', after: at(0, 0), isFollowed: true },
    records,
    { ...records, gapTo: at(1, 9), records: [] },
    {
      type: 'log.positions',
      positions: [{ node: 'n1', position: at(3, 7) }],
      archived: [],
      archiveFailure: 'it answered 503',
    },
  ]
  for (const message of messages) expect(parsePeerMessage(decodeBody(encodeBody(message)))).toEqual(message as never)
})

test('what is not exactly such a message is none', () => {
  const wrong = [
    { ...records, after: null },
    { ...records, records: ['text'] },
    { ...records, records: Array.from({ length: logBatchCountMax + 1 }, () => new Uint8Array(1)) },
    { ...records, more: 1 },
    { type: 'log.want', origin: '', after: at(1, 1), isFollowed: true },
    { type: 'log.want', origin: 'n1', after: at(-1, 1), isFollowed: true },
  ]
  for (const message of wrong) expect(parsePeerMessage(message)).toBeNull()
})
