/** The black boxes of a cluster that lost a process, a node and a master: replayed exactly, and they say why. */
import { afterEach, expect, test } from 'bun:test'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { findBoxes } from '../../src/recorder/boxes.ts'
import type { Explanation, Incident, Narrative, ReplayResult, Timeline } from '../../src/recorder/index.ts'
import { readSegment } from '../../src/recorder/segmentReader.ts'
import { cleanUp, nodeOf, rolecall, startLedger, temporaryDirectory, testTimeoutMs } from '../support/system.ts'

afterEach(cleanUp)

test(
  'after kill -9 of a process, of a node and of the master: exact; explained across nodes; a flipped byte is told',
  async () => {
    const cluster = await startLedger()
    const first = await cluster.primaryOf('ledger')
    signalAll(cluster.processesOfComponent(first), 'SIGKILL')
    await cluster.until('another is primary, and the fallen is back', (view) => {
      return view.assignments[0]!.primary !== first && isWhole(view)
    })
    const second = nodeOf(await cluster.primaryOf('ledger'))
    const { master } = await cluster.until('there is a master', (view) => view.master !== null)
    for (const node of new Set([second, master!])) {
      cluster.killNode(node)
      const others = cluster.nodes.filter((other) => other !== node)
      await cluster.until(
        'the others have noticed, and go on',
        ({ nodes, master, assignments: [ledger] }) =>
          nodes.some(({ name, availability }) => name === node && availability !== 'alive') &&
          master !== null &&
          master !== node &&
          ledger!.health === 'served',
        { of: others },
      )
      cluster.start(node)
      await cluster.until('it is back', isWhole)
    }
    await cluster.stop()

    const state = cluster.nodes.map((node) => cluster.stateDirectory(node))
    const verified = await rolecall(['replay', ...state, '--verify', '--json'])
    const result = JSON.parse(verified.stdout) as ReplayResult
    expect({ ...result, exitCode: verified.exitCode }).toMatchObject({
      exitCode: 0,
      isExact: true,
      mismatchCount: 0,
      nodeCount: 3,
      mismatches: [],
    })
    expect(result.eventCount).toBeGreaterThan(100)
    const text = await rolecall(['replay', ...state, '--verify'])
    expect(text).toMatchObject({ exitCode: 0 })
    expect(text.stdout).toStartWith(`exact: ${result.eventCount} events of 3 nodes`)

    const shown = await rolecall(['replay', ...state, '--json', '--limit', '1000000'])
    const { entries } = JSON.parse(shown.stdout) as Pick<Timeline, 'entries'>
    // On a machine that is busy it may have ended before, by itself.
    const exit = entries.find(
      ({ actor, event, fromState }) =>
        actor === `component/${first}` && event.detail === 'signal SIGKILL' && fromState === 'primary.ready',
    )!
    const explained = await rolecall([
      'replay',
      ...state,
      '--explain',
      exit.id,
      '--full',
      '--json',
      '--limit',
      '100000',
    ])
    expect(explained.exitCode).toBe(0)
    const { lines } = JSON.parse(explained.stdout) as Narrative
    expect(lines.find(({ isAsked }) => isAsked)).toMatchObject({ id: exit.id, node: nodeOf(first) })
    const listed = await rolecall(['replay', ...state, '--incidents', '--json', '--limit', '100000'])
    const { incidents } = JSON.parse(listed.stdout) as { incidents: Incident[] }
    const incident = incidents.find(({ recordIds }) => recordIds.includes(exit.id))!
    const why = await rolecall(['replay', ...state, '--explain', incident.id, '--json'])
    const story = (JSON.parse(why.stdout) as Explanation).lines
    expect(story.find(({ recordId }) => recordId === exit.id)).toMatchObject({ phase: 'detect' })
    // On a machine that is busy the master may change meanwhile.
    const served = story.filter(({ phase }) => phase === 'serve').map(({ node }) => node)
    expect(served).toContain(second)
    expect(second).not.toBe(nodeOf(first))

    // One byte of one record of one node.
    const damaged = join(temporaryDirectory(), 'state')
    cpSync(join(cluster.directory, 'state'), damaged, { recursive: true })
    const segment = findBoxes([join(damaged, second)])[0]!.lives[0]!.segments[0]!
    const { frames } = readSegment(segment.path)
    const frame = frames[Math.floor(frames.length / 2)]!
    const bytes = readFileSync(segment.path)
    bytes[frame.offset + 20]! ^= 0x10
    writeFileSync(segment.path, bytes)
    const told = await rolecall(['replay', damaged, '--verify'])
    expect(told.exitCode).toBe(1)
    expect(told.stdout).toContain('not exact')
    expect(told.stdout).toContain(`damaged payload: ${segment.path} at byte ${frame.offset}`)
  },
  testTimeoutMs,
)
