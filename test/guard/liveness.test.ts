import { afterEach, beforeEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import { Liveness, type PeerEnded } from '../../src/guard/liveness.ts'
import { freePort, until } from './guardBench.ts'

let closers: (() => void)[] = []
let ended: PeerEnded[] = []
let n1: LinkAddress[]
let n2: LinkAddress[]

beforeEach(() => {
  ended = []
  n1 = links()
  n2 = links()
})
afterEach(() => {
  for (const close of closers) close()
  closers = []
})

/** Time for a connection, or for a wrong report, to come. */
const settleMs = 400

function links(): LinkAddress[] {
  return ['127.0.0.1', '127.0.0.2'].map((host) => ({ host, port: freePort() }))
}

function watcher(options: { secret?: string; cluster?: string; peers?: Record<string, LinkAddress[]> } = {}): Liveness {
  const { secret = null, cluster = 'test', peers = { n2 } } = options
  const liveness = new Liveness({
    cluster,
    secret,
    node: 'n1',
    incarnation: 1,
    links: n1,
    peers,
    onEnded: (what) => ended.push(what),
  })
  closers.push(() => liveness.close())
  return liveness
}

async function peer(incarnation: number, options: { secret?: string; cluster?: string; node?: string } = {}) {
  const { secret = null, cluster = 'test', node = 'n2' } = options
  const text = JSON.stringify({ cluster, secret, node, incarnation, links: n2, peers: { n1 } })
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'livenessChild.ts'), text], {
    stdin: 'pipe',
    stdout: 'pipe',
  })
  closers.push(() => child.kill('SIGKILL'))
  const heard: string[] = []
  void (async () => {
    for await (const piece of child.stdout) heard.push(...new TextDecoder().decode(piece).trim().split('\n'))
  })()
  await until(() => heard.length > 0, 'the peer')
  return {
    heard,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    say: (line: string) => {
      child.stdin.write(`${line}\n`)
      child.stdin.flush()
    },
  }
}

/** Waits until the peer's guard has been heard: its end would be reported with its number. */
async function connected(): Promise<void> {
  await Bun.sleep(settleMs)
}

test('the end of a guard by kill -9 is reported once, with its incarnation', async () => {
  const other = await peer(7)
  watcher()
  await connected()
  expect(ended).toEqual([])
  other.kill('SIGKILL')
  await until(() => ended.length, 'the report')
  await Bun.sleep(settleMs)
  expect(ended).toEqual([{ node: 'n2', incarnation: 7, how: expect.stringMatching(/closed|reset/) }])
})

test('the next life is noticed, and its end reported again', async () => {
  const other = await peer(7)
  const liveness = watcher()
  await connected()
  other.kill('SIGKILL')
  await until(() => ended.length, 'the first report')
  expect(liveness.endedPeers).toEqual(ended)
  const next = await peer(8)
  await until(() => liveness.endedPeers.length === 0, 'the next life')
  next.kill('SIGKILL')
  await until(() => ended.length === 2, 'the second report')
  expect(ended[1]).toMatchObject({ node: 'n2', incarnation: 8 })
})

test('a frozen guard, that answers nothing, is not reported', async () => {
  const other = await peer(7)
  watcher()
  await connected()
  other.kill('SIGSTOP')
  await Bun.sleep(1500)
  expect(ended).toEqual([])
  other.kill('SIGCONT')
})

test('a guard that was never there is refused on every link: reported without an incarnation', async () => {
  watcher()
  await until(() => ended.length, 'the report')
  await Bun.sleep(settleMs)
  expect(ended).toEqual([{ node: 'n2', incarnation: null, how: 'refused' }])
})

test('an unreachable peer is not reported', async () => {
  const nowhere = ['2001:db8::1', '2001:db8::2'].map((host) => ({ host, port: 7101 }))
  watcher({ peers: { n2: nowhere } })
  await Bun.sleep(settleMs)
  expect(ended).toEqual([])
})

test('a guard says when its node process has ended, and when the next one begins', async () => {
  const other = await peer(7)
  const liveness = watcher()
  await connected()
  other.say('ended')
  await until(() => ended.length, 'the word')
  expect(ended).toEqual([{ node: 'n2', incarnation: 7, how: 'said' }])
  other.say('alive 8')
  await until(() => liveness.endedPeers.length === 0, 'the next life')
  other.kill('SIGKILL')
  await until(() => ended.length === 2, 'the end of the next life')
  expect(ended[1]).toMatchObject({ incarnation: 8 })
})

test('both sides see it: the one that starts later calls back at once', async () => {
  const other = await peer(7)
  await until(() => other.heard.some((line) => line.includes('refused')), 'the refusal')
  const liveness = watcher()
  await connected()
  liveness.ended()
  await until(() => other.heard.some((line) => line.includes('said')), 'the word at the other side')
})

test('what is not of this cluster, has another secret or another name is not believed', async () => {
  for (const stranger of [{ cluster: 'other' }, { secret: 'other secret' }, { node: 'n3' }]) {
    const other = await peer(7, stranger)
    const liveness = watcher({ secret: 'our secret' })
    await Bun.sleep(settleMs)
    other.say('ended')
    await Bun.sleep(100)
    expect(ended).toEqual([])
    liveness.close()
    other.kill('SIGKILL')
    await Bun.sleep(50)
    ended = []
  }
})

test('noise on the port does no harm', async () => {
  const liveness = watcher({ peers: {} })
  for (const noise of ['\n', '{}\n', `${'x'.repeat(100_000)}`, '{"cluster":"test"}\n', '\0\0\0\n']) {
    const closed = Promise.withResolvers<void>()
    const socket = await Bun.connect({
      hostname: n1[0]!.host,
      port: n1[0]!.port,
      socket: { data() {}, error() {}, close: () => closed.resolve() },
    })
    socket.write(noise)
    await closed.promise
  }
  expect(liveness.endedPeers).toEqual([])
})
