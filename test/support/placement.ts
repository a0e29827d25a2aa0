/** Observed states in a line, for scenarios of the planner: `n1 primary ready 1`, `n2 offline stopped 0 failed`. */
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { ComponentStatus, NodeAvailability, Phase } from '../../machines/model/status.ts'
import { configuration } from './configuration.ts'

export interface Scenario {
  readonly configuration?: Configuration
  /** `n1: 'primary 1'`: what was decided, with the token's index. */
  readonly intended?: Readonly<Record<string, string>>
  /** `n1: 'primary ready 1'`, `'offline stopped 1 failed'`, or null: its node has not said. */
  readonly observed: Readonly<Record<string, string | null>>
  /** Nodes that are not alive. */
  readonly nodes?: Readonly<Record<string, NodeAvailability>>
  readonly locked?: readonly string[]
  readonly barred?: readonly string[]
  readonly request?: { readonly to: string | null }
}

export const idOf = (node: string): ComponentId => `${node}/service`

export function planInput(scenario: Scenario): PlanInput {
  const configured = scenario.configuration ?? configuration()
  const names = Object.keys(configured.nodes)
  const marks = (of: readonly string[] = []) => Object.fromEntries(of.map((node) => [idOf(node), true as const]))
  const intended = Object.entries(scenario.intended ?? {}).map(([node, text]) => {
    const [role, index] = text.split(' ')
    return [idOf(node), { role: role as Role, token: { epoch: 1, index: Number(index) } }]
  })
  return {
    configuration: configured,
    nodes: Object.fromEntries(names.map((name) => [name, scenario.nodes?.[name] ?? 'alive'])),
    statuses: Object.fromEntries(
      Object.entries(scenario.observed).flatMap(([node, text]) =>
        text === null ? [] : [[idOf(node), statusOf(node, text)]],
      ),
    ),
    intents: intended.length > 0 ? { service: { assignment: 'service', roles: Object.fromEntries(intended) } } : {},
    commanded: {},
    awaited: [],
    locked: marks(scenario.locked),
    barred: marks(scenario.barred),
    requests: scenario.request
      ? { service: { to: scenario.request.to === null ? null : idOf(scenario.request.to) } }
      : {},
  }
}

function statusOf(node: string, text: string): ComponentStatus {
  const [role, phase, index, failed] = text.split(' ')
  return {
    component: idOf(node),
    role: role as Role,
    phase: phase as Phase,
    incarnation: 1,
    token: index === '0' ? { epoch: 0, index: 0 } : { epoch: 1, index: Number(index) },
    failure: failed ? { code: 'process.exited', detail: 'signal SIGKILL' } : null,
    isActive: role === 'primary' || role === 'quiescing' || phase === 'stopping',
    endpoint: null,
  }
}
