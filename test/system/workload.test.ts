/** Clients on all nodes while links fail and the master freezes: what the repository answered must be linearizable (SPEC D5, M1, M2). */
import { afterEach, describe, expect, test } from 'bun:test'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { judgeLinearizability } from '../../src/simulate/checkers/linearizability.ts'
import { cleanUpNamespaces, reason, skipped, startInNamespaces } from '../support/namespaceCluster.ts'
import { RepositoryWorkload } from '../support/repositoryWorkload.ts'
import { eventually, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUpNamespaces)

const links = [0, 1]
/** How long a fault lasts: longer than an election takes, so that some requests see it from both sides. No time decides the test. */
const faultMs = 1_200

describe.skipIf(reason !== null)(`the repository under faults ${skipped}`, () => {
  test(
    'what clients on three nodes are told is linearizable, whatever happens to links and master',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const first = await cluster.until('there is a vice', ({ vice }) => vice !== null)
      const sockets = Object.fromEntries(cluster.nodes.map((node) => [node, cluster.control(node).path]))
      const workload = new RepositoryWorkload({ sockets, clientCount: 2 })
      const mastered = () => cluster.until('it is whole', isWhole)
      const faults: ((of: { master: string; vice: string }) => () => void)[] = [
        ({ vice }) => {
          spaces.cable(vice, 0, false)
          return () => spaces.cable(vice, 0, true)
        },
        ({ master }) => {
          for (const link of links) spaces.drop(master, { link, direction: 'out' })
          return () => spaces.mend(master)
        },
        ({ vice }) => {
          for (const link of links) spaces.drop(vice, { link, direction: 'in' })
          return () => spaces.mend(vice)
        },
        ({ master }) => {
          const frozen = cluster.processesOf(master)
          signalAll(frozen, 'SIGSTOP')
          return () => signalAll(frozen, 'SIGCONT')
        },
        ({ vice }) => {
          for (const link of links) spaces.cable(vice, link, false)
          return () => {
            for (const link of links) spaces.cable(vice, link, true)
          }
        },
        ({ master }) => {
          for (const link of links) spaces.cable(master, link, false)
          return () => {
            for (const link of links) spaces.cable(master, link, true)
          }
        },
      ]
      for (const fault of faults) {
        const { master, vice } = await mastered()
        const end = fault({ master: master!, vice: vice! })
        await Bun.sleep(faultMs)
        end()
      }
      const last = await mastered()
      // If a master that is not heard, frozen or cut off stays master, the faults were none.
      expect(last.epoch).toBeGreaterThan(first.epoch)
      const mendedMs = performance.now()
      await eventually('clients are answered again', () =>
        Promise.resolve(workload.answeredSince(mendedMs) > 50 || null),
      )
      await workload.end()
      await cluster.stop()

      const kinds = new Set(workload.history.map(({ result }) => result?.type))
      expect([...kinds]).toEqual(expect.arrayContaining(['read', 'written', 'refused']))
      const judgement = judgeLinearizability(workload.history)
      if (judgement.verdict === 'violated') console.error(judgement.contradiction.text)
      expect(judgement.verdict).toBe('linearizable')
    },
    testTimeoutMs,
  )
})
