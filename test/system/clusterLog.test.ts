/** The cluster log of real nodes: what a killed node had sent is elsewhere, the rest comes when it is back; the archive has all of it. */
import { afterEach, expect } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlainRecord } from '../../src/clusterLog/record.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { readTimeline } from '../../src/recorder/index.ts'
import { binary, cleanUp, nodeOf, type SystemCluster, slow, startLedger } from '../support/system.ts'

afterEach(cleanUp)

/** On a machine that has much else to do. */
const patient = { timeoutMs: 40_000 }

const idsOf = (records: readonly PlainRecord[]) => records.map(({ id }) => id)

function parsed(text: string): PlainRecord[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PlainRecord)
}

async function logOf(cluster: SystemCluster, ...words: string[]): Promise<PlainRecord[]> {
  const { stdout, exitCode, stderr } = await cluster.rolecall('log', '--json', '--limit', '5000', ...words)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return parsed(stdout)
}

async function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  const endMs = performance.now() + 40_000
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (performance.now() > endMs) throw new Error(`not in time: ${what}`)
    await Bun.sleep(50)
  }
}

/** What the black box of a node has that belongs into the log: its changes of state. */
function changesIn(cluster: SystemCluster, node: string): string[] {
  const { entries } = readTimeline([join(cluster.stateDirectory(node), 'black-box')])
  return entries
    .filter(({ kind, state, fromState }) => kind === 'start' || (fromState !== null && state !== fromState))
    .map(({ id }) => id)
}

slow(
  'what a killed node had sent is with the others; the rest, and what it missed, comes when it is back',
  async () => {
    const cluster = await startLedger()
    const primary = nodeOf(await cluster.primaryOf('ledger'))
    const others = cluster.nodes.filter((node) => node !== primary)
    const isServing = ({ actor, state }: PlainRecord) =>
      actor === `component/${primary}/ledger` && state === 'primary.ready'
    for (const other of others) {
      await until(`${other} has what ${primary} sent`, async () =>
        (await logOf(cluster, '--name', other)).some(isServing) ? true : null,
      )
    }
    // Stopped, it cannot send what the kernel of the others will tell it next.
    cluster.killNode(primary)
    await cluster.until(
      'another is primary',
      ({ assignments: [ledger] }) =>
        ledger!.primary !== null && nodeOf(ledger!.primary!) !== primary && ledger!.health !== 'unserved',
      { of: others },
    )
    const kept = changesIn(cluster, primary)
    for (const other of others) {
      const mine = await logOf(cluster, '--name', other, '--node', primary)
      expect(mine.some(isServing)).toBe(true)
      const records = await logOf(cluster, '--name', other)
      expect(idsOf(records).length).toBe(new Set(idsOf(records)).size)
    }
    cluster.start(primary)
    await cluster.until('it is back', isWhole, patient)
    for (const node of cluster.nodes) {
      await until(`${node} has all that ${primary} recorded before it was killed, and all that it missed`, async () => {
        const ids = new Set(idsOf(await logOf(cluster, '--name', node)))
        const wanted = [...kept, ...others.flatMap((other) => changesIn(cluster, other))]
        return wanted.every((id) => ids.has(id)) ? true : null
      })
      const records = await logOf(cluster, '--name', node)
      const places = new Map(records.map(({ id }, place) => [id, place]))
      const early = records.filter(({ cause }, place) => cause !== null && (places.get(cause) ?? -1) > place)
      expect(early).toEqual([])
      expect(new Set(records.map((record) => record.node)).size).toBe(3)
      const noted = records.filter(({ kind, event }) => kind === 'note' && event.type === 'life.began')
      expect(noted.map((record) => record.node)).toContain(primary)
    }
    const text = await cluster.rolecall('log', '--component', 'ledger', '--limit', '3')
    expect(text.stdout.trim().split('\n')).toHaveLength(3)
    expect(text.stdout).toMatch(/component\/n\d\/ledger/)
    expect(text.stdout).not.toContain('\x1b')
  },
)

