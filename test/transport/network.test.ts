import { afterEach, describe, expect, test } from 'bun:test'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import { realClock } from '../../src/engine/clock.ts'
import { type MessageMeta, type Network, openNetwork } from '../../src/transport/network.ts'
import { msgpackCodec } from '../../src/wire/codec.ts'
import { freeLinks, until } from './ports.ts'

type Text = { readonly text: string }

const opened: Network<Text>[] = []

afterEach(() => {
  for (const network of opened.splice(0)) network.close()
})

interface NodeOptions {
  readonly self: string
  readonly incarnation?: number
  readonly cluster?: string
  readonly secret?: string | null
  readonly nodes: Readonly<Record<string, readonly LinkAddress[]>>
}

async function open({ self, nodes, incarnation = 1, cluster = 'test', secret = 'secret' }: NodeOptions) {
  const heard: string[] = []
  const metas: MessageMeta[] = []
  const { [self]: ownLinks = [], ...peers } = nodes
  const laterLives: string[] = []
  const network = await openNetwork<Text>({
    ...{ self, incarnation, cluster, secret, peers, ownLinks },
    clock: realClock,
    codec: msgpackCodec((body) => body as Text),
    onLaterLife: (known, by) => laterLives.push(`${known} ${by}`),
    onMessage: (from, { text }, meta) => {
      heard.push(`${from} ${text}`)
      metas.push(meta)
    },
  })
  opened.push(network)
  return { network, heard, metas, laterLives }
}

describe('network over UDP', () => {
  test('send and post arrive once, by two links', async () => {
    const nodes = { n1: await freeLinks(), n2: await freeLinks() }
    const n1 = await open({ self: 'n1', nodes, incarnation: 3 })
    const n2 = await open({ self: 'n2', nodes })
    n1.network.send('n2', { text: 'quick' })
    n1.network.post('n2', { text: 'sure' })
    await until(() => n2.heard.length === 2)
    expect(n2.heard).toEqual(['n1 quick', 'n1 sure'])
    expect(n2.metas.map(({ incarnation, isReliable }) => ({ incarnation, isReliable }))).toEqual([
      { incarnation: 3, isReliable: false },
      { incarnation: 3, isReliable: true },
    ])
    await until(() => n2.network.links().n1!.every(({ lastHeardMs }) => lastHeardMs !== null))
    expect(n1.network.links().n2).toMatchObject(
      nodes.n2.map(({ host, port }) => ({ address: `${host}:${port}`, isSendable: true })),
    )
    expect(n2.network.counters()).toMatchObject({ deliveredCount: 2, retransmittedCount: 0 })
  })

  test('long messages and many of them arrive whole and in order, in both directions', async () => {
    const nodes = { n1: await freeLinks(), n2: await freeLinks() }
    const n1 = await open({ self: 'n1', nodes })
    const n2 = await open({ self: 'n2', nodes })
    const texts = Array.from({ length: 300 }, (_, index) => `${index} ${'x'.repeat(index * 30)}`)
    texts.push('y'.repeat(1_000_000))
    for (const text of texts) {
      expect(n1.network.post('n2', { text })).toBe(true)
      expect(n2.network.post('n1', { text })).toBe(true)
    }
    await until(() => n1.heard.length === texts.length && n2.heard.length === texts.length)
    expect(n1.heard).toEqual(texts.map((text) => `n2 ${text}`))
    expect(n2.heard).toEqual(texts.map((text) => `n1 ${text}`))
  })

  test('dead peers cost the living nothing', async () => {
    const nodes = { n1: await freeLinks(), dead: await freeLinks(), n2: await freeLinks() }
    const n1 = await open({ self: 'n1', nodes })
    const n2 = await open({ self: 'n2', nodes })
    await until(() => n1.network.links().n2![0]!.lastHeardMs !== null)
    for (let count = 0; count < 100; count++) {
      n1.network.send('dead', { text: `${count}` })
      n1.network.send('n2', { text: `${count}` })
    }
    await until(() => n2.heard.length === 100)
    expect(n1.network.counters().linkFailureCount).toBe(0)
  })

  test('another cluster, another secret, a stranger, and what is for someone else are refused and counted', async () => {
    const nodes = { n1: await freeLinks(), n2: await freeLinks() }
    const n2 = await open({ self: 'n2', nodes })
    const refused = () => n2.network.counters().refusedCount
    const strangers = { x1: await freeLinks(), n2: nodes.n2 }
    const otherCluster = await open({ self: 'n1', nodes, cluster: 'other' })
    await until(() => refused().notSealed === 2)
    otherCluster.network.close()
    const otherSecret = await open({ self: 'n1', nodes, secret: null })
    await until(() => refused().notSealed === 4)
    otherSecret.network.close()
    await open({ self: 'x1', nodes: strangers })
    await until(() => refused().unknownSender === 2)
    await open({ self: 'n1', nodes: { n1: nodes.n1, n3: nodes.n2 } })
    await until(() => refused().misdirected === 2)
    expect(n2.network.counters()).toMatchObject({ receivedCount: 8, deliveredCount: 0 })
    expect(n2.network.links().n1!.every(({ lastHeardMs }) => lastHeardMs === null)).toBe(true)
  })

  test('a life that has been before is refused, and learns of the later one, once from each peer', async () => {
    const nodes = { n1: await freeLinks(), n2: await freeLinks() }
    const n1 = await open({ self: 'n1', nodes })
    const later = await open({ self: 'n2', nodes, incarnation: 7 })
    later.network.send('n1', { text: 'present' })
    await until(() => n1.heard.length === 1)
    later.network.close()
    const earlier = await open({ self: 'n2', nodes, incarnation: 4 })
    earlier.network.send('n1', { text: 'past' })
    await until(() => earlier.laterLives.length > 0)
    n1.network.send('n2', { text: 'to the present' })
    const { notSealed: _, ...refused } = n1.network.counters().refusedCount
    await until(() => earlier.network.counters().refusedCount.stale > 0)
    expect(earlier.laterLives).toEqual(['7 n1'])
    expect(refused.stale).toBeGreaterThan(0)
    expect([n1.heard, earlier.heard, n1.laterLives]).toEqual([['n2 present'], [], []])
  })
})
