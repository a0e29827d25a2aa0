/**
 * Faults that know whom to strike and when: what takes several things at once to go wrong comes about too rarely by chance. Most of
 * them turn on who leads, which the simulator knows and no node tells it.
 */
import type { FaultKind } from './faultKinds.ts'
import type { Begin } from './faults.ts'
import type { Machine } from './machine/machine.ts'
import { all, isolate, nothing, others, restart, slow } from './strokes.ts'

type TargetedKind = Extract<FaultKind, 'pair' | 'late' | 'master-cut' | 'restart' | 'leave' | 'elections'>

/** Datagrams that are late by less than this (at a heartbeat of 20 ms) are no worse than `delay` makes them. */
const lateMinMs = 20
const lateMaxMs = 600

export const targeted: Readonly<Record<TargetedKind, Begin>> = {
  /** Two nodes do not hear each other, or one does not hear the other; both hear the rest. */
  pair: ({ cluster, random }) => {
    const one = random.pick(cluster.machines)
    const other = random.pick(cluster.machines)
    return isolate(cluster, one, { from: random.pick(['both', 'out', 'in']), peers: one === other ? [] : [other] })
  },
  /** What one node says to the others, or one of them to it, takes longer than leases last. */
  late: ({ cluster, random, scale }) => {
    const [first, second] = [random.pick(cluster.machines), random.pick(cluster.machines)]
    const delayMs = lateMinMs * (lateMaxMs / lateMinMs) ** random.next() * scale
    const others = first === second ? cluster.machines : [second]
    const changes = others
      .filter((other) => other !== first)
      .map((other) => slow(cluster, random.chance(0.5) ? [first, other] : [other, first], delayMs))
    return all(changes)
  },
  /** The master is cut off from all, or is heard by nobody, or hears nobody; sometimes its wires were slow before. */
  'master-cut': ({ cluster, random, scale }) => {
    const master = cluster.leader
    if (master === null) return nothing
    const from = random.pick(['both', 'out', 'in'] as const)
    const cut = (): (() => void) => isolate(cluster, master, { from, peers: cluster.machines })
    if (random.chance(0.5)) return cut()
    let isOver = false
    const delayMs = random.between(2, 60) * scale
    const slowed = others(cluster, master).map((other) =>
      slow(cluster, random.chance(0.5) ? [master, other] : [other, master], delayMs),
    )
    let undo = all(slowed)
    cluster.world.after(random.between(100, 400) * scale, () => {
      if (isOver) return
      undo()
      undo = cut()
    })
    return () => {
      isOver = true
      undo()
    }
  },
  /** A machine, or only the node process, is started again at once: before a lease is over. */
  restart: ({ cluster, random, scale }) => restart(cluster, random, { machine: random.pick(cluster.machines), scale }),
  /** A node is stopped in order and started again: every other time the master. */
  leave: ({ cluster, random }) => {
    const machine = (random.chance(0.5) ? cluster.leader : null) ?? random.pick(cluster.machines)
    machine.leave()
    return nothing
  },
  /** As long as it lasts, whoever is elected meets with something: it is cut off, or restarts, or its disk is slow, or its voters' do. */
  elections: ({ cluster, random, scale }) => {
    const undos: (() => void)[] = []
    const strike = (elected: Machine): void => {
      cluster.world.after(random.between(0, random.pick([1, 10, 100])) * scale, () => {
        if (!cluster.onElected.has(strike)) return
        const peers = others(cluster, elected).filter(() => random.chance(0.7))
        if (random.chance(0.6)) {
          const join = isolate(cluster, elected, { from: random.pick(['both', 'out', 'in']), peers })
          undos.push(join)
          cluster.world.after(random.between(50, 1_000) * scale, join)
        }
        if (random.chance(0.4)) undos.push(restart(cluster, random, { machine: elected, scale }))
        for (const peer of peers) if (random.chance(0.3)) undos.push(restart(cluster, random, { machine: peer, scale }))
      })
    }
    const slowness = random.pick([1, 20, 100])
    for (const { disk } of cluster.machines) disk.slowness = random.chance(0.7) ? slowness * scale : 1
    cluster.onElected.add(strike)
    return () => {
      cluster.onElected.delete(strike)
      for (const { disk } of cluster.machines) disk.slowness = 1
      all(undos)()
    }
  },
}
