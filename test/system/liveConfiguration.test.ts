/** The configuration changes while the cluster runs: taken and refused as a whole, and what is no longer configured stops. */
import { afterEach, expect, test } from 'bun:test'
import { cleanUp, rolecall, startLedger, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

const desk = JSON.stringify({ command: ['sleep', '1000'] })

test(
  'a type, a component and an assignment are added and removed; an invalid change changes nothing',
  async () => {
    const cluster = await startLedger()
    const config = (...words: string[]) => cluster.rolecall('config', ...words)
    const taken = async (...words: string[]) => {
      const outcome = await config(...words)
      expect(`${outcome.exitCode} ${outcome.stderr}`).toBe('0 ')
    }
    await cluster.until('the repository has the configuration', () => true)
    for (let count = 0; count < 50; count++) {
      if ((await config('get', 'configuration/complete')).exitCode === 0) break
      await Bun.sleep(100)
    }
    await taken('set', 'configuration/types/desk', desk)
    await taken(
      'set',
      'configuration/components/desk',
      JSON.stringify({ type: 'desk', nodes: cluster.nodes.slice(0, 2) }),
    )
    await taken('set', 'configuration/assignments/desk', JSON.stringify({ component: 'desk' }))
    await cluster.until(
      'the new assignment is served',
      ({ assignments }) => assignments.find(({ name }) => name === 'desk')?.health === 'served',
    )

    const refused = await config('set', 'configuration/components/desk', JSON.stringify({ type: 'dsk', nodes: ['n1'] }))
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toContain("did you mean 'desk'?")
    expect((await config('delete', 'configuration/types/desk')).exitCode).not.toBe(0)

    await taken('set', 'configuration/timing/electionTimeout', '"150ms"')
    await taken('delete', 'configuration/assignments/desk')
    const view = await cluster.until(
      'it is gone, and the other assignment is served as ever',
      ({ assignments, components }) =>
        assignments.length === 1 &&
        assignments[0]!.health === 'served' &&
        !components.some(({ component }) => component.endsWith('/desk')),
    )
    expect(view.assignments.map(({ name }) => name)).toEqual(['ledger'])
    await taken('delete', 'configuration/components/desk')
    await taken('delete', 'configuration/types/desk')
    expect((await config('get', 'configuration/types/desk')).exitCode).not.toBe(0)

    await cluster.stop()
    const state = cluster.nodes.map((node) => cluster.stateDirectory(node))
    const replayed = await rolecall(['replay', ...state, '--verify', '--json'])
    expect(JSON.parse(replayed.stdout)).toMatchObject({ isExact: true, mismatchCount: 0 })
  },
  testTimeoutMs,
)
