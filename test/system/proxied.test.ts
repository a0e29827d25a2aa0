/** A component without a process, for which a proxy on its node speaks (SPEC C4), on real nodes. */
import { afterEach, expect, test } from 'bun:test'
import { isWhole } from '../../src/demo/localCluster.ts'
import { endArbiters, other } from '../support/pair.ts'
import {
  haveItSay,
  pidIn,
  poolInstances,
  poolLog,
  primariesOf,
  rolesIn,
  startPoolCluster,
  startsIn,
} from '../support/poolCluster.ts'
import { cleanUp, testTimeoutMs } from '../support/system.ts'

afterEach(() => {
  endArbiters()
  cleanUp()
})

const startCards = () =>
  startPoolCluster(
    (program) => `
types:
  gateway:
${program}
    exclusive: false
  card: { aware: true, command: [/nowhere] }
components:
  gateway:
    type: gateway
    nodes: [n1, n2]
    instances:
${poolInstances}
  card: { type: card, nodes: [n1, n2], proxy: gateway }
assignments:
  gateways: { component: gateway, redundancy: load-sharing }
  line: { component: card, redundancy: 2N }
`,
  )

test(
  'it has roles by its proxy, falls with it, and serves again; that is not counted against it',
  async () => {
    const cluster = await startCards()
    const { line } = primariesOf(await cluster.until('the cluster is whole', isWhole)) as { line: string }
    expect(rolesIn(poolLog(cluster, line))).toContain(`primary ${line}/card`)
    expect(rolesIn(poolLog(cluster, other(line)))).toContain(`secondary ${other(line)}/card`)

    process.kill(pidIn(poolLog(cluster, line)), 'SIGKILL')
    await cluster.until('the proxy is started again', () => startsIn(poolLog(cluster, line)).length === 2)
    const view = await cluster.until('the cluster is whole again', isWhole)
    expect(view.components.every(({ isBarred, failure }) => !isBarred && failure === null)).toBe(true)
    const now = primariesOf(view).line!
    const lastLife = poolLog(cluster, now).findLastIndex((said) => said.startsWith('started'))
    expect(rolesIn(poolLog(cluster, now).slice(lastLife))).toContain(`primary ${now}/card`)
  },
  testTimeoutMs,
)

test(
  'it fails by itself when its proxy says so: the proxy goes on',
  async () => {
    const cluster = await startCards()
    const { line } = primariesOf(await cluster.until('the cluster is whole', isWhole)) as { line: string }
    haveItSay(cluster, line, { component: `${line}/card`, state: 'failed', code: 'laser.off' })
    const isOut = () => rolesIn(poolLog(cluster, line)).includes(`offline ${line}/card`)
    await cluster.until('it is taken out of service', isOut)
    await cluster.until('the cluster is whole again', isWhole)
    for (const node of cluster.nodes) expect(startsIn(poolLog(cluster, node))).toHaveLength(1)
  },
  testTimeoutMs,
)
