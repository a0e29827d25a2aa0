/** The HTTP interface of real nodes: who is primary by it, the stream over a change of node, operations with and without a token. */
import { afterAll, beforeAll, expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole } from '../../src/demo/localCluster.ts'
import { freePorts } from '../../src/demo/ports.ts'
import { parseMetrics } from '../manage/http/parseMetrics.ts'
import { EventReader } from '../manage/http/support.ts'
import { undoAll } from '../manage/support.ts'
import { cleanUp, eventually, nodeOf, type SystemCluster, slow, startLedger, testTimeoutMs } from '../support/system.ts'

/** One cluster for all tests of this file; each leaves it whole. */
let cluster: SystemCluster
let ports: Map<string, number>
/** Has n3's port until a test gives it up. */
let squatter: ReturnType<typeof Bun.serve>

beforeAll(async () => {
  const free = await freePorts(3)
  ports = new Map(['n1', 'n2', 'n3'].map((node, index) => [node, free[index]!]))
  squatter = Bun.serve({ hostname: '127.0.0.1', port: ports.get('n3')!, fetch: () => new Response('not a node') })
  const nodes = [...ports].map(([node, port]) => `${node}: "127.0.0.1:${port}"`).join(', ')
  const sections = `http: { nodes: { ${nodes} } }\ntiming: { ${patience} }`
  cluster = await startLedger({ change: (text) => text.replace(/^http: .*$/m, sections) })
}, testTimeoutMs)
afterAll(async () => {
  await undoAll()
  await squatter.stop(true)
  await cleanUp()
})

/** Nothing here is about speed: a machine with much else to do is not to be taken for a fault. */
const patience =
  'heartbeatInterval: 100ms, suspectAfter: 800ms, confirmAfter: 100ms, leaderLease: 1s, nodeLease: 3s, electionTimeout: 500ms, surveyTimeout: 2s, hungAfter: 20s'

const whole = () => cluster.until('the cluster is whole', isWhole)
const urlOf = (node: string) => `http://127.0.0.1:${ports.get(node)}/`
const ask = (node: string, path: string, init: RequestInit = {}) =>
  fetch(`${urlOf(node)}${path}`, { ...init, signal: AbortSignal.timeout(10_000) })
// biome-ignore lint/suspicious/noExplicitAny: what a test expects is what it looks at
const json = async (node: string, path: string): Promise<any> => (await ask(node, path)).json()
const tokenOf = (node: string) =>
  readFileSync(join(cluster.stateDirectory(node), 'console.token'), 'utf8')
    .trim()
    .split('\n')
    .at(-1)!

function operate(node: string, operation: object, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify(operation)
  return ask(node, 'v1/operations', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
}

/** The nodes that say they are primary, all asked at once. */
async function primaries(): Promise<string[]> {
  const statuses = await Promise.all(
    [...ports.keys()].map(async (node) => ({
      node,
      status: await ask(node, 'primary/ledger', { method: 'HEAD' }).then(
        (answer) => answer.status,
        () => null,
      ),
    })),
  )
  return statuses.filter(({ status }) => status === 200).map(({ node }) => node)
}

slow('a port that is taken is a problem and no more, and is had when it is free', async () => {
  const { problems } = await cluster.control('n3').view()
  expect(problems.map(({ code, subject }) => [code, subject])).toContainEqual(['http.unserved', 'n3'])
  expect(await (await ask('n3', 'livez')).text()).toBe('not a node')
  await squatter.stop(true)
  await eventually('n3 has its port', async () => (await ask('n3', 'v1/session').catch(() => null))?.ok ?? false)
  expect((await cluster.control('n3').view()).problems.map(({ code }) => code)).not.toContain('http.unserved')
})

slow('the page and its files come from inside the binary', async () => {
  const answer = await ask('n1', '')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  const html = await answer.text()
  expect(await (await ask('n1', 'machines/n1/component%2Fn1%2Fledger')).text()).toBe(html)
  const files = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file!)
  for (const file of files) expect([file, (await ask('n1', file)).status]).toEqual([file, 200])
  const { exitCode, stdout } = await cluster.rolecall('console', '--name', 'n2')
  expect([exitCode, stdout]).toEqual([0, `${urlOf('n2')}\n`])
})

