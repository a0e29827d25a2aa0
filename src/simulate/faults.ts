/**
 * What goes wrong, and when. In the manner of swarm testing (Groce et al. 2012) each seed enables a random subset of the kinds, with
 * intensities of its own, so that runs differ in kind and not only in order. Everything that was begun can be ended: then the
 * cluster has to come together again.
 */
import type { Cluster } from './cluster.ts'
import { changeConfiguration } from './configurationFaults.ts'
import { isDiskSpare } from './diskFaults.ts'
import type { FaultKind } from './faultKinds.ts'
import type { Machine } from './machine/machine.ts'
import { removeMember } from './memberFaults.ts'
import { plots } from './plots.ts'
import { type Random, randomOf } from './random.ts'
import { targeted } from './targetedFaults.ts'
import type { PathFaults } from './world/paths.ts'

/** Begins a fault; what it returns ends it. */
export type Begin = (of: { cluster: Cluster; random: Random; scale: number }) => () => void

const nothing = (): void => {}

/** Set for the whole run; `operator` is the operator's (operator.ts). */
const lastingKinds = ['drift', 'versions', 'operator'] as const

/** The kinds that come and go. */
const begins: Readonly<Record<Exclude<FaultKind, (typeof lastingKinds)[number]>, Begin>> = {
  loss: ({ cluster, random }) => {
    const lossRate = random.pick([0.01, 0.1, 0.4])
    return onSomePaths(cluster, random, (path) => {
      path.lossRate = lossRate
    })
  },
  duplication: ({ cluster, random }) =>
    onSomePaths(cluster, random, (path) => {
      path.duplicateRate = 0.3
    }),
  delay: ({ cluster, random, scale }) => {
    const delayMs = random.between(1, 30) * scale
    return onSomePaths(cluster, random, (path) => {
      path.delayMinMs = delayMs
      path.delayMaxMs = delayMs * 1.1
    })
  },
  reordering: ({ cluster, random, scale }) =>
    onSomePaths(cluster, random, (path) => {
      path.delayMinMs = 0.05
      path.delayMaxMs = 60 * scale
    }),
  partition: ({ cluster, random }) => partition(cluster, random, () => true),
  oneway: ({ cluster, random }) => partition(cluster, random, (isFromFirst) => isFromFirst),
  link: ({ cluster, random }) => {
    const link = random.below(cluster.paths.linkCount)
    return onSomePaths(cluster, random, (path) => void (path.cutCount += 1), {
      link,
      undo: (path) => void (path.cutCount -= 1),
    })
  },
  flapping: ({ cluster, random, scale }) => {
    let heal: (() => void) | null = null
    let isOver = false
    const flap = (): void => {
      if (isOver) return
      if (heal) {
        heal()
        heal = null
      } else heal = partition(cluster, random, () => true)
      cluster.world.after(random.between(10, 400) * scale, flap)
    }
    flap()
    return () => {
      isOver = true
      heal?.()
    }
  },
  step: ({ cluster, random }) => {
    random.pick(cluster.machines).clock.stepWall(Math.round(random.between(-3600, 3600) * 1e6))
    return nothing
  },
  'pause-node': ({ cluster, random }) => pauseOne(random.pick(cluster.machines), 'node'),
  'pause-guard': ({ cluster, random }) => pauseOne(random.pick(cluster.machines), 'guard'),
  pause: ({ cluster, random }) => {
    const machine = random.pick(cluster.machines)
    if (machine.isAnyPaused) return nothing
    machine.pauseAll()
    return () => machine.resumeAll()
  },
  'kill-node': ({ cluster, random }) => {
    const machine = random.pick(cluster.machines)
    // See `pauseOne`.
    if (!machine.guard?.isPaused) machine.killNode()
    return nothing
  },
  'kill-guard': ({ cluster, random }) => {
    random.pick(cluster.machines).killGuard()
    return nothing
  },
  power: ({ cluster, random }) => {
    const machine = random.pick(cluster.machines)
    if (!machine.isOn) return nothing
    machine.cutPower()
    return () => machine.boot()
  },
  'disk-slow': ({ cluster, random }) => {
    const { disk } = random.pick(cluster.machines)
    disk.slowness = random.pick([20, 200, 2_000])
    return () => {
      disk.slowness = 1
    }
  },
  'disk-full': ({ cluster, random }) => {
    const { disk } = random.pick(cluster.machines)
    disk.isFull = true
    return () => {
      disk.isFull = false
    }
  },
  'disk-wiped': ({ cluster, random }) => {
    const machine = random.pick(cluster.machines)
    if (!machine.isOn || !isDiskSpare(cluster, machine)) return nothing
    machine.cutPower()
    machine.disk.wipe()
    return () => machine.boot()
  },
  'disk-old': ({ cluster, random }) => {
    const machine = random.pick(cluster.machines)
    const { id } = machine.disk
    const restore = machine.disk.backup()
    return () => {
      if (!machine.isOn || machine.disk.id !== id || !isDiskSpare(cluster, machine)) return
      machine.cutPower()
      restore()
      machine.boot()
    }
  },
  configuration: ({ cluster, random }) => changeConfiguration(cluster, random),
  member: ({ cluster, random }) => removeMember(cluster, random),
  component: ({ cluster, random }) => {
    const programs = cluster.machines.flatMap((machine: Machine) => machine.programs)
    if (programs.length > 0) random.pick(programs).exit({ exitCode: null, signal: 'SIGSEGV' })
    return nothing
  },
  callbacks: ({ cluster, random }) => {
    const { programFaults } = cluster
    const kind = random.pick(['hangRate', 'failRate', 'crashRate', 'slowRate'] as const)
    programFaults[kind] = random.between(0.05, 0.5)
    return () => {
      programFaults[kind] = 0
    }
  },
  ...targeted,
  ...plots,
}

