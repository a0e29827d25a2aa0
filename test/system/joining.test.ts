/** Nodes that come, go, vote and cease to vote while the cluster runs (SPEC M1, S4, S7, S8). */
import { afterEach, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterView } from '../../machines/model/view.ts'
import { exitCodes } from '../../src/guard/exitCodes.ts'
import {
  cleanUp,
  clusterName,
  configurationHead,
  eventually,
  nodeOf,
  rolecall,
  SystemCluster,
  testTimeoutMs,
} from '../support/system.ts'

afterEach(cleanUp)

const founders = ['n1', 'n2', 'n3']
const service = `types:
  idle: { command: [sleep, "1000"] }
components:
  idle: { type: idle, nodes: [n1, n2, n3] }
assignments:
  idle: { component: idle, redundancy: none }
`

interface Growing {
  readonly cluster: SystemCluster
  readonly startNewcomer: () => void
  /** The newcomer as it is written in the file. */
  readonly newcomer: string
  readonly take: (...words: string[]) => Promise<void>
}

/** Three nodes that know nothing of n4, whose own file has all four. */
async function startThree(): Promise<Growing> {
  const name = clusterName()
  const head = await configurationHead(name, [...founders, 'n4'])
  const line = head.split('\n').find((each) => each.startsWith('  n4:'))!
  const configuration = head.replace(`${line}\n`, '') + service
  const cluster = new SystemCluster({ name, configuration, nodes: [...founders, 'n4'] })
  const file = join(cluster.directory, 'four.yaml')
  writeFileSync(file, head + service)
  for (const node of founders) cluster.start(node)
  await cluster.until('the three serve', (view) => isServed(view) && votersOf(view).length === 3)
  await eventually(
    'the repository has the configuration',
    async () => (await cluster.rolecall('config', 'get', 'configuration/complete')).exitCode === 0,
  )
  const take = async (...words: string[]) => {
    const { exitCode, stderr } = await cluster.rolecall(...words)
    expect(`${words.join(' ')}: ${exitCode} ${stderr}`).toBe(`${words.join(' ')}: 0 `)
  }
  return { cluster, newcomer: line.slice('  n4: '.length), take, startNewcomer: () => cluster.start('n4', { file }) }
}

const isServed = ({ assignments }: ClusterView) => assignments.every(({ health }) => health === 'served')
const votersOf = ({ nodes }: ClusterView) => nodes.filter(({ vote }) => vote === 'voter').map(({ name }) => name)
const voteOf = ({ nodes }: ClusterView, node: string) => nodes.find(({ name }) => name === node)?.vote

test(
  'a node is added while the cluster runs, serves, ceases to vote, votes again, and is removed',
  async () => {
    const { cluster, newcomer, take, startNewcomer } = await startThree()
    await take('config', 'set', 'configuration/nodes/n4', newcomer)
    await cluster.until('it is known, and not there', ({ nodes }) =>
      nodes.some(({ name, availability, vote }) => name === 'n4' && availability !== 'alive' && vote === 'none'),
    )
    startNewcomer()
    await cluster.until('it votes', (view) => votersOf(view).length === 4, { of: founders })
    await cluster.until('it knows that itself', (view) => votersOf(view).length === 4 && isServed(view), { of: ['n4'] })
    expect((await cluster.view(['n1']))!.quorum).toMatchObject({ voterCount: 4, neededCount: 3 })

    await take('config', 'set', 'configuration/components/idle', '{type: idle, nodes: [n4]}')
    await cluster.until('it serves', (view) => isServed(view) && view.assignments[0]!.primary === 'n4/idle')

    await take('disqualify', 'n4')
    expect(voteOf((await cluster.view(['n1']))!, 'n4')).toBe('learner')
    expect((await cluster.view(['n1']))!.assignments[0]!.primary).toBe('n4/idle')
    await take('qualify', 'n4')
    expect(voteOf((await cluster.view(['n1']))!, 'n4')).toBe('voter')

    const refused = await cluster.rolecall('config', 'delete', 'configuration/nodes/n4')
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toContain('idle')
    await take('config', 'set', 'configuration/components/idle', '{type: idle, nodes: [n1, n2]}')
    await take('config', 'delete', 'configuration/nodes/n4')
    expect(await cluster.exited('n4')).toBe(exitCodes.removed)
    expect(cluster.marked('n4')).toEqual([])
    await cluster.until(
      'the others are three again',
      (each) => each.nodes.length === 3 && each.quorum.voterCount === 3 && isServed(each) && each.problems.length === 0,
      { of: founders },
    )

    startNewcomer()
    const forlorn = await cluster.until(
      'what was removed waits, with an empty disk',
      ({ nodes }) => nodes.length === 4,
      {
        of: ['n4'],
      },
    )
    expect(forlorn.problems[0]).toMatchObject({ code: 'cluster.forming' })
    await take('config', 'set', 'configuration/nodes/n4', newcomer)
    await cluster.until('it votes again', (each) => votersOf(each).length === 4, { of: founders })
  },
  testTimeoutMs,
)

