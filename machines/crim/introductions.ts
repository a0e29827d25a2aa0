/** Tells those that have their role of peers that changed (rendezvous, SPEC R4). */
import { type Candidate, candidatesOf, type PlanInput, peersOf, type Step } from '../logic/placement/index.ts'
import { type ComponentId, nodeOf } from '../model/ids.ts'
import type { Intent, Peer } from '../model/status.ts'
import type { CrimContext, CrimEffect } from './context.ts'
import { isAlike } from './unchanged.ts'

type Introduction = Extract<CrimEffect, { type: 'peers.command' }>

interface Known {
  readonly introduced: CrimContext['introduced']
  readonly told: readonly (readonly Peer[] | undefined)[]
  /** Which of them had a step before them; null: none had. */
  readonly stepping: readonly boolean[] | null
}

/** What was told of candidates that have nothing new for anybody: they are looked at once, not at each event. */
const known = new WeakMap<readonly Candidate[], Known>()

/** Those with a step before them hear it with the command. */
export function introductionsOf(context: CrimContext, input: PlanInput, steps: readonly Step[]): Introduction[] {
  const stepping = new Set(steps.map(({ component }) => component))
  const { introduced } = context
  const introductions: Introduction[] = []
  for (const intent of Object.values(context.intents)) {
    const candidates = candidatesOf(input, intent.assignment)
    const before = known.get(candidates)
    if (before?.introduced === introduced && before.stepping === null) continue
    const components = Object.keys(intent.roles) as ComponentId[]
    const told = components.map((component) => introduced[component])
    const steppingHere = components.map((component) => stepping.has(component))
    const isSame = before !== undefined && isAlike(before.told, told)
    const isSettled = isSame && (before.stepping === null || isAlike(before.stepping, steppingHere))
    const found = isSettled ? [] : introductionsIn(context, { input, intent, stepping })
    if (found.length === 0)
      known.set(candidates, { introduced, told, stepping: steppingHere.includes(true) ? steppingHere : null })
    introductions.push(...found)
  }
  return introductions
}

function introductionsIn(
  context: CrimContext,
  { input, intent, stepping }: { input: PlanInput; intent: Intent; stepping: ReadonlySet<ComponentId> },
): Introduction[] {
  const { assignment, roles } = intent
  return (Object.keys(roles) as ComponentId[])
    .filter((component) => !stepping.has(component) && isIntroducible(context, roles[component]!, component))
    .flatMap((component): Introduction[] => {
      const peers = peersOf(input, assignment, component)
      const told = context.introduced[component] ?? null
      if (peers === told || JSON.stringify(peers) === JSON.stringify(told)) return []
      const { token } = roles[component]!
      return [{ type: 'peers.command', component, assignment, token, peers, epoch: context.epoch }]
    })
}

function isIntroducible(context: CrimContext, intended: { role: string }, component: ComponentId): boolean {
  const status = context.statuses[component]
  const node = context.nodes[nodeOf(component)]
  return (
    node?.availability === 'alive' &&
    status?.role === intended.role &&
    (status.role === 'primary' || status.role === 'secondary')
  )
}
