/** What masters command and are asked for, as checkers see it: taken from the steps of the CRIM and what the repository has at that moment. */
import type { CrimContext, CrimEffect, CrimEvent } from '../../machines/crim.ts'
import { compiled } from '../../machines/logic/placement/index.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, componentId, componentNameOf, hostOf, nodeOf } from '../../machines/model/ids.ts'
import type { Operation, Target } from '../../machines/model/operation.ts'
import { compareTokens } from '../../machines/model/token.ts'
import type { ObservedEvent } from './observation.ts'

interface CrimStep {
  readonly event: CrimEvent
  readonly effects: readonly CrimEffect[]
  /** As it is after the step. */
  readonly context: CrimContext
}

export function commandsSeen({ event, effects, context }: CrimStep): ObservedEvent[] {
  return [
    ...(event.type === 'operation.requested' ? outageOf(context, event.operation) : []),
    ...effects.flatMap((effect) =>
      effect.type === 'role.command' ? [...withdrawalOf(context, effect), ...promotionOf(context, effect)] : [],
    ),
  ]
}

function promotionOf({ intents }: CrimContext, { component, assignment, role }: Command): ObservedEvent[] {
  if (role !== 'primary') return []
  const decidedCount = (name: string): number =>
    Object.values(intents[name]?.roles ?? {}).filter((intended) => intended.role === 'primary').length
  return [{ type: 'primary.commanded', component, assignment, decidedCount }]
}

type Command = Extract<CrimEffect, { type: 'role.command' }>

function withdrawalOf({ statuses, intents, configuration }: CrimContext, command: Command): ObservedEvent[] {
  const { component, assignment, role: to } = command
  const status = statuses[component]
  const intended = intents[assignment]?.roles[component]
  // A dependent stops for what becomes of its sponsor.
  const relationships = Object.values(configuration.relationships ?? {})
  const isDependent = relationships.some((of) => of.kind === 'dependency' && of.dependent === assignment)
  if (!status || !intended || isDependent || configuration.groups !== undefined) return []
  const isInPlace = status.role === intended.role && compareTokens(status.token, intended.token) === 0
  const isWell = status.phase === 'ready' && status.failure === null
  if (!isInPlace || !isWell || to === status.role || isNeededUnwell({ statuses, configuration }, component)) return []
  return [{ type: 'role.withdrawn', component, assignment, from: status.role, to }]
}

function outageOf(context: CrimContext, operation: Operation): ObservedEvent[] {
  const target = outageTargetOf(operation)
  if (target === null) return []
  const covers = (component: string): boolean =>
    withNeeded(context.configuration, hostOf(component as ComponentId)).some((host) => isCovered(context, target, host))
  return [{ type: 'outage.asked', covers }]
}

/** What it cannot do without on its node has failed, and takes it along to begin anew. */
function isNeededUnwell({ statuses, configuration }: Pick<CrimContext, 'statuses' | 'configuration'>, id: ComponentId) {
  const [host, ...needed] = withNeeded(configuration, hostOf(id))
  return Object.values(statuses).some(
    ({ component, failure }) => failure !== null && hostOf(component) !== host && needed.includes(hostOf(component)),
  )
}

/** What it takes offline for a while; null: nothing. */
function outageTargetOf(operation: Operation): Target | null {
  if (operation.operation === 'selfTest') return { kind: 'component', component: operation.component }
  return operation.operation === 'restart' ? operation.target : null
}

/** A component, and those that it cannot do without on its node: its containers, its proxy, and what these need. */
function withNeeded(configuration: Configuration, host: ComponentId): ComponentId[] {
  const { components, componentIndexes, needsOf } = compiled(configuration)
  const index = componentIndexes.get(componentNameOf(host))
  const needed = (index === undefined ? [] : needsOf[index]!).map(({ sponsor }) =>
    componentId({ node: nodeOf(host), component: components[sponsor]!.name }),
  )
  return [host, ...needed.flatMap((sponsor) => withNeeded(configuration, sponsor))]
}

function isCovered({ configuration, intents }: CrimContext, target: Target, component: ComponentId): boolean {
  switch (target.kind) {
    case 'component':
      return hostOf(target.component) === hostOf(component)
    case 'node':
      return nodeOf(component) === target.node
    case 'cluster':
      return true
    default: {
      const members = target.kind === 'group' ? configuration.groups?.[target.group]?.members : [target.assignment]
      // What restarts is the process, with all the places in it.
      return (members ?? []).some((assignment) =>
        Object.keys(intents[assignment]?.roles ?? {}).some(
          (place) => hostOf(place as ComponentId) === hostOf(component),
        ),
      )
    }
  }
}
