/** What faults are made of: each does one thing to one machine or between some, and returns what ends it. */
import type { Cluster } from './cluster.ts'
import type { Machine } from './machine/machine.ts'
import type { Random } from './random.ts'
import { type PathFaults, plain } from './world/paths.ts'

/** At a heartbeat of 20 ms: a lease lasts 130. */
const restartMinMs = 2
const restartMaxMs = 200

export const nothing = (): void => {}

/** A machine, or only its node process, is gone and comes back at once. */
export function restart(
  { world }: Cluster,
  random: Random,
  { machine, scale }: { machine: Machine; scale: number },
): () => void {
  if (!machine.isOn || machine.isAnyPaused) return nothing
  if (random.chance(0.4)) {
    machine.killNode()
    return nothing
  }
  machine.cutPower()
  const boot = once(() => machine.boot())
  world.after(restartMinMs * (restartMaxMs / restartMinMs) ** random.next() * scale, boot)
  return boot
}

export function others({ machines }: Cluster, machine: Machine): readonly Machine[] {
  return machines.filter((other) => other !== machine)
}

/** One machine and `peers` (itself aside) do not hear each other. `out`: it is not heard, `in`: it does not hear. */
export function isolate(
  cluster: Cluster,
  one: Machine,
  { from, peers }: { from: 'both' | 'in' | 'out'; peers: readonly Machine[] },
): () => void {
  const { paths } = cluster
  const each = (by: 1 | -1): void => {
    for (const { name } of peers) {
      if (name === one.name) continue
      for (let link = 0; link < paths.linkCount; link++) {
        if (from !== 'in') paths.change(one.name, name, link, (path) => void (path.cutCount += by))
        if (from !== 'out') paths.change(name, one.name, link, (path) => void (path.cutCount += by))
      }
    }
  }
  each(1)
  return once(() => each(-1))
}

/** From one to another, on every link. In the order in which it was sent, or nearly so. */
export function slow({ paths }: Cluster, [from, to]: readonly [Machine, Machine], delayMs: number): () => void {
  const each = (change: (path: PathFaults) => void): void => {
    for (let link = 0; link < paths.linkCount; link++) paths.change(from.name, to.name, link, change)
  }
  each((path) => Object.assign(path, { delayMinMs: delayMs, delayMaxMs: delayMs * 1.02 }))
  const { delayMinMs, delayMaxMs } = plain()
  return () => each((path) => Object.assign(path, { delayMinMs, delayMaxMs }))
}

export function all(undos: readonly (() => void)[]): () => void {
  return () => {
    for (const undo of undos) undo()
  }
}

export function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}
