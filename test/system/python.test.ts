/** The SDK's second client, in Python, over real nodes: no increment that was answered is lost with the primary. */
import { afterEach, describe, expect, test } from 'bun:test'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { cleanUp, eventually, makeExample, type SystemCluster, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

const isMissing = !Bun.which('python3')

async function endpointOf(cluster: SystemCluster, not: string | null = null): Promise<string> {
  const view = await cluster.until(
    'there is a primary',
    ({ assignments: [counter] }) => counter!.primary !== null && counter!.primary !== not && counter!.endpoint !== null,
  )
  return view.assignments[0]!.endpoint!
}

/** The value after it, as far as anyone answered. */
async function increment(cluster: SystemCluster): Promise<number> {
  return await eventually('an increment is answered', async () => {
    try {
      const endpoint = await endpointOf(cluster)
      const body = JSON.stringify({ by: 1 })
      const response = await fetch(`${endpoint}/add`, { method: 'POST', body, signal: AbortSignal.timeout(1000) })
      return response.ok && ((await response.json()) as { value: number }).value
    } catch {
      // It was just killed: the next primary is asked. What was counted without an answer only adds.
      return null
    }
  })
}

async function valueAt(endpoint: string): Promise<number> {
  return ((await (await fetch(`${endpoint}/value`)).json()) as { value: number }).value
}

describe.skipIf(isMissing)('the counter in Python as 2N over real nodes (skipped without python3)', () => {
  test(
    'increments survive kill -9 of the primary, again and again',
    async () => {
      // Nothing is written beside the example.
      const { cluster } = await makeExample('python', (text) =>
        text.replace('PYTHONUNBUFFERED: "1"', 'PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1"'),
      )
      cluster.startAll()
      await cluster.until('the cluster is whole', isWhole)
      let last = 0
      for (let round = 0; round < 3; round += 1) {
        for (let count = 0; count < 20; count += 1) {
          const value = await increment(cluster)
          expect(value).toBeGreaterThan(last)
          last = value
        }
        const primary = await cluster.primaryOf('counter')
        const victims = cluster.processesOfComponent(primary)
        expect(victims.length).toBeGreaterThan(0)
        signalAll(victims, 'SIGKILL')
        expect(await valueAt(await endpointOf(cluster, primary))).toBe(last)
        await cluster.until('the fallen is back', isWhole)
      }
      expect(await increment(cluster)).toBe(last + 1)
    },
    testTimeoutMs,
  )
})
