/** A new cluster whose voters cannot all be there is founded on the operator's word, and only then (SPEC M1). */
import { afterEach, expect, test } from 'bun:test'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { cleanUp, makeLedger, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

const isForming = ({ problems }: ClusterView) => problems.some(({ code }) => code === 'cluster.forming')
const votesOf = ({ nodes }: ClusterView) => nodes.map(({ name, vote }) => `${name} ${vote}`)

test(
  'of three configured, two found the cluster with --form; the third is admitted when it comes',
  async () => {
    const cluster = await makeLedger()
    cluster.start('n1')
    cluster.start('n2')
    const waiting = await cluster.until(
      'only the third is missing',
      (view) => isForming(view) && view.problems[0]!.text.includes(': n3 not heard yet'),
      { of: ['n1'] },
    )
    expect(waiting.master).toBeNull()

    process.kill(cluster.guardPid('n1'), 'SIGTERM')
    await cluster.exited('n1')
    cluster.start('n1', { flags: ['--form'] })
    const founded = await cluster.until('two are enough', ({ master, vice }) => master !== null && vice !== null, {
      of: ['n2'],
    })
    expect(isForming(founded)).toBe(false)
    expect(founded.quorum).toEqual({ isQuorate: true, voterCount: 3, aliveVoterCount: 2, neededCount: 2 })

    cluster.start('n3')
    const whole = await cluster.until(
      'the third is a voter like the others',
      (view) => isWhole(view) && votesOf(view).every((vote) => vote.endsWith(' voter')) && view.problems.length === 0,
      { of: ['n3'] },
    )
    expect(votesOf(whole)).toEqual(['n1 voter', 'n2 voter', 'n3 voter'])
    expect(whole.quorum).toMatchObject({ isQuorate: true, voterCount: 3, aliveVoterCount: 3 })

    // Of a cluster that exists the flag says nothing.
    process.kill(cluster.guardPid('n3'), 'SIGTERM')
    await cluster.exited('n3')
    cluster.start('n3', { flags: ['--form'] })
    const again = await cluster.until('it is back', isWhole, { of: ['n3'] })
    expect(again.epoch).toBeGreaterThanOrEqual(whole.epoch)
    expect(again.problems.some(({ code }) => code === 'node.foreign')).toBe(false)
  },
  testTimeoutMs,
)

test(
  'one of three alone founds nothing, whatever the operator says',
  async () => {
    const cluster = await makeLedger()
    cluster.start('n1', { flags: ['--form'] })
    const alone = await cluster.until('it waits for the others', isForming)
    await Bun.sleep(1000)
    expect(isForming((await cluster.view())!)).toBe(true)
    expect(alone.master).toBeNull()
  },
  testTimeoutMs,
)