function isPassing(kind: FaultKind): kind is keyof typeof begins {
  return Object.hasOwn(begins, kind)
}

/** At a heartbeat of 20 ms; scaled with it. */
const meanIntervalMs = 4_000
/** Each kind has its own in each seed: so many times the mean between two. */
const rarityMin = 0.3
const rarityMax = 3
const durationMinMs = 20
const durationMaxMs = 6_000
/** Of the kinds that are allowed, each is enabled with this probability. */
const enabledProbability = 0.4
/** It keeps the cluster without a node for long, which most of the others need. */
const memberProbability = 0.2

/** `partition:3`: the third partition that the seed has. */
export type FaultEvent = `${FaultKind}:${number}`

export interface Faults {
  readonly enabled: readonly FaultKind[]
  /** Those that began. */
  readonly events: readonly FaultEvent[]
  start(): void
  /** Ends all that is under way, and begins nothing more. */
  heal(): void
}

export interface FaultsOptions {
  readonly cluster: Cluster
  readonly seed: number
  readonly allowed: readonly FaultKind[]
  readonly scale: number
  /** Enable all that is allowed. */
  readonly isAll: boolean
  /** They begin so many times as often. */
  readonly rate: number
  /** Only these begin; null: all. */
  readonly only: readonly string[] | null
}

/** Whether the seed enables a kind, if it is allowed: whatever else is allowed. */
export function isEnabled(seed: number, kind: FaultKind): boolean {
  return randomOf(seed, `fault ${kind}`).chance(kind === 'member' ? memberProbability : enabledProbability)
}

/** Every event has a stream of chance of its own: leaving one out does not change the others. */
export function createFaults({ cluster, seed, allowed, scale, isAll, rate, only }: FaultsOptions): Faults {
  const enabled = allowed.filter((kind) => isAll || isEnabled(seed, kind))
  const events: FaultEvent[] = []
  const open = new Set<() => void>()
  let isHealed = false

  function schedule(kind: keyof typeof begins, meanMs: number, ordinal: number): void {
    const event: FaultEvent = `${kind}:${ordinal}`
    const own = randomOf(seed, event)
    cluster.world.after(-Math.log(1 - own.next()) * meanMs, () => {
      if (isHealed) return
      // Short ones are as frequent as long ones: what hurts depends on the kind.
      const durationMs = durationMinMs * (durationMaxMs / durationMinMs) ** own.next()
      if (only === null || only.includes(event)) begin(event, kind, own, durationMs)
      schedule(kind, meanMs, ordinal + 1)
    })
  }

  function begin(event: FaultEvent, kind: keyof typeof begins, own: Random, durationMs: number): void {
    events.push(event)
    cluster.observe({ type: 'fault.began', fault: kind })
    const undo = begins[kind]({ cluster, random: own, scale })
    const end = (): void => {
      if (!open.delete(end)) return
      undo()
      cluster.observe({ type: 'fault.ended', fault: kind })
    }
    open.add(end)
    cluster.world.after(durationMs * scale, end)
  }

  return {
    enabled,
    events,
    start() {
      for (const kind of enabled) {
        const rarity = isAll ? rarityMin : randomOf(seed, `rarity ${kind}`).between(rarityMin, rarityMax)
        if (isPassing(kind)) schedule(kind, (meanIntervalMs * scale * rarity) / rate, 1)
      }
    },
    heal() {
      isHealed = true
      for (const end of [...open]) end()
    },
  }
}

/**
 * Guard and node process watch each other: with both of them standing still and the components not, only a hardware watchdog helps,
 * so that is no fault of these. All of a machine standing still is.
 */
function pauseOne(machine: Machine, which: 'guard' | 'node'): () => void {
  if (machine.isAnyPaused) return nothing
  const process = which === 'guard' ? machine.guard : machine.life?.process
  process?.pause()
  return () => process?.resume()
}

/** Half of the directions, on one link or on all. */
function onSomePaths(
  cluster: Cluster,
  random: Random,
  change: (path: PathFaults) => void,
  { link, undo = restore }: { link?: number; undo?: (path: PathFaults) => void } = {},
): () => void {
  const { paths, machines } = cluster
  const changed: (() => void)[] = []
  for (const { name: from } of machines) {
    for (const { name: to } of machines) {
      if (from === to || random.chance(0.5)) continue
      for (let index = 0; index < paths.linkCount; index++) {
        if (link !== undefined && index !== link) continue
        paths.change(from, to, index, change)
        changed.push(() => paths.change(from, to, index, undo))
      }
    }
  }
  return () => {
    for (const one of changed) one()
  }
}

function restore(path: PathFaults): void {
  path.lossRate = 0
  path.duplicateRate = 0
  path.delayMinMs = 0.05
  path.delayMaxMs = 0.25
}

/** Two sides that do not hear each other; `isCut` says so for one direction. */
function partition(cluster: Cluster, random: Random, isCut: (isFromFirst: boolean) => boolean): () => void {
  const { paths, machines } = cluster
  const first = new Set(machines.filter(() => random.chance(0.4)).map(({ name }) => name))
  const each = (by: 1 | -1): void => {
    for (const { name: from } of machines) {
      for (const { name: to } of machines) {
        if (first.has(from) === first.has(to) || !isCut(first.has(from))) continue
        for (let link = 0; link < paths.linkCount; link++)
          paths.change(from, to, link, (path) => void (path.cutCount += by))
      }
    }
  }
  each(1)
  return () => each(-1)
}
