/**
 * Faults in several acts, each of which waits for what the last one led to: the stories that the rules of the replicated log were
 * made for. Left to chance they would need millions of runs.
 */
import { isDiskDispensable, isDiskSpare } from './diskFaults.ts'
import type { FaultKind } from './faultKinds.ts'
import type { Begin } from './faults.ts'
import type { Machine } from './machine/machine.ts'
import { all, isolate, nothing, once, others, slow } from './strokes.ts'

type PlotKind = Extract<FaultKind, 'usurper' | 'figure-8' | 'disk-replaced' | 'late-command' | 'lost-vote'>

/** At a heartbeat of 20 ms, like all times here. */
const usurperIntervalMs = 300
const usurperDownMinMs = 2
const usurperDownMaxMs = 60
/** An election takes about 300. */
const lateMinMs = 500
const lateMaxMs = 1_500
/** So much slower is the disk of one whose writes must not land. */
const hangingDisk = 20_000

export const plots: Readonly<Record<PlotKind, Begin>> = {
  /** One does not hear the leader, and campaigns; the others, who keep the leader in office, restart again and again. */
  usurper: ({ cluster, random, scale }) => {
    const { leader, world } = cluster
    if (leader === null) return nothing
    const usurper = random.pick(others(cluster, leader))
    const voters = others(cluster, leader).filter((one) => one !== usurper)
    const undos = [isolate(cluster, leader, { from: random.pick(['both', 'out']), peers: [usurper] })]
    let isOver = false
    const next = (): void => {
      world.after(random.between(0.5, 1.5) * usurperIntervalMs * scale, () => {
        if (isOver) return
        next()
        for (const voter of voters) {
          if (!voter.isOn || voter.isAnyPaused) continue
          voter.cutPower()
          const boot = once(() => voter.boot())
          undos.push(boot)
          world.after(random.between(usurperDownMinMs, usurperDownMaxMs) * scale, boot)
        }
      })
    }
    next()
    return () => {
      isOver = true
      all(undos)()
    }
  },
  /**
   * Figure 8 of Raft (Ongaro and Ousterhout, 2014) with three nodes: A is elected and cut off with its first entry, then B with
   * its own. A is elected again, and what it has is on C before its newest entry is on its own disk. It loses that, C is cut off,
   * and B leads with the vote of A: what A had at first may be replaced.
   */
  'figure-8': ({ cluster, random, scale }) => {
    const { leader, world, machines } = cluster
    if (leader === null || machines.length !== 3) return nothing
    let rejoin = isolate(cluster, leader, { from: 'both', peers: machines })
    let first: Machine | null = null
    let second: Machine | null = null
    let act = 0
    const undos: (() => void)[] = []
    const only = (alone: Machine): void => {
      rejoin()
      rejoin = isolate(cluster, alone, { from: 'both', peers: machines })
    }
    const strike = (elected: Machine): void => {
      act += 1
      if (act === 1) {
        first = elected
        only(elected)
      } else if (act === 2) {
        second = elected
        only(elected)
      } else if (act === 3 && elected === first) {
        const { disk } = elected
        disk.slowness = hangingDisk
        const third = machines.find((one) => one !== elected && one !== second)
        world.after(random.between(5, 40), () => {
          disk.slowness = 1
          if (!elected.isOn || elected.isAnyPaused || !cluster.onElected.has(strike)) return
          elected.cutPower()
          const boot = once(() => elected.boot())
          undos.push(boot)
          world.after(random.between(2, 20) * scale, boot)
          if (third) only(third)
        })
      } else cluster.onElected.delete(strike)
    }
    cluster.onElected.add(strike)
    return () => {
      cluster.onElected.delete(strike)
      rejoin()
      all(undos)()
    }
  },
  /** One has missed something; the disk of another, who had it, is replaced; the leader, who has it, is cut off when the first is back. */
  'disk-replaced': ({ cluster, random, scale }) => {
    const { leader, world, machines } = cluster
    if (leader === null) return nothing
    const absent = random.pick(others(cluster, leader))
    const replaced = random.pick(others(cluster, leader).filter((one) => one !== absent))
    if (!replaced.isOn || replaced.isAnyPaused || !isDiskSpare(cluster, replaced)) return nothing
    let rejoin = isolate(cluster, absent, { from: 'both', peers: machines })
    let boot = nothing
    let isOver = false
    world.after(random.between(300, 1_500) * scale, () => {
      if (isOver || !replaced.isOn || !isDiskDispensable(cluster, replaced)) return
      replaced.cutPower()
      replaced.disk.wipe()
      boot = once(() => replaced.boot())
      rejoin()
      rejoin = isolate(cluster, leader, { from: 'both', peers: machines })
      world.after(random.between(2, 60) * scale, boot)
    })
    return () => {
      isOver = true
      rejoin()
      boot()
    }
  },
  /** A command of the master is so long on its way that another is master, and has commanded, when it arrives. */
  'late-command': ({ cluster, random, scale }) => {
    const { leader, world, machines, configuration } = cluster
    if (leader === null) return nothing
    const to = random.pick(others(cluster, leader))
    const assignment = random.pick(Object.keys(configuration.assignments))
    const undos = [slow(cluster, [leader, to], random.between(lateMinMs, lateMaxMs) * scale)]
    const order = ({ life }: Machine, node: Machine): void =>
      life?.process.receive(
        () => void life.parts?.operations.request({ operation: 'switchover', assignment, to: node.name }),
      )
    order(leader, to)
    // The next master is to decide anew what the command was about.
    const strike = (elected: Machine): void => {
      for (const delayMs of [30, 100, 200])
        world.after(delayMs * scale, () => order(elected, random.pick(others(cluster, to))))
    }
    cluster.onElected.add(strike)
    let isOver = false
    world.after(random.between(5, 200) * scale, () => {
      if (!isOver) undos.push(isolate(cluster, leader, { from: random.pick(['both', 'in']), peers: machines }))
    })
    return () => {
      isOver = true
      cluster.onElected.delete(strike)
      all(undos)()
    }
  },
  /** The disk of a voter hangs while the leader is cut off. Should the vice be elected all the same, it is cut off in its turn, and the voter restarts. */
  'lost-vote': ({ cluster, random, scale }) => {
    const { leader, world, machines } = cluster
    const vice = machines.find(({ name }) => name === leader?.life?.parts?.replica.vice)
    const voter = machines.find((one) => one !== leader && one !== vice)
    if (!leader || !vice || !voter || machines.length !== 3) return nothing
    let rejoin = isolate(cluster, leader, { from: 'both', peers: machines })
    let boot = nothing
    voter.disk.slowness = hangingDisk
    const strike = (elected: Machine): void => {
      cluster.onElected.delete(strike)
      if (elected !== vice || !voter.isOn || voter.isAnyPaused) return
      rejoin()
      rejoin = isolate(cluster, vice, { from: 'both', peers: machines })
      world.after(random.between(0, 2), () => {
        if (!voter.isOn || voter.isAnyPaused) return
        voter.cutPower()
        voter.disk.slowness = 1
        boot = once(() => voter.boot())
        world.after(random.between(2, 20) * scale, boot)
      })
    }
    cluster.onElected.add(strike)
    return () => {
      cluster.onElected.delete(strike)
      voter.disk.slowness = 1
      rejoin()
      boot()
    }
  },
}
