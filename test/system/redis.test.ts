/** A real database: what was written and waited for (`WAIT 1`) survives the loss of the primary's process, then of its node. */
import { afterEach, describe, expect, test } from 'bun:test'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import {
  cleanUp,
  eventually,
  makeExample,
  nodeOf,
  type SystemCluster,
  testTimeoutMs,
  titleOf,
} from '../support/system.ts'

afterEach(cleanUp)

const isMissing = !Bun.which('redis-server') || !Bun.which('redis-cli')
const enoughCount = 200

/** A client that writes all the time, finds the primary through rolecall, and remembers what a replica has too. */
class RedisWriter {
  readonly waitedFor = new Map<string, string>()
  readonly #cluster: SystemCluster
  #isRunning = true
  readonly #done: Promise<void>

  constructor(cluster: SystemCluster) {
    this.#cluster = cluster
    this.#done = this.#write()
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#done
  }

  async #write(): Promise<void> {
    let client: Bun.RedisClient | null = null
    for (let count = 1; this.#isRunning; count += 1) {
      try {
        client ??= await connect((await this.#cluster.view())!.assignments[0]!.endpoint!)
        const [key, value] = [`key-${count}`, `value-${count}`]
        await client.send('SET', [key, value])
        if (Number(await client.send('WAIT', ['1', '200'])) >= 1) this.waitedFor.set(key, value)
      } catch {
        // The primary is gone, or is not one any more: rolecall knows the next.
        client?.close()
        client = null
        await Bun.sleep(5)
      }
    }
    client?.close()
  }
}

async function connect(endpoint: string): Promise<Bun.RedisClient> {
  const client = new Bun.RedisClient(`redis://${endpoint}`, {
    autoReconnect: false,
    enableOfflineQueue: false,
    connectionTimeout: 1000,
  })
  await client.connect()
  return client
}

/** Those of the keys that the server has not, or not with that value. */
async function missingFrom(endpoint: string, waitedFor: ReadonlyMap<string, string>): Promise<string[]> {
  const client = await connect(endpoint)
  try {
    const keys = [...waitedFor.keys()]
    const values = (await client.send('MGET', keys)) as (string | null)[]
    return keys.filter((key, index) => values[index] !== waitedFor.get(key))
  } finally {
    client.close()
  }
}

/** By its title: redis-server writes that over the environment it was started with, and with it rolecall's marks. */
function serverOf(cluster: SystemCluster, node: string, endpoint: string): number[] {
  const found = cluster.processesOf(node).filter((pid) => {
    const title = titleOf(pid)
    return title.includes('redis-server') && title.includes(endpoint)
  })
  expect(found).toHaveLength(1)
  return found
}

async function replicationOf(endpoint: string): Promise<string> {
  const client = await connect(endpoint)
  try {
    return String(await client.send('INFO', ['replication']))
  } finally {
    client.close()
  }
}

describe.skipIf(isMissing)('redis as 2N over real nodes (skipped without redis-server)', () => {
  test(
    'loses no write that was waited for: kill -9 of the primary, then of every process of the primary’s node',
    async () => {
      const { cluster, portOf } = await makeExample('redis')
      const endpoints: Record<string, string> = {
        'n1/redis': `127.0.0.1:${portOf(6501)}`,
        'n2/redis': `127.0.0.1:${portOf(6502)}`,
      }
      cluster.startAll()
      await cluster.until('the cluster is whole', isWhole)
      const writer = new RedisWriter(cluster)
      const more = async () => {
        const { size } = writer.waitedFor
        await eventually('writes are acknowledged', () => writer.waitedFor.size >= size + enoughCount)
      }
      const next = async (old: string) => {
        const view = await cluster.until(
          'another is primary',
          ({ assignments: [redis] }) => redis!.primary !== null && redis!.primary !== old,
        )
        return view.assignments[0]!.primary!
      }
      try {
        await more()
        const first = await cluster.primaryOf('redis')
        signalAll(serverOf(cluster, nodeOf(first), endpoints[first]!), 'SIGKILL')
        const second = await next(first)
        expect(await missingFrom(endpoints[second]!, new Map(writer.waitedFor))).toEqual([])
        await cluster.until('the fallen is back as secondary', isWhole)
        expect(await replicationOf(endpoints[first]!)).toContain('role:slave')
        await more()

        cluster.killNode(nodeOf(second))
        const third = await next(second)
        expect<string>(third).toBe(first)
        expect(await missingFrom(endpoints[third]!, new Map(writer.waitedFor))).toEqual([])
        cluster.start(nodeOf(second))
        await cluster.until('the node is back, with its redis as secondary', isWhole)
        await more()
      } finally {
        await writer.stop()
      }
      expect(await missingFrom(endpoints[await cluster.primaryOf('redis')]!, writer.waitedFor)).toEqual([])
      const [primary, replica] = await Promise.all(
        ['n1/redis', 'n2/redis'].map((name) => replicationOf(endpoints[name]!)),
      )
      expect([primary, replica].filter((text) => text!.includes('role:master'))).toHaveLength(1)
      expect([primary, replica].filter((text) => text!.includes('master_link_status:up'))).toHaveLength(1)
    },
    testTimeoutMs,
  )
})
