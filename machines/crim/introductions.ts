/** Tells those that have their role of peers that changed (rendezvous, SPEC R4). */
import { type Candidate, candidatesOf, type PlanInput, peersOf, type Step } from '../logic/placement/index.ts'
import { type ComponentId, nodeOf } from '../model/ids.ts'
import type { Intent, Peer } from '../model/status.ts'
import type { CrimContext, CrimEffect } from './context.ts'

type Introduction = Extract<CrimEffect, { type: 'peers.command' }>

/** What was told of candidates that have nothing new for anybody: they are looked at once, not at each event. */
const known = new WeakMap<readonly Candidate[], readonly (readonly Peer[] | undefined)[]>()

/** Those with a step before them hear it with the command. */
export function introductionsOf(context: CrimContext, input: PlanInput, steps: readonly Step[]): Introduction[] {
  const stepping = new Set(steps.map(({ component }) => component))
  return Object.values(context.intents).flatMap((intent) => {
    const candidates = candidatesOf(input, intent.assignment)
    const components = Object.keys(intent.roles) as ComponentId[]
    const told = components.map((component) => context.introduced[component])
    const before = known.get(candidates)
    if (before && told.every((peers, index) => peers === before[index])) return []
    const introductions = introductionsIn(context, { input, intent, stepping })
    const isSettled = introductions.length === 0 && !components.some((component) => stepping.has(component))
    if (isSettled) known.set(candidates, told)
    return introductions
  })
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
