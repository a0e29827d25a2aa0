/** Whatever is lost, delayed, cut off or killed: what was recorded is in every log in the end, once, effects behind their causes. */
import { expect, test } from 'bun:test'
import type { LogRecord } from '../../src/clusterLog/index.ts'
import { randomOf } from '../../src/simulate/random.ts'
import { temporaryFolder } from '../support/folders.ts'
import { LogCluster } from './logCluster.ts'

const { LOG_SEED: onlySeed } = process.env
const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: 12 }, (_, index) => index + 1)
const names = ['n1', 'n2', 'n3', 'n4']
const turnCount = 60

for (const seed of seeds) {
  test(`seed ${seed}: LOG_SEED=${seed} bun test test/clusterLog/random.test.ts`, async () => {
    const random = randomOf(seed, 'faults')
    const faulty = { fails: false }
    const cluster = new LogCluster({
      directory: temporaryFolder('log-random'),
      names,
      seed,
      lossShare: random.pick([0, 0.05, 0.3]),
      delayMaxMs: random.pick([5, 400]),
      node: (name) => ({
        wallOffsetUs: names.indexOf(name) * random.below(300_000),
        queueLengthMax: random.pick([8, 1000]),
        spoolFails: () => faulty.fails && random.chance(0.2),
      }),
    })
    for (let turn = 0; turn < turnCount; turn++) {
      await act(cluster, random, faulty)
      checkWatermarks(cluster)
    }
    cluster.lossShare = 0
    faulty.fails = false
    cluster.cut.clear()
    for (const name of names) if (!cluster.nodes.has(name)) cluster.start(name)
    await cluster.pass(60_000, 50)
    for (const [name, node] of cluster.nodes) {
      const records = await node.records()
      const ids = records.map(({ id }) => id)
      expect({ name, missing: [...cluster.expected.keys()].filter((id) => !ids.includes(id)) }).toEqual({
        name,
        missing: [],
      })
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.length).toBe(cluster.expected.size)
      expect(firstOutOfOrder(records, cluster)).toBeNull()
    }
    cluster.end()
  })
}

async function act(
  cluster: LogCluster,
  random: ReturnType<typeof randomOf>,
  faulty: { fails: boolean },
): Promise<void> {
  const name = random.pick(names)
  const draw = random.next()
  if (draw < 0.06 && cluster.nodes.has(name) && cluster.nodes.size > 2) cluster.kill(name)
  else if (draw < 0.16 && !cluster.nodes.has(name)) cluster.start(name)
  else if (draw < 0.2) cluster.cut.add(name)
  else if (draw < 0.26) cluster.cut.delete(random.pick([...cluster.cut, name]))
  else if (draw < 0.3) faulty.fails = !faulty.fails
  else if (draw < 0.33) cluster.master = name
  else {
    const count = random.pick([1, 3, 30])
    for (let index = 0; index < count; index++) {
      const other = random.pick(names)
      const from = other !== name && cluster.isUp(other) ? other : undefined
      cluster.record(name, { ...(from && { from }), isQuiet: random.chance(0.3) })
    }
  }
  await cluster.pass(random.pick([0, 10, 60, 700]))
}

/** Whoever says that all is there up to a time has all of it. */
function checkWatermarks(cluster: LogCluster): void {
  for (const [name, node] of cluster.nodes) {
    const { completeUs } = node.log
    if (completeUs === null) continue
    const up = new Set([name, ...names.filter((each) => cluster.isUp(each))])
    const here = node.idsInSpool()
    const missing = [...cluster.expected].filter(([id, of]) => up.has(of.node) && of.us <= completeUs && !here.has(id))
    expect({ name, missing }).toEqual({ name, missing: [] })
  }
}

function firstOutOfOrder(records: readonly LogRecord[], cluster: LogCluster): string | null {
  const places = new Map(records.map(({ id }, place) => [id, place]))
  const wrong = records.find(({ id }, place) => {
    const cause = cluster.expected.get(id)?.cause
    return cause !== null && cause !== undefined && (places.get(cause) ?? -1) >= place
  })
  return wrong?.id ?? null
}
