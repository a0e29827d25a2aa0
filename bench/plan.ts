/**
 * How long the planner takes (DESIGN §8): the first plan for a cluster that has just been configured (`cold`, the compilation of the
 * configuration included), and the plan after one node ended, with the plan before it at hand (`node lost`). All redundancy models are
 * mixed, with capacity, wishes and relationships. `bun bench/plan.ts [--json] [--sizes 1000x16,10000x100] [--repeat 9]`; medians,
 * after a warm-up. `moves` counts the places that have another role than before.
 */
import { parseArgs } from 'node:util'
import { type PlanInput, plan, type Target } from '../machines/logic/placement/index.ts'
import type { AssignmentConfiguration, ComponentConfiguration, Configuration } from '../machines/model/configuration.ts'
import type { ComponentId } from '../machines/model/ids.ts'
import type { Relationship } from '../machines/model/relationships.ts'
import type { ComponentStatus, Intent } from '../machines/model/status.ts'
import { componentType, timing } from '../test/support/configuration.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '100x3,1000x16,10000x100,100000x1000' },
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

const types = {
  hot: componentType(),
  warm: componentType({ standby: 'warm' }),
  cold: componentType({ standby: 'cold' }),
  open: componentType({ exclusive: false }),
  pool: componentType({ serves: { primaryCountMax: 64, secondaryCountMax: 64, isMixed: true } }),
  standbys: componentType({ serves: { primaryCountMax: 64, secondaryCountMax: 256, isMixed: false } }),
}

/** Ten kinds of service, over and over: of ten assignments two are in pools (N-way), one shares standbys (N+M), the rest stand alone. */
function configurationOf(assignmentCount: number, nodeCount: number): Configuration {
  const nodes = Array.from({ length: nodeCount }, (_, index) => `n${String(index + 1).padStart(4, '0')}`)
  const some = (first: number, count: number) =>
    Array.from({ length: Math.min(count, nodeCount) }, (_, step) => nodes[(first + step) % nodeCount]!)
  const components: Record<string, ComponentConfiguration> = {}
  const assignments: Record<string, AssignmentConfiguration> = {}
  const relationships: Record<string, Relationship> = {}
  const weights = { primary: { memory: 4, cpu: 2 }, secondary: { memory: 2, cpu: 0 } }
  for (let index = 0; index < assignmentCount; index++) {
    const name = `a${String(index).padStart(6, '0')}`
    const at = (index * 7) % nodeCount
    const pool = `pool${Math.floor(index / 200)}`
    const alone = (type: string, nodesOf: readonly string[]) => {
      components[name] = { type, nodes: nodesOf, instances: {} }
      return name
    }
    const shared = (kind: string, type: string) => {
      const component = `${kind}${pool}`
      components[component] ??= { type, nodes: some(Math.floor(index / 200) * 4, 4), instances: {} }
      return component
    }
    const priority = index % 3
    switch (index % 10) {
      case 0:
      case 1:
        assignments[name] = { component: shared('way', 'pool'), redundancy: 'N-way', priority, weights }
        break
      case 2:
        assignments[name] = { component: shared('plus', 'standbys'), redundancy: 'N+M', priority }
        break
      case 3:
        assignments[name] = {
          component: alone('open', some(at, 4)),
          redundancy: 'load-sharing',
          priority,
          primaries: { required: 1, preferred: 3 },
          weights,
        }
        break
      case 4:
        assignments[name] = {
          component: alone('cold', some(at, 3)),
          redundancy: 'none',
          priority,
          wishes: { [nodes[(at + 1) % nodeCount]!]: 5 },
        }
        break
      case 5:
        assignments[name] = {
          component: alone('warm', some(at, 3)),
          redundancy: '2N',
          priority,
          weights,
          distribution: 'equal',
        }
        break
      case 6:
        assignments[name] = { component: alone('cold', some(at, 3)), redundancy: 'none', weights }
        relationships[`needs${name}`] = {
          kind: 'dependency',
          dependent: name,
          sponsor: `a${String(index - 1).padStart(6, '0')}`,
          instanceCountMin: 1,
          toleranceMs: 1000,
          mode: 'full',
        }
        break
      default:
        assignments[name] = { component: alone('hot', some(at, 3)), redundancy: '2N', priority, weights }
    }
  }
  const perNode = Math.ceil((assignmentCount / nodeCount) * 12)
  return {
    cluster: 'bench',
    secret: null,
    stateDirectory: '/nowhere',
    runtimeDirectory: '/nowhere',
    timing,
    guard: { realtime: true },
    watchdog: null,
    recorder: { segmentSizeBytes: 1 << 20, segmentCountMax: 4 },
    nodes: Object.fromEntries(
      nodes.map((name, rank) => [
        name,
        { links: [], rank, capacity: { memory: perNode, cpu: perNode }, containment: { shelf: `s${rank % 10}` } },
      ]),
    ),
    types,
    components,
    assignments,
    relationships,
  }
}

const nothing = { epoch: 0, index: 0 }
const token = { epoch: 1, index: 1 }
const isActive = { primary: true, quiescing: true, secondary: false, spare: false, offline: false } as const

/** Nothing runs yet: every place has said that it is stopped. */
function founded(configuration: Configuration): PlanInput {
  const nodes = Object.fromEntries(Object.keys(configuration.nodes).map((name) => [name, 'alive' as const]))
  const empty = {
    configuration,
    nodes,
    statuses: {},
    intents: {},
    commanded: {},
    locked: {},
    barred: {},
    awaited: [],
    requests: {},
  }
  const statuses: Record<ComponentId, ComponentStatus> = {}
  for (const { roles } of plan(empty).targets)
    for (const component of Object.keys(roles) as ComponentId[])
      statuses[component] = {
        component,
        role: 'offline',
        phase: 'stopped',
        incarnation: 1,
        token: nothing,
        failure: null,
        isActive: false,
        endpoint: null,
      }
  return { ...empty, statuses }
}

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
  const first = founded(configurationOf(assignments, nodes))
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

const sizes = values.sizes.split(',').map((size) => size.split('x').map(Number) as [number, number])
const cases: Case[] = []
for (const [assignments, nodes] of sizes) {
  const measured = measure(assignments, nodes)
  cases.push(measured)
  if (values.json) continue
  const { coldMs, nodeLostMs, moves } = measured
  console.log(
    `${assignments} assignments x ${nodes} nodes: cold ${coldMs} ms, one node lost ${nodeLostMs} ms (${moves} moves)`,
  )
}
if (values.json) console.log(JSON.stringify({ cases }))
else
  for (const { assignments, nodes, coldMs, nodeLostMs } of cases.filter(
    (each) => each.assignments === 10_000 && each.nodes === 100,
  ))
    console.log(
      `${assignments} x ${nodes}: ${(coldMs / target.coldMs).toFixed(2)} of the target cold, ${(nodeLostMs / target.nodeLostMs).toFixed(2)} with one node lost`,
    )
