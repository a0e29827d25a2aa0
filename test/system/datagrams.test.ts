/** 100 000 datagrams that no node sent, at a running node of a live cluster: nothing of it changes but a counter. */
import { afterEach, expect, test } from 'bun:test'
import { createSocket, type Socket } from 'node:dgram'
import { parse } from 'yaml'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { refusalReasons } from '../../src/transport/counters.ts'
import { type Envelope, encodeEnvelope } from '../../src/wire/envelope.ts'
import { createSealer } from '../../src/wire/sealing.ts'
import { cleanUp, eventually, type SystemCluster, startLedger, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

const datagramCount = 100_000
const batchLength = 250
/** At most so many are sent before as many have arrived: the kernel may drop some. */
const sentCountMax = 2 * datagramCount

/** Small, and the same every time (mulberry32): a failure names its seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

/**
 * Makes datagrams of every kind that must be refused. Some are sealed with the cluster's own secret, as if they had been
 * caught on their way: for another node, from a stranger, from the life of `n2` before its present one.
 */
function forger(of: { cluster: string; secret: string; random: (below: number) => number }): () => Uint8Array {
  const { cluster, secret, random } = of
  const ours = createSealer({ cluster, secret })
  const others = createSealer({ cluster, secret: 'another secret' })
  const neighbours = createSealer({ cluster: 'another-cluster', secret })
  const noise = (length: number) => Uint8Array.from({ length }, () => random(256))
  const envelope = (change: Partial<Envelope> = {}): Uint8Array =>
    encodeEnvelope({
      kind: (['message', 'data', 'ack'] as const)[random(3)]!,
      sender: 'n2',
      senderIncarnation: 1,
      recipient: 'n1',
      recipientIncarnation: 1,
      sequence: 1 + random(1_000_000),
      senderMark: 0,
      body: noise(random(200)),
      ...change,
    })
  const flipped = (bytes: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(bytes)
    for (let count = 1 + random(8); count > 0; count -= 1) {
      const at = random(copy.length)
      copy[at] = copy[at]! ^ (1 + random(255))
    }
    return copy
  }
  const replayed = ours.seal(envelope({ sender: 'n9' })).slice()
  const kinds: (() => Uint8Array)[] = [
    () => noise(random(1400)),
    () => noise(1).fill(1),
    () => Uint8Array.from([1, ...noise(29 + random(200))]),
    () => others.seal(envelope()),
    () => neighbours.seal(envelope()),
    () => flipped(ours.seal(envelope())),
    () => ours.seal(envelope()).slice(0, -1 - random(40)),
    () => Uint8Array.from([...ours.seal(envelope()), ...noise(1 + random(20))]),
    () => ours.seal(noise(random(300))),
    () => ours.seal(envelope({ sender: 'n9' })),
    () => ours.seal(envelope({ recipient: 'n3' })),
    () => ours.seal(envelope()),
    () => replayed,
  ]
  return () => kinds[random(kinds.length)]!()
}

interface Counters {
  readonly refusedCount: Readonly<Record<string, number>>
}

/** Copies on the second link are refused as duplicates all the time; none of ours is one. */
async function refused(cluster: SystemCluster): Promise<Record<string, number>> {
  const { refusedCount } = (await cluster.control('n1').counters()) as unknown as Counters
  return Object.fromEntries(
    refusalReasons.filter((reason) => reason !== 'duplicate').map((reason) => [reason, refusedCount[reason]!]),
  )
}

const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** What must not change: everything that is decided. */
function decided({ epoch, master, vice, nodes, assignments, components, problems }: ClusterView) {
  return { epoch, master, vice, nodes, assignments, components, problems }
}

test(
  '100 000 random, mutated, truncated, replayed and forged ones: refused, and counted',
  async () => {
    const cluster = await startLedger()
    cluster.killNode('n2')
    cluster.start('n2')
    await cluster.until(
      'n2 has another life',
      (view) => isWhole(view) && view.nodes.some(({ incarnation }) => incarnation > 1),
    )
    const { secret, nodes } = parse(await Bun.file(cluster.configurationFile).text())
    const targets = (nodes.n1.links as string[]).map((link) => link.split(':') as [string, string])
    const seed = 20_260_101
    const random = randomOf(seed)
    const next = forger({ cluster: cluster.name, secret, random })
    const processesBefore = cluster.nodes.map((node) => cluster.processesOf(node).sort())
    const viewBefore = decided((await cluster.view())!)
    const before = await refused(cluster)
    const socket = createSocket('udp4')
    try {
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
      let sentCount = 0
      let arrivedCount = 0
      while (arrivedCount < datagramCount && sentCount < sentCountMax) {
        for (let count = 0; count < batchLength; count += 1) {
          const [host, port] = targets[random(targets.length)]!
          send(socket, next(), { host, port: Number(port) })
        }
        sentCount += batchLength
        const expected = arrivedCount + batchLength
        // Those that the kernel dropped are not waited for long.
        await eventually('they have arrived', async () => total(await refused(cluster)) - total(before) >= expected, {
          timeoutMs: 200,
        }).catch(() => {})
        arrivedCount = total(await refused(cluster)) - total(before)
      }
      expect({ seed, isEnough: arrivedCount >= datagramCount }).toEqual({ seed, isEnough: true })
      expect(arrivedCount).toBeLessThanOrEqual(sentCount)
    } finally {
      socket.close()
    }
    const after = await refused(cluster)
    for (const reason of ['notSealed', 'malformed', 'misdirected', 'unknownSender', 'stale'])
      expect({ reason, isCounted: after[reason]! > before[reason]! + 1000 }).toEqual({ reason, isCounted: true })
    const view = await cluster.until('it is whole', isWhole)
    expect(decided(view)).toEqual(viewBefore)
    expect(cluster.nodes.map((node) => cluster.processesOf(node).sort())).toEqual(processesBefore)
  },
  testTimeoutMs,
)

function send(socket: Socket, datagram: Uint8Array, { host, port }: { host: string; port: number }): void {
  socket.send(datagram, port, host)
}
