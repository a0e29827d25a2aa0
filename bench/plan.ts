/**
 * How long the planner takes (DESIGN §8): the first plan for a cluster that has just been configured (`cold`, the compilation of the
 * configuration included), and the plan after one node ended, with the plan before it at hand (`node lost`). All redundancy models are
 * mixed, with capacity, wishes and relationships. `bun bench/plan.ts [--json] [--sizes 1000x16,10000x100] [--repeat 9]`; medians,
 * after a warm-up. `moves` counts the places that have another role than before.
 *
 * `--peer` plans the same with Pacemaker's scheduler (`peers/pacemaker.ts`), at 100, 1 000 and 5 000 assignments on 3, 16 and 32 nodes
 * unless `--sizes` says others; a ratio above 1: rolecall is so many times faster.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { type PlanInput, plan, type Target } from '../machines/logic/placement/index.ts'
import { freshInput } from '../machines/logic/placement/rehearse.ts'
import type { ComponentId } from '../machines/model/ids.ts'
import type { ComponentStatus, Intent } from '../machines/model/status.ts'
import { timePacemaker } from './peers/pacemaker.ts'
import { configurationOf } from './planTopology.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    peer: { type: 'boolean', default: false },
    sizes: { type: 'string' },
    limit: { type: 'string', default: '120' },
    repeat: { type: 'string', default: '9' },
  },
})
const repeatCount = Number(values.repeat)
/** Of 10 000 assignments on 100 nodes (DESIGN §8). */
const target = { coldMs: 50, nodeLostMs: 5 }

interface Case {
  readonly assignments: number
  readonly nodes: number
  readonly coldMs: number
  readonly nodeLostMs: number
  readonly moves: number
}

const token = { epoch: 1, index: 1 }
const isActive = { primary: true, quiescing: true, secondary: false, spare: false, offline: false } as const

/** Everything is as the targets have it. */
function settled(input: PlanInput, targets: readonly Target[]): PlanInput {
  const intents: Record<string, Intent> = {}
  const statuses: Record<ComponentId, ComponentStatus> = {}
  for (const { assignment, roles } of targets) {
    const entries = Object.entries(roles) as [ComponentId, Target['roles'][ComponentId]][]
    intents[assignment] = { assignment, roles: Object.fromEntries(entries.map(([id, role]) => [id, { role, token }])) }
    for (const [component, role] of entries)
      statuses[component] = {
        ...input.statuses[component]!,
        role,
        phase: role === 'offline' ? 'stopped' : 'ready',
        token,
        isActive: isActive[role],
      }
  }
  return { ...input, intents, statuses }
}

function movesBetween(before: readonly Target[], after: readonly Target[]): number {
  let moves = 0
  for (let index = 0; index < before.length; index++) {
    const [then, now] = [before[index]!.roles, after[index]!.roles]
    if (then !== now) for (const id of Object.keys(then) as ComponentId[]) if (then[id] !== now[id]) moves++
  }
  return moves
}

function median(times: number[]): number {
  const sorted = times.sort((a, b) => a - b)
  return Number(sorted[Math.floor(sorted.length / 2)]!.toFixed(2))
}

/** A process that has planned for a while is what counts: of the large ones fewer do. */
const warmUpCount = (assignments: number) => (assignments > 20_000 ? 3 : 20)

/** The configuration is another object each time, so that nothing is kept of it. */
function measure(assignments: number, nodes: number): Case {
  const first = freshInput(configurationOf(assignments, nodes))
  const coldTimes: number[] = []
  const lostTimes: number[] = []
  let moves = 0
  for (let turn = -warmUpCount(assignments); turn < repeatCount; turn++) {
    const input = { ...first, configuration: { ...first.configuration } }
    Bun.gc(true)
    const coldFrom = performance.now()
    const cold = plan(input)
    const coldMs = performance.now() - coldFrom
    const running = settled(input, cold.targets)
    const before = plan(running)
    const lost = Object.keys(running.nodes)[Math.floor(nodes / 2)]!
    const after = { ...running, nodes: { ...running.nodes, [lost]: 'ended' as const } }
    Bun.gc(true)
    const lostFrom = performance.now()
    const planned = plan(after, before)
    const lostMs = performance.now() - lostFrom
    moves = movesBetween(before.targets, planned.targets)
    if (turn < 0) continue
    coldTimes.push(coldMs)
    lostTimes.push(lostMs)
  }
  return { assignments, nodes, coldMs: median(coldTimes), nodeLostMs: median(lostTimes), moves }
}

const ownSizes = '100x3,1000x16,10000x100,100000x1000'
const peerSizes = [100, 1000, 5000].flatMap((count) => [3, 16, 32].map((nodes) => `${count}x${nodes}`)).join(',')

const sizes = (values.sizes ?? (values.peer ? peerSizes : ownSizes)).split(',').map((size) => {
  const [assignments, nodes] = size.split('x').map(Number)
  return { assignments: assignments!, nodes: nodes! }
})
const cases: (Case & { peer?: Compared })[] = []

interface Compared {
  /** Of Pacemaker; null: not within the limit. */
  readonly coldMs: number | null
  readonly nodeLostMs: number | null
  readonly coldRatio: number | null
  readonly nodeLostRatio: number | null
}

function compared({ assignments, nodes, coldMs, nodeLostMs }: Case): { peer?: Compared } {
  const configuration = configurationOf(assignments, nodes)
  const { targets } = plan(freshInput(configuration))
  const times = timePacemaker({ configuration, targets, limitSeconds: Number(values.limit) })
  if (times === null) return {}
  const ratio = (theirs: number | null, ours: number) => (theirs === null ? null : Number((theirs / ours).toFixed(1)))
  const round = (ms: number | null) => (ms === null ? null : Math.round(ms))
  return {
    peer: {
      coldMs: round(times.coldMs),
      nodeLostMs: round(times.nodeLostMs),
      coldRatio: ratio(times.coldMs, coldMs),
      nodeLostRatio: ratio(times.nodeLostMs, nodeLostMs),
    },
  }
}

function told({ assignments, nodes, coldMs, nodeLostMs, moves, peer }: (typeof cases)[number]): string {
  const own = `${assignments} assignments x ${nodes} nodes: cold ${coldMs} ms, one node lost ${nodeLostMs} ms (${moves} moves)`
  if (!values.peer) return own
  if (!peer) return `${own}; crm_simulate is not installed`
  const theirs = (ms: number | null, by: number | null) =>
    ms === null ? `more than ${values.limit} s` : `${ms} ms (${by}x)`
  return `${own}; pacemaker ${theirs(peer.coldMs, peer.coldRatio)}, ${theirs(peer.nodeLostMs, peer.nodeLostRatio)}`
}

for (const { assignments, nodes } of sizes) {
  const measured = measure(assignments, nodes)
  const one = values.peer ? { ...measured, ...compared(measured) } : measured
  cases.push(one)
  if (!values.json) console.log(told(one))
}
const loadAverage = loadavg()[0]!
if (values.json) console.log(JSON.stringify({ loadAverage, cases }))
else {
  const named = cases.find(({ assignments, nodes }) => assignments === 10_000 && nodes === 100)
  if (named) {
    const { coldMs, nodeLostMs } = named
    const parts = [coldMs / target.coldMs, nodeLostMs / target.nodeLostMs].map((part) => part.toFixed(2))
    console.log(`10000 x 100: ${parts[0]} of the target cold, ${parts[1]} with one node lost`)
  }
  console.log(`load average at the end ${loadAverage.toFixed(1)}`)
}