slow('--follow goes on when the node it asks is killed and comes back', async () => {
  const cluster = await startLedger()
  const [asked, other] = ['n3', 'n1'] as const
  const following = Bun.spawn(
    [binary, 'log', '--follow', '--json', '--name', asked, '--timeout', '60s', '--config', cluster.configurationFile],
    {
      stdout: 'pipe',
      stderr: 'ignore',
    },
  )
  let shown = ''
  void (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of following.stdout) shown += decoder.decode(chunk, { stream: true })
  })()
  const shownIds = () => idsOf(parsed(shown.slice(0, shown.lastIndexOf('\n') + 1)))
  await until('it shows something', () => (shownIds().length > 0 ? true : null))
  const begin = (await logOf(cluster, '--name', other)).at(-1)!.timeUs
  cluster.killNode(asked)
  await cluster.until(
    'the others noticed',
    ({ nodes }) => nodes.some(({ name, availability }) => name === asked && availability === 'ended'),
    { of: ['n1', 'n2'] },
  )
  signalAll(cluster.processesOfComponent('n1/ledger'), 'SIGKILL')
  cluster.start(asked)
  await cluster.until('it is back', isWhole, patient)
  await until('all that happened meanwhile was shown', async () => {
    const wanted = (await logOf(cluster, '--name', other)).filter(({ timeUs }) => timeUs > begin)
    const ids = new Set(shownIds())
    return wanted.length > 10 && wanted.every(({ id }) => ids.has(id)) ? true : null
  })
  expect(shownIds().length).toBe(new Set(shownIds()).size)
  following.kill()
  await following.exited
})

slow(
  'a directory and an endpoint that fails at times get every record, and the successor of a master goes on',
  async () => {
    const directory = 'archive'
    const toDirectory = await startLedger({ change: (text) => `${text}\nlog: { archive: ${directory} }\n` })
    const archived = () => {
      const folder = join(toDirectory.directory, directory)
      if (!existsSync(folder)) return []
      return readdirSync(folder).flatMap((name) => parsed(readFileSync(join(folder, name), 'utf8')))
    }
    await until('something is archived', () => (archived().length > 0 ? true : null))
    await failOver(toDirectory)
    await untilArchived(toDirectory, archived)
    expect(readdirSync(join(toDirectory.directory, directory)).length).toBeGreaterThan(1)
    toDirectory.end()

    const taken: { key: string; text: string }[] = []
    let requestCount = 0
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        requestCount += 1
        const text = await request.text()
        if (requestCount === 1) return new Response('', { status: 503 })
        const key = request.headers.get('idempotency-key')!
        const isKnown = taken.some((each) => each.key === key)
        taken.push({ key, text })
        // Taken at once, and not said before it is asked again.
        return new Response('', { status: isKnown ? 200 : 500 })
      },
    })
    const toEndpoint = await startLedger({ change: (text) => `${text}\nlog: { archive: "${server.url.href}" }\n` })
    await failOver(toEndpoint)
    await untilArchived(toEndpoint, () => taken.flatMap(({ text }) => parsed(text)))
    const texts = Map.groupBy(taken, ({ key }) => key)
    expect([...texts.values()].some((same) => same.length > 1)).toBe(true)
    for (const same of texts.values()) expect(new Set(same.map(({ text }) => text)).size).toBe(1)
    await server.stop(true)
  },
)

/** The master is killed, and comes back. */
async function failOver(cluster: SystemCluster): Promise<void> {
  const { master } = await cluster.until('there is a master', (view) => view.master !== null)
  cluster.killNode(master!)
  await cluster.until('another is master', (view) => view.master !== null && view.master !== master, {
    of: cluster.nodes.filter((node) => node !== master),
  })
  cluster.start(master!)
  await cluster.until('it is back', isWhole, patient)
}

async function untilArchived(cluster: SystemCluster, archived: () => readonly PlainRecord[]): Promise<void> {
  await until('all is archived', () => {
    const ids = new Set(idsOf(archived()))
    const wanted = cluster.nodes.flatMap((node) => changesIn(cluster, node))
    return wanted.length > 50 && wanted.every((id) => ids.has(id)) ? true : null
  })
}
