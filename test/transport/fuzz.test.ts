/** 100 000 random and mutated datagrams at a network over loopback. A failure names its seed: FUZZ_SEED=… bun test this file. */
import { expect, test } from 'bun:test'
import { realClock } from '../../src/engine/clock.ts'
import { randomOf } from '../../src/simulate/random.ts'
import { openNetwork } from '../../src/transport/network.ts'
import { encodeBody, msgpackCodec } from '../../src/wire/codec.ts'
import { type Envelope, encodeEnvelope, envelopeKinds, envelopeOverheadBytes } from '../../src/wire/envelope.ts'
import { encodeFrame } from '../../src/wire/frame.ts'
import { createSealer } from '../../src/wire/sealing.ts'
import { freeLink, until } from './ports.ts'

const datagramCount = 100_000
/** Less than a socket's buffer holds, so that none is lost on the way and each can be accounted for. */
const burstLength = 50

const seed = Number(process.env.FUZZ_SEED ?? 20_260_101)
const naming = { cluster: 'fuzz', secret: 'secret' }
const sealer = createSealer(naming)

const { below: pick } = randomOf(seed, 'datagrams')
const randomBytes = (lengthMax: number) => Uint8Array.from({ length: pick(lengthMax + 1) }, () => pick(256))

function envelope(sequence: number, changes: Partial<Envelope> = {}): Envelope {
  return {
    kind: 'message',
    sender: 'n2',
    senderIncarnation: 2,
    recipient: 'n1',
    recipientIncarnation: 1,
    sequence,
    senderMark: 0,
    body: encodeBody({ text: 'genuine' }),
    ...changes,
  }
}

function dataBody(stream: number, sequence: number): Uint8Array {
  const payload = encodeBody({ text: 'reliable' })
  return encodeFrame({ kind: 'data', stream, sequence, isLast: true, payload, acknowledgement: null })
}

/** What a node of the cluster really sent: kept to be played again, cut and damaged. */
const genuine = [
  ...Array.from({ length: 50 }, (_, index) => envelope(index + 1)),
  ...Array.from({ length: 50 }, (_, index) => envelope(51 + index, { kind: 'data', body: dataBody(1, index) })),
].map((each) => sealer.seal(encodeEnvelope(each)))

function damaged(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  for (let count = 1 + pick(4); count > 0; count--) copy[pick(copy.length)]! ^= 1 + pick(255)
  return copy
}

let madSequence = 1000

/** Well sealed, but what is inside is no message: even a node of the cluster gone mad does no harm. */
function mad(): Uint8Array {
  const kind = envelopeKinds[pick(envelopeKinds.length)]!
  const whole = envelope(madSequence++, { kind, body: Uint8Array.of(0xc1, ...randomBytes(60), ...new Uint8Array(20)) })
  const plain = encodeEnvelope(whole)
  switch (pick(5)) {
    case 0:
      return sealer.seal(plain)
    case 1:
      return sealer.seal(randomBytes(80))
    case 2:
      return sealer.seal(plain.subarray(0, pick(envelopeOverheadBytes(whole))))
    case 3:
      return sealer.seal(encodeEnvelope({ ...whole, sender: 'x9' }))
    default:
      return sealer.seal(encodeEnvelope({ ...whole, senderIncarnation: 1 }))
  }
}

function bad(): Uint8Array {
  const original = genuine[pick(genuine.length)]!
  switch (pick(6)) {
    case 0:
      return randomBytes(1400)
    case 1:
      return Uint8Array.of(1, ...randomBytes(200))
    case 2:
      return original.subarray(0, pick(original.length))
    case 3:
      return damaged(original)
    case 4:
      return original
    default:
      return mad()
  }
}

test('100 000 bad datagrams: no crash, nothing delivered, every one counted', async () => {
  const [own, peer] = [await freeLink(), await freeLink()]
  const heard: string[] = []
  const network = await openNetwork<{ text: string }>({
    ...{ self: 'n1', incarnation: 1, ...naming, peers: { n2: [peer] }, ownLinks: [own], clock: realClock },
    codec: msgpackCodec((body) =>
      typeof body === 'object' && body !== null && 'text' in body && typeof body.text === 'string'
        ? { text: body.text }
        : null,
    ),
    onMessage: (_, { text }) => heard.push(text),
  })
  const attacker = await Bun.udpSocket({ hostname: peer.host, port: peer.port, socket: { error() {} } })
  try {
    for (const datagram of genuine) attacker.send(datagram, own.port, own.host)
    await until(() => heard.length === genuine.length)
    const heardBefore = heard.join()
    const before = network.counters()
    for (let sentCount = 0; sentCount < datagramCount; sentCount += burstLength) {
      for (let count = 0; count < burstLength; count++) attacker.send(bad(), own.port, own.host)
      const expected = before.receivedCount + sentCount + burstLength
      for (let turn = 0; network.counters().receivedCount < expected && turn < 10_000; turn++) await Bun.sleep(0)
    }
    const after = network.counters()
    expect({ seed, count: after.receivedCount - before.receivedCount }).toEqual({ seed, count: datagramCount })
    expect({ seed, heard: heard.join() }).toEqual({ seed, heard: heardBefore })
    const refused = Object.values(after.refusedCount).reduce((sum, count) => sum + count)
    expect({ seed, refused }).toEqual({ seed, refused: datagramCount })
    for (const reason of ['notSealed', 'malformed', 'unknownSender', 'stale', 'duplicate', 'unparsable'] as const) {
      expect({ seed, reason, isCounted: after.refusedCount[reason] > 100 }).toEqual({ seed, reason, isCounted: true })
    }
    attacker.send(sealer.seal(encodeEnvelope(envelope(madSequence))), own.port, own.host)
    await until(() => heard.length === genuine.length + 1)
  } finally {
    attacker.close()
    network.close()
  }
}, 60_000)
