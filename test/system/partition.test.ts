/** Nodes on machines of their own, with two networks between them, whose cables are pulled. */
import { afterEach, describe, expect, test } from 'bun:test'
import type { ClusterView } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { activeSpans, overlapMs } from '../../src/demo/overlap.ts'
import { realClock } from '../../src/engine/clock.ts'
import { readTimeline } from '../../src/recorder/index.ts'
import { cleanUpNamespaces, reason, skipped, startInNamespaces } from '../support/namespaceCluster.ts'
import { nodeOf, testTimeoutMs, traceOf } from '../support/system.ts'

afterEach(cleanUpNamespaces)

function linksOf(view: ClusterView, node: string): boolean[] {
  return view.nodes.find(({ name }) => name === node)!.links.map(({ isUp }) => isUp)
}

describe.skipIf(reason !== null)(`partitions ${skipped}`, () => {
  test(
    'the loss of one link is told, and nothing else comes of it',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const { primary, secondary, other } = await cluster.placesOf('ledger')
      const before = (await cluster.view())!
      spaces.cable(primary, 1, false)
      for (const of of [secondary, other]) {
        const view = await cluster.until('the link is down', (view) => !linksOf(view, primary)[1], { of: [of] })
        expect(linksOf(view, primary)).toEqual([true, false])
        expect(view.problems.map(({ code, subject }) => ({ code, subject }))).toEqual([
          { code: 'link.down', subject: primary },
        ])
        expect({ epoch: view.epoch, master: view.master, assignments: view.assignments }).toEqual({
          epoch: before.epoch,
          master: before.master,
          assignments: before.assignments,
        })
      }
      const onPrimary = await cluster.until('it sees the others', (view) => !linksOf(view, other)[1], {
        of: [primary],
      })
      expect(onPrimary.nodes.every(({ availability }) => availability === 'alive')).toBe(true)
      spaces.cable(primary, 1, true)
      await cluster.until('the link is up', (view) => view.problems.length === 0 && isWhole(view), { of: [other] })
      await cluster.stop()
      expect(traceOf(cluster).filter(({ event }) => event === 'active')).toHaveLength(1)
    },
    testTimeoutMs,
  )

  test(
    'a node that is cut off stops its primary by itself, another takes over after that, and it heals',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const { primary: lost } = await cluster.placesOf('ledger')
      const others = cluster.nodes.filter((node) => node !== lost)
      for (const link of [0, 1]) spaces.cable(lost, link, false)
      const alone = await cluster.until(
        'it has stopped its primary',
        ({ quorum, components }) =>
          !quorum.isQuorate &&
          components.every(({ component, role }) => nodeOf(component) !== lost || role !== 'primary'),
        { of: [lost] },
      )
      expect(alone.problems[0]!.code).toBe('quorum.lost')
      await cluster.until(
        'another is primary, with a secondary',
        ({ master, assignments: [ledger] }) =>
          master !== null && master !== lost && nodeOf(ledger!.primary ?? '/') !== lost && ledger!.health === 'served',
        { of: others },
      )
      for (const link of [0, 1]) spaces.cable(lost, link, true)
      await cluster.until('it is healed', isWhole, { of: others })
      await cluster.until('on the lost one, too', isWhole, { of: [lost] })
      const endUs = realClock.wallUs()
      await cluster.stop()

      const lines = traceOf(cluster)
      const active = lines.filter(({ event }) => event === 'active').map(({ component }) => nodeOf(component))
      expect(active[0]).toBe(lost)
      expect(active.slice(1)).toHaveLength(1)
      expect(active[1]).not.toBe(lost)
      // It was killed if it did not say that it ended; either way its own black box says when its process was gone.
      const exit = readTimeline([cluster.stateDirectory(lost)]).entries.find(
        ({ actor, event }) => actor === `component/${lost}/ledger` && event.type === 'process.exited',
      )
      const killed = exit ? [{ component: `${lost}/ledger`, atUs: exit.time.us }] : []
      expect(overlapMs(activeSpans(lines, killed, endUs))).toBe(0)
    },
    testTimeoutMs,
  )

  test(
    'a vice that is cut off: the mastership stays where it is, the third becomes vice, and it follows when it is back',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const before = await cluster.until('there is a vice', ({ vice }) => vice !== null)
      const [master, lost] = [before.master!, before.vice!]
      const others = cluster.nodes.filter((node) => node !== lost)
      const third = others.find((node) => node !== master)!
      for (const link of [0, 1]) spaces.cable(lost, link, false)
      const alone = await cluster.until('it knows that it is alone', ({ quorum }) => !quorum.isQuorate, { of: [lost] })
      expect(alone.master).toBeNull()
      const during = await cluster.until('the third is vice', ({ vice }) => vice === third, { of: others })
      expect([during.master, during.epoch]).toEqual([master, before.epoch])
      for (const link of [0, 1]) spaces.cable(lost, link, true)
      const after = await cluster.until('it is healed', isWhole, { of: others })
      expect([after.master, after.epoch]).toEqual([master, before.epoch])
      const returned = await cluster.until('on the lost one, too', isWhole, { of: [lost] })
      expect([returned.master, returned.epoch]).toEqual([master, before.epoch])
      await cluster.stop()
    },
    testTimeoutMs,
  )

  test(
    'a master that is cut off: it is none any more, one other is, in a later epoch, and it follows when it is back',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const before = await cluster.until('there is a vice', ({ vice }) => vice !== null)
      const lost = before.master!
      const others = cluster.nodes.filter((node) => node !== lost)
      for (const link of [0, 1]) spaces.cable(lost, link, false)
      const isOther = ({ master }: ClusterView) => master !== null && master !== lost
      const elected = await cluster.until('another is master', isOther, { of: others })
      expect(elected.epoch).toBeGreaterThan(before.epoch)
      await cluster.until('it is none', ({ master, quorum }) => master === null && !quorum.isQuorate, { of: [lost] })
      for (const link of [0, 1]) spaces.cable(lost, link, true)
      const after = await cluster.until('it is healed', isWhole, { of: others })
      expect(after.master).not.toBe(lost)
      const returned = await cluster.until('on the lost one, too', isWhole, { of: [lost] })
      expect([returned.master, returned.epoch]).toEqual([after.master, after.epoch])
      await cluster.stop()
    },
    testTimeoutMs,
  )
})
