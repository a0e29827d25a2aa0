/** Three nodes of rolecall on loopback, written to through the control socket of the master, as `rolecall config` does. */
import { LocalCluster } from '../../src/demo/localCluster.ts'
import { freePorts } from '../../src/demo/ports.ts'
import { repositoryOf } from '../../src/manage/repositoryClient.ts'
import type { RepositoryPeer } from './repositoryPeer.ts'

const writeTimeoutMs = 20_000

/** Defaults: each write is synchronized to disk on a majority before it is acknowledged. */
export async function startRolecall(directory: string): Promise<RepositoryPeer> {
  const nodes = ['n1', 'n2', 'n3']
  const ports = await freePorts(nodes.length)
  const lines = nodes.map((name, index) => `  ${name}: { links: ["127.0.0.1:${ports[index]}"] }`)
  const head = `cluster: repository\nsecret: ${crypto.randomUUID()}\nstateDirectory: state\nruntimeDirectory: run\n`
  const configuration = `${head}nodes:\n${lines.join('\n')}\n`
  const command = [new URL('../../dist/rolecall', import.meta.url).pathname]
  const cluster = new LocalCluster({ directory, command, configuration, nodes })
  cluster.startAll()
  const { master } = await cluster.until(
    'there is a master, and all are there',
    ({ master, quorum }) => master !== null && quorum.aliveVoterCount === nodes.length,
  )
  const repository = repositoryOf({ path: cluster.control(master!).path, timeoutMs: writeTimeoutMs })
  return {
    name: 'rolecall',
    async write(key, value) {
      const answer = await repository.transact({ changes: [{ key, value }] })
      return answer.ok
    },
    async stop() {
      await cluster.stop()
    },
  }
}
