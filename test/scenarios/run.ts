/** Runs a scenario file: the configuration made whole, its beginning, its history, its events; and what came of it as blocks of text. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { stringify } from 'yaml'
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import {
  forecast,
  freshInput,
  type PlanDocument,
  reconfigured,
  rehearse,
  settle,
} from '../../machines/logic/placement/rehearse.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { explain } from '../../src/configuration/explain.ts'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { ConfigurationError } from '../../src/configuration/problem.ts'
import { isRecord } from '../../src/configuration/size.ts'
import { ConfigurationSource } from '../../src/configuration/source.ts'
import { readObserved } from '../../src/plan/checkObserved.ts'
import { observedOf } from '../../src/plan/observed.ts'
import { parseSwitchover, parseTarget } from '../../src/plan/target.ts'
import { apply, applyAll, describe, type WhatIf, whatIfs } from '../../src/plan/whatIf.ts'
import { fileOf } from '../plan/support.ts'
import { placementText, shortagesText, stepsText } from './format.ts'
import { type Scenario, scenarioSchema } from './schema.ts'

/** The blocks of `expect`, as they came out. */
export type Outcome = Readonly<Record<keyof Scenario['expect'], string>>

/** Throws a `ConfigurationError` with the places of what is wrong with the file. */
export function readScenario(file: string): Scenario {
  const source = new ConfigurationSource(basename(file), readFileSync(file, 'utf8'))
  if (!source.isReadable) throw new ConfigurationError(source.problems)
  const { success, data, error } = scenarioSchema.safeParse(source.content)
  if (success && source.problems.length === 0) return data
  const findings = error?.issues.flatMap((issue) => explain(issue, { schema: scenarioSchema, source })) ?? []
  throw new ConfigurationError([...source.problems, ...findings.map((finding) => source.problem(finding))])
}

export function runScenario(scenario: Scenario): Outcome {
  return outcomeOf(planOf(scenario))
}

export function planOf(scenario: Scenario): PlanDocument {
  const before = beginningOf(scenario)
  const events = scenario.events.map(parseEvent)
  const after = applyAll(changed(before, scenario), events)
  return forecast({ before, after, events: events.map(describe) })
}

function beginningOf({ configuration, begin, history, observed }: Scenario): PlanInput {
  const fresh = freshInput(configurationOf(configuration))
  const start = begin === 'fresh' ? fresh : settle(fresh)
  const now = history.reduce((input, event) => rehearse(apply(input, parseEvent(event))).after, start)
  if (observed === undefined) return now
  const text = stringify(merged(observedOf(now), observed))
  return readObserved({ file: 'observed', text, configuration: now.configuration })
}

function changed(input: PlanInput, { configuration, change }: Scenario): PlanInput {
  return change === undefined ? input : reconfigured(input, configurationOf(merged(configuration, change)))
}

/** `fail node:n1`, `switchover ledger=n2` */
export function parseEvent(written: string): WhatIf {
  const [what = '', target = '', ...rest] = written.trim().split(/\s+/)
  if (rest.length > 0 || target === '') throw new Error(`expected an event and what it happens to, found '${written}'`)
  if (what === 'switchover') return parseSwitchover(target)
  const known = whatIfs.find((each) => each === what)
  if (!known) throw new Error(`expected one of switchover, ${whatIfs.join(', ')}, found '${what}'`)
  return { what: known, target: parseTarget(target) }
}

/** What says nothing of placement is filled in: the cluster's name, links, commands. Nodes may be a list of names. */
export function configurationOf(written: Readonly<Record<string, unknown>>): Configuration {
  const { nodes, types, ...rest } = written
  const named = Array.isArray(nodes) ? Object.fromEntries(nodes.map((name) => [name, {}])) : nodes
  const whole = {
    cluster: 'scenario',
    ...rest,
    nodes: eachOf(named, (node, index) => ({ links: [`10.0.0.${index + 1}:7101`], ...node })),
    types: eachOf(types, (type) => ({ command: ['/bin/program'], ...type })),
  }
  return loadConfiguration(fileOf(stringify(whole), 'configuration.yaml'), { isSecretNeeded: false })
}

/** What is no mapping is left as it is: the schema says what is wrong with it. */
function eachOf(section: unknown, fill: (each: Record<string, unknown>, index: number) => object): unknown {
  if (!isRecord(section)) return section
  const filled = Object.entries(section).map(([name, each], index) => [name, isRecord(each) ? fill(each, index) : each])
  return Object.fromEntries(filled)
}

/** The second over the first, mapping by mapping; null takes away. */
function merged<T extends object>(below: T, above: object): T {
  const all = { ...below } as Record<string, unknown>
  for (const [key, value] of Object.entries(above)) {
    const before = all[key]
    if (value === null) delete all[key]
    else all[key] = isRecord(value) && isRecord(before) ? merged(before, value) : value
  }
  return all as T
}

function outcomeOf(plan: PlanDocument): Outcome {
  return {
    before: placementText(plan.before),
    placement: placementText(plan.after),
    steps: stepsText(plan),
    missing: shortagesText(plan),
    waits: plan.waits.join('\n'),
  }
}
