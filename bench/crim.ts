/**
 * What a live CRIM costs: the machine itself, through the engine's step, with nodes that obey at once. `start`: from nothing to
 * everything in its role. `report`: one report of a component that changes nothing. `failure`: the process of a primary exits, and all that
 * follows, until everything is in its role again. Of each the time of its steps, and of the hash after each step.
 *
 *     bun bench/crim.ts [--json] [--sizes 1000x16,5000x32] [--repeat 9]
 *
 * Medians but for `start`. `share` is that of the hash in a step that changes nothing: a ratio of what was measured in one run.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { CrimContext, CrimEffect } from '../machines/crim.ts'
import { crim } from '../machines/crim.ts'
import { freshInput } from '../machines/logic/placement/rehearse.ts'
import { type ComponentId, nodeOf } from '../machines/model/ids.ts'
import { activeRoles } from '../machines/model/roles.ts'
import type { ComponentStatus } from '../machines/model/status.ts'
import { hashOf, initialStep, type Message, type StepResult, step } from '../src/engine/step.ts'
import { configurationOf } from './planTopology.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '100x5,1000x16,5000x32' },
    repeat: { type: 'string', default: '9' },
  },
})

interface Spent {
  stepMs: number
  hashMs: number
  count: number
}

class LiveCrim {
  #result: StepResult
  readonly #queue: Message[] = []
  #index = 0
  spent: Spent = { stepMs: 0, hashMs: 0, count: 0 }

  constructor(assignmentCount: number, nodeCount: number) {
    const configuration = configurationOf(assignmentCount, nodeCount)
    const nodes = Object.keys(configuration.nodes)
    this.#result = initialStep(crim, { self: nodes[0]!, incarnation: 1, configuration })
    for (const node of nodes.slice(1))
      this.#queue.push({ type: 'node.changed', node, availability: 'alive', incarnation: 1, how: 'heard' })
    this.#queue.push({ type: 'mastership.acquired', epoch: 1, entries: [] })
    const { statuses } = freshInput(configuration)
    const byNode = Map.groupBy(Object.values(statuses), ({ component }) => nodeOf(component))
    this.#survey = (node) => byNode.get(node) ?? []
    this.run()
  }

  readonly #survey: (node: string) => readonly ComponentStatus[]

  get context(): CrimContext {
    return this.#result.snapshot.context as CrimContext
  }

  report(status: ComponentStatus): void {
    this.#queue.push({
      type: 'status.reported',
      node: nodeOf(status.component),
      incarnation: 1,
      status,
      atMs: this.#index,
    } as unknown as Message)
    this.run()
  }

  run(): void {
    this.spent = { stepMs: 0, hashMs: 0, count: 0 }
    for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
      const beganMs = performance.now()
      this.#result = step(crim, this.#result.snapshot, event)
      const steppedMs = performance.now()
      hashOf(this.#result.snapshot)
      this.spent.stepMs += steppedMs - beganMs
      this.spent.hashMs += performance.now() - steppedMs
      this.spent.count += 1
      for (const effect of this.#result.effects) this.#perform(effect as unknown as CrimEffect)
    }
  }

  #perform(effect: CrimEffect): void {
    if (effect.type === 'survey.request')
      for (const node of effect.nodes)
        this.#queue.push({
          type: 'survey.answered',
          node,
          incarnation: 1,
          statuses: this.#survey(node),
        } as unknown as Message)
    if (effect.type === 'repository.propose') {
      this.#index += 1
      const entries = effect.changes.map((change) => ({ ...change, epoch: 1, index: this.#index }))
      this.#queue.push({ type: 'repository.applied', entries })
    }
    if (effect.type !== 'role.command') return
    const { component, role, token } = effect
    const before = this.context.statuses[component]!
    const isOut = role === 'offline'
    const status: ComponentStatus = {
      ...before,
      role,
      phase: isOut ? 'stopped' : 'ready',
      token,
      failure: null,
      isActive: activeRoles.includes(role),
    }
    this.#queue.push({
      type: 'status.reported',
      node: nodeOf(component),
      incarnation: 1,
      status,
      atMs: this.#index,
    } as unknown as Message)
  }
}

const median = (of: readonly number[]): number => [...of].sort((a, b) => a - b)[of.length >> 1]!

function measured(assignments: number, nodes: number) {
  const live = new LiveCrim(assignments, nodes)
  const start = live.spent
  const primaries = Object.values(live.context.statuses).filter(({ role }) => role === 'primary')
  const repeat = Number(values.repeat)
  const picked = Array.from({ length: repeat }, (_, index) => primaries[(index * 37) % primaries.length]!.component)
  const reports = picked.map((component) => {
    live.report({ ...live.context.statuses[component]! })
    return live.spent
  })
  const failures = picked.map((component: ComponentId) => {
    const status = live.context.statuses[component]!
    const failure = { code: 'process.exited', detail: 'exit code 1' }
    live.report({ ...status, role: 'offline', phase: 'stopped', isActive: false, failure })
    return live.spent
  })
  const of = (all: readonly Spent[], key: keyof Spent) => Number(median(all.map((spent) => spent[key])).toFixed(3))
  const [reportMs, reportHashMs] = [of(reports, 'stepMs'), of(reports, 'hashMs')]
  return {
    assignments,
    nodes,
    unservedCount: Object.values(live.context.reasons).filter((reason) => reason !== null).length,
    start: { stepCount: start.count, stepMs: Math.round(start.stepMs), hashMs: Math.round(start.hashMs) },
    report: { stepMs: reportMs, hashMs: reportHashMs },
    failure: { stepCount: of(failures, 'count'), stepMs: of(failures, 'stepMs'), hashMs: of(failures, 'hashMs') },
    share: Number((reportHashMs / (reportMs + reportHashMs)).toFixed(2)),
  }
}

const sizes = values.sizes.split(',').map((size) => size.split('x').map(Number) as [number, number])
const cases = sizes.map(([assignments, nodes]) => measured(assignments, nodes))
if (values.json) console.log(JSON.stringify({ load: loadavg()[0], cases }))
else for (const one of cases) console.log(JSON.stringify(one))