slow('operations are refused without a token, and done with that of the node', async () => {
  await whole()
  const switchover = { operation: 'switchover', assignment: 'ledger' }
  const before = await cluster.primaryOf('ledger')
  expect((await operate('n1', switchover)).status).toBe(401)
  expect((await operate('n1', switchover, { authorization: `Bearer ${tokenOf('n2')}` })).status).toBe(401)
  expect((await operate('n1', switchover, { origin: 'http://evil.example' })).status).toBe(403)
  expect(await cluster.primaryOf('ledger')).toBe(before)
  const bearer = { authorization: `Bearer ${tokenOf('n1')}` }
  const dryRun = await operate('n1', { ...switchover, isDryRun: true }, bearer)
  expect(await dryRun.json()).toMatchObject({ ok: true, plan: { verdict: expect.any(String) } })
  expect(await cluster.primaryOf('ledger')).toBe(before)
  const done = await operate('n1', switchover, bearer)
  expect([done.status, (await done.json()).ok]).toEqual([200, true])
  expect(await cluster.primaryOf('ledger')).not.toBe(before)
  await whole()
})

slow('what if, asked of a node, is what rolecall plan says', async () => {
  await whole()
  const request = { method: 'POST', body: JSON.stringify({ fail: ['node:n1'] }) }
  const headers = { 'content-type': 'application/json' }
  const plan = await eventually('there is a plan', async () => {
    const answer = await (await ask('n2', 'v1/plan', { ...request, headers })).json()
    return answer.ok && answer.plan
  })
  const { stdout } = await cluster.rolecall('plan', '--running', '--fail', 'node:n1', '--json')
  expect(plan.events).toEqual(['n1 falls silent'])
  expect(plan).toEqual(JSON.parse(stdout))
})

slow('the stream goes on after a break on the same node, and begins anew on another', async () => {
  await whole()
  const first = await EventReader.open({ url: urlOf('n1') })
  await first.next('view')
  const primary = await cluster.primaryOf('ledger')
  await operate('n1', { operation: 'switchover', assignment: 'ledger' }, { authorization: `Bearer ${tokenOf('n1')}` })
  await first.next('records')
  first.close()
  const again = await EventReader.open({ url: urlOf('n1') }, first.lastId)
  const other = await EventReader.open({ url: urlOf('n2') }, first.lastId)
  expect((await again.any())!.event).toBe('hello')
  expect((await other.any())!.event).toBe('hello')
  expect((await other.any())!.event).toBe('reset')
  expect((await other.next('view')).data.node).toBe('n2')
  expect(['records', 'view']).toContain((await again.any())!.event)
  await whole()
  expect(await cluster.primaryOf('ledger')).not.toBe(primary)
})

slow('the primary endpoint follows a fail-over, and never are there two', async () => {
  await whole()
  const lost = nodeOf(await cluster.primaryOf('ledger'))
  expect(await primaries()).toEqual([lost])
  expect((await ask(lost, 'primary/other')).status).toBe(404)
  const counts: number[] = []
  const killedUs = Date.now() * 1000
  cluster.killNode(lost)
  await eventually('another is primary', async () => {
    const found = await primaries()
    counts.push(found.length)
    return found.length === 1 && found[0] !== lost
  })
  expect(Math.max(...counts)).toBe(1)
  const [successor] = await primaries()
  const isOfTheLoss = (incident: { subject: string; assignments: string[]; startUs: number }) =>
    incident.startUs >= killedUs && incident.assignments.includes('ledger')
  const { incidents } = await eventually('the incident is known', async () => {
    const found = await json(successor!, 'v1/incidents')
    return found.incidents.some(isOfTheLoss) && found
  })
  const { id } = incidents.findLast(isOfTheLoss)
  await eventually('its story is told to the end', async () => {
    const { lines } = await json(successor!, `v1/explain/${id}`)
    const phases = lines.map(({ phase }: { phase: string }) => phase)
    return phases.includes('detect') && phases.includes('promote')
  })
  const metrics = parseMetrics(await (await ask(successor!, 'metrics')).text())
  expect(metrics.get('rolecall_failovers_total')!.samples).toContainEqual({
    name: 'rolecall_failovers_total',
    labels: { assignment: 'ledger' },
    value: 1,
  })
  const state = metrics
    .get('rolecall_node_state')!
    .samples.find(({ labels, value }) => labels.node === lost && value === 1)
  expect(state!.labels.state).not.toBe('alive')
  cluster.start(lost)
  await whole()
  await eventually('it is ready again', async () => (await ask(lost, 'readyz').catch(() => null))?.status === 200)
})
