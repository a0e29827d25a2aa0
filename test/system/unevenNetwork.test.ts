/** Networks that work for some and not for others: one way, by chance, between two only (SPEC M2; Traps 7, 8). */
import { afterEach, describe, expect, test } from 'bun:test'
import { isWhole } from '../../src/demo/localCluster.ts'
import { activeSpans, overlapMs } from '../../src/demo/overlap.ts'
import { realClock } from '../../src/engine/clock.ts'
import { readTimeline } from '../../src/recorder/index.ts'
import { cleanUpNamespaces, reason, skipped, startInNamespaces } from '../support/namespaceCluster.ts'
import { nodeOf, type SystemCluster, testTimeoutMs, traceOf } from '../support/system.ts'

afterEach(cleanUpNamespaces)

const links = [0, 1]

/** Long enough for what flaps to flap several times; that it does not is what is tested, and no time decides it. */
const watchMs = 4_000

/** Spans in which two primaries acted at once; a node that was killed rather than ended is known from its black box. */
function overlapOf(cluster: SystemCluster): number {
  const killed = cluster.nodes.flatMap((node) =>
    readTimeline([cluster.stateDirectory(node)])
      .entries.filter(({ actor, event }) => actor === `component/${node}/ledger` && event.type === 'process.exited')
      .map(({ time }) => ({ component: `${node}/ledger`, atUs: time.us })),
  )
  return overlapMs(activeSpans(traceOf(cluster), killed, realClock.wallUs()))
}

async function epochOf(cluster: SystemCluster, of: string): Promise<number> {
  return (await cluster.until('there is a master', ({ master }) => master !== null, { of: [of] })).epoch
}

describe.skipIf(reason !== null)(`an uneven network ${skipped}`, () => {
  test(
    'a third of all datagrams lost on both links, at every node: nothing comes of it',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const before = (await cluster.view())!
      for (const node of cluster.nodes)
        for (const link of links) spaces.drop(node, { link, direction: 'in', percent: 33 })
      await Bun.sleep(watchMs)
      for (const node of cluster.nodes) spaces.mend(node)
      const after = await cluster.until('it is whole', isWhole)
      expect([after.master, after.assignments]).toEqual([before.master, before.assignments])
      await cluster.stop()
      expect(overlapOf(cluster)).toBe(0)
    },
    testTimeoutMs,
  )

  test(
    'a master that hears and is not heard: one other is elected, it stays, and the old one follows when it is mended',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const { master } = (await cluster.view())!
      const others = cluster.nodes.filter((node) => node !== master)
      for (const link of links) spaces.drop(master!, { link, direction: 'out' })
      const elected = await cluster.until(
        'another is master',
        (view) => view.master !== null && view.master !== master,
        {
          of: others,
        },
      )
      await Bun.sleep(watchMs)
      expect(await epochOf(cluster, others[0]!)).toBe(elected.epoch)
      spaces.mend(master!)
      const mended = await cluster.until('it is whole', isWhole, { of: others })
      expect([mended.master, mended.epoch]).toEqual([elected.master, elected.epoch])
      await cluster.until('on the old master, too', isWhole, { of: [master!] })
      await cluster.stop()
      expect(overlapOf(cluster)).toBe(0)
    },
    testTimeoutMs,
  )

  test(
    'a vice that is heard and does not hear: the mastership stays where it is',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const before = await cluster.until('there is a vice', ({ vice }) => vice !== null)
      const vice = before.vice!
      for (const link of links) spaces.drop(vice, { link, direction: 'in' })
      await Bun.sleep(watchMs)
      const during = await cluster.until('there is a master', ({ master }) => master !== null, { of: [before.master!] })
      expect([during.master, during.epoch]).toEqual([before.master, before.epoch])
      spaces.mend(vice)
      const after = await cluster.until('it is whole', isWhole)
      expect([after.master, after.epoch]).toEqual([before.master, before.epoch])
      await cluster.stop()
      expect(overlapOf(cluster)).toBe(0)
    },
    testTimeoutMs,
  )

  test(
    'master and vice do not hear each other, the third hears both: the mastership settles',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      const { master, vice } = await cluster.until('there is a vice', ({ vice }) => vice !== null)
      const third = cluster.nodes.find((node) => node !== master && node !== vice)!
      for (const link of links) spaces.drop(master!, { link, direction: 'in', peer: vice! })
      for (const link of links) spaces.drop(vice!, { link, direction: 'in', peer: master! })
      await Bun.sleep(watchMs)
      const settled = await epochOf(cluster, third)
      await Bun.sleep(watchMs)
      expect(await epochOf(cluster, third)).toBe(settled)
      for (const node of [master!, vice!]) spaces.mend(node)
      await cluster.until('it is whole', isWhole)
      await cluster.stop()
      expect(overlapOf(cluster)).toBe(0)
    },
    testTimeoutMs,
  )

  test(
    'all three cut off from each other: nobody is master, no primary acts; mended, all is as it was',
    async () => {
      const { cluster, spaces } = await startInNamespaces()
      for (const node of cluster.nodes) for (const link of links) spaces.cable(node, link, false)
      for (const node of cluster.nodes) {
        await cluster.until(
          'it has no quorum and no primary',
          ({ quorum, components }) =>
            !quorum.isQuorate &&
            components.every(({ component, role }) => nodeOf(component) !== node || role !== 'primary'),
          { of: [node] },
        )
      }
      for (const node of cluster.nodes) for (const link of links) spaces.cable(node, link, true)
      for (const node of cluster.nodes) await cluster.until('it is whole', isWhole, { of: [node] })
      await cluster.stop()
      expect(overlapOf(cluster)).toBe(0)
    },
    testTimeoutMs,
  )
})
