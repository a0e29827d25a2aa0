/** What operators ask of a running cluster: refused where it takes something away, done and shown where it is forced or does no harm. */
import { afterAll, beforeAll, expect } from 'bun:test'
import { isWhole } from '../../src/demo/localCluster.ts'
import { cleanUp, nodeOf, type SystemCluster, slow, startLedger, testTimeoutMs } from '../support/system.ts'

/** One cluster for all tests of this file; each leaves it whole. */
let cluster: SystemCluster

beforeAll(async () => {
  cluster = await startLedger()
}, testTimeoutMs)
afterAll(cleanUp)

async function done(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cluster.rolecall(...words)
  expect({ words, exitCode, stderr }).toEqual({ words, exitCode: 0, stderr: '' })
  return stdout
}

slow('a node that is locked hosts nothing, and says so, until it is unlocked', async () => {
  const { primary } = await cluster.placesOf('ledger')
  await done('lock', `node:${primary}`)
  const { nodes, assignments, problems } = await cluster.until(
    'the node is shown on standby, and another is primary',
    (view) =>
      view.nodes.some(({ name, state }) => name === primary && state === 'standby') &&
      view.assignments.every((each) => each.primary !== null),
  )
  expect(nodes.filter(({ state }) => state !== undefined)).toHaveLength(1)
  expect(nodeOf(assignments[0]!.primary!)).not.toBe(primary)
  expect(problems.map(({ code, next }) => [code, next])).toContainEqual([
    'node.standby',
    `rolecall unlock node:${primary}`,
  ])
  expect((await cluster.rolecall('members')).stdout).toMatch(new RegExp(`${primary} +alive, standby`))
  await done('unlock', `node:${primary}`)
  await cluster.until('the cluster is whole', isWhole)
})

slow('what takes the service away is refused with 107, and done when it is forced', async () => {
  const refused = await cluster.rolecall('lock', 'assignment:ledger')
  expect([refused.exitCode, refused.stdout]).toEqual([107, ''])
  expect(refused.stderr).toContain('ledger')
  expect((await cluster.rolecall('lock', 'assignment:ledger', '--dry-run')).exitCode).toBe(113)
  await cluster.until('the cluster is whole', isWhole)
  await done('lock', 'assignment:ledger', '--force')
  const { assignments, problems } = await cluster.until('it is shown locked', ({ assignments }) =>
    assignments.some(({ state, primary }) => state === 'locked' && primary === null),
  )
  expect(assignments[0]!.health).toBe('unserved')
  expect(problems.map(({ code }) => code)).toContain('assignment.locked')
  await done('unlock', 'assignment:ledger')
  await cluster.until('the cluster is whole', isWhole)
})

slow('a primary that is shut down hands over; one that is restarted has another life', async () => {
  const { primary, secondary } = await cluster.placesOf('ledger')
  await done('shutdown', `${primary}/ledger`)
  expect(await cluster.primaryOf('ledger')).toBe(`${secondary}/ledger`)
  await done('unlock', `${primary}/ledger`)
  const before = await cluster.until('the cluster is whole', isWhole)
  const lifeOf = (view: typeof before, id: string) =>
    view.components.find(({ component }) => component === id)!.incarnation
  const [restarted] = before.assignments[0]!.secondaries
  await done('restart', restarted!, '--force')
  const after = await cluster.until('the cluster is whole', isWhole)
  expect(lifeOf(after, restarted!)).toBe(lifeOf(before, restarted!) + 1)
})

slow('in maintenance nothing is done about what fails; afterwards it is', async () => {
  const { primary } = await cluster.placesOf('ledger')
  await done('maintenance', 'on', 'cluster')
  await cluster.until('it is shown', ({ isMaintained }) => isMaintained === true)
  for (const pid of cluster.processesOfComponent(`${primary}/ledger`)) process.kill(pid, 'SIGKILL')
  const down = await cluster.until('it is not served', ({ assignments }) => assignments[0]!.health === 'unserved')
  expect(down.problems.map(({ code }) => code)).toContain('maintenance.on')
  expect((await cluster.rolecall('status')).stdout).toContain('in maintenance')
  await done('maintenance', 'off', 'cluster')
  const { isMaintained } = await cluster.until('the cluster is whole', isWhole)
  expect(isMaintained).toBeUndefined()
})
