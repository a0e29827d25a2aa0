/**
 * Linearizability of the repository, while masters crash and are cut off. Each transaction and each read has a revision, so the order in
 * which they took effect is known, and it is enough to see that it agrees with the order in which callers saw them (Wing and Gong, 1993,
 * with the linearization given). `CCR_SEED=3` runs one seed alone.
 */
import { expect, test } from 'bun:test'
import { CcrCluster, type Recorded } from './ccrCluster.ts'

const seeds = process.env.CCR_SEED ? [Number(process.env.CCR_SEED)] : [1, 2, 3, 4, 5, 6, 7, 8]

for (const seed of seeds) {
  test(`seed ${seed}: operations take effect between their invocation and their return`, () => {
    const cluster = new CcrCluster({ seed, lossRate: 0.05, doubleRate: 0.05, delayMs: (random) => random() * 3 })
    cluster.settle()
    const { random } = cluster.world
    const pick = () => cluster.names[Math.floor(random() * cluster.names.length)]!
    for (let step = 0; step < 400; step += 1) {
      const node = pick()
      if (cluster.of(node).isUp) operate(cluster, node, step)
      disturb(cluster, pick())
      cluster.run(random() * 30)
    }
    cluster.isCut = () => false
    for (const name of cluster.names) if (!cluster.of(name).isUp) cluster.start(name)
    cluster.run(12_000)
    check(cluster.history)
    const done = cluster.history.filter(({ result }) => result?.ok)
    expect(done.length).toBeGreaterThan(100)
  })
}

function operate(cluster: CcrCluster, node: string, step: number): void {
  const { random } = cluster.world
  const ccr = cluster.ccr(node)
  const key = random() < 0.5 ? 'x' : 'y'
  if (random() < 0.5) return ccr.get(key, { consistency: 'linearizable' }, () => {})
  if (random() < 0.5) return ccr.set(key, step, () => {})
  ccr.get(key, { consistency: 'stale' }, (result) => {
    if (result.ok) ccr.compareAndSet({ key, index: result.entry?.index ?? 0, value: step }, () => {})
  })
}

function disturb(cluster: CcrCluster, name: string): void {
  const dice = cluster.world.random()
  const down = cluster.names.filter((each) => !cluster.of(each).isUp)
  if (dice < 0.02 && down.length === 0) {
    cluster.crash(name)
    if (cluster.world.random() < 0.5) cluster.tellGone(name)
  } else if (dice < 0.07 && down[0]) cluster.start(down[0])
  else if (dice < 0.1) cluster.isCut = (from, to) => from === name || to === name
  else if (dice < 0.2) cluster.isCut = () => false
}

function check(history: readonly Recorded[]): void {
  const isStale = ({ operation }: Recorded) => operation.kind !== 'transact' && operation.consistency === 'stale'
  const done = history.filter((each) => each.result?.ok && !isStale(each)) as (Recorded & { returnedMs: number })[]
  const revisionOf = (each: Recorded) => each.result!.revision!
  const written = new Map<number, unknown>()
  for (const each of done) {
    if (each.operation.kind !== 'transact') continue
    expect(written.has(revisionOf(each))).toBe(false)
    written.set(revisionOf(each), each.operation.changes[0])
  }
  for (const after of done) {
    const before = done.filter(({ returnedMs }) => returnedMs < after.invokedMs)
    const latest = before.reduce((highest, each) => Math.max(highest, revisionOf(each)), 0)
    if (after.operation.kind === 'transact') expect(revisionOf(after)).toBeGreaterThan(latest)
    else expect(revisionOf(after)).toBeGreaterThanOrEqual(latest)
    if (after.operation.kind !== 'get') continue
    const { key } = after.operation
    const { entry } = after.result as unknown as { entry: { value: unknown; index: number } | null }
    const writes = done.filter(
      (each) =>
        each.operation.kind === 'transact' &&
        each.operation.changes[0]!.key === key &&
        revisionOf(each) <= revisionOf(after),
    )
    const last = writes.reduce((highest, each) => Math.max(highest, revisionOf(each)), 0)
    // A write of which nobody knows the outcome may be later still.
    expect(entry?.index ?? 0).toBeGreaterThanOrEqual(last)
    if (entry && written.has(entry.index)) expect(written.get(entry.index)).toEqual({ key, value: entry.value })
  }
}