test(
  'the master ceases to vote, votes again, and is removed: each time it hands over first',
  async () => {
    const { cluster, take } = await startThree()
    const first = (await cluster.view())!.master!
    await take('disqualify', first)
    const second = (await cluster.until('another leads', ({ master }) => master !== null && master !== first)).master!
    await take('qualify', first)
    await cluster.until('all vote', (view) => votersOf(view).length === 3)

    const others = founders.filter((node) => node !== second)
    await take('config', 'set', 'configuration/components/idle', `{type: idle, nodes: [${others}]}`)
    await take('config', 'delete', `configuration/nodes/${second}`, '--name', others[0]!)
    expect(await cluster.exited(second)).toBe(exitCodes.removed)
    const view = await cluster.until(
      'the two others go on',
      (each) => others.includes(each.master ?? '') && each.nodes.length === 2 && isServed(each),
      { of: others },
    )
    expect(votersOf(view).sort()).toEqual(others)
    expect(others).toContain(nodeOf(view.assignments[0]!.primary!))
    const disqualify = () => rolecall(['disqualify', 'n9', '--config', cluster.configurationFile, '--name', others[0]!])
    await eventually('there is no such node', async () => (await disqualify()).exitCode === 105)
  },
  testTimeoutMs,
)

test(
  'nodes of different releases speak what all understand; one that shares nothing is refused, loudly, on both sides',
  async () => {
    const name = clusterName()
    const cluster = new SystemCluster({ name, configuration: (await configurationHead(name)) + service })
    const as = (protocols: string) => ({ environment: { ROLECALL_TEST_PROTOCOLS: protocols } })
    for (const node of founders) cluster.start(node, as('1-2'))
    await cluster.until('the new release has its protocol', ({ protocol, nodes }) => protocol === 2 && allSaid(nodes))
    const restarted = async (node: string, protocols: string) => {
      cluster.killNode(node)
      await cluster.exited(node)
      cluster.start(node, as(protocols))
    }
    await restarted('n3', '1-1')
    for (const of of founders)
      await cluster.until('the oldest counts', ({ protocol, nodes }) => protocol === 1 && allSaid(nodes), { of: [of] })
    expect((await cluster.rolecall('members')).stdout).toMatch(/PROTOCOL[\s\S]*n1 .* 1-2 [\s\S]*n3 .* 1 /)
    await cluster.until('it serves and votes', (view) => isServed(view) && votersOf(view).length === 3)

    await restarted('n3', '3-3')
    for (const [of, refused] of [
      ['n1', 'n3'],
      ['n3', 'n1'],
    ] as const)
      await cluster.until(
        `${of} refuses ${refused}`,
        ({ problems }) => problems.some(({ code, subject }) => code === 'node.protocol' && subject === refused),
        { of: [of] },
      )
    await cluster.until('the two go on without it', (view) => isServed(view) && view.quorum.isQuorate, { of: ['n1'] })
    await cluster.until('it has no quorum', ({ quorum }) => !quorum.isQuorate, { of: ['n3'] })
    await restarted('n3', '1-2')
    await cluster.until('all are of one release', ({ protocol }) => protocol === 2, { of: ['n1'] })
    await cluster.until('all is well', (view) => isServed(view) && votersOf(view).length === 3 && allSaid(view.nodes))
  },
  testTimeoutMs,
)

const allSaid = (nodes: ClusterView['nodes']) => nodes.every(({ protocols }) => protocols !== null)
