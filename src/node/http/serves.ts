import { wantedComponents } from '../actors.ts'
import type { Parts } from '../parts.ts'

type Standing = Pick<Parts, 'configuration' | 'self' | 'statuses'> & {
  readonly sight: Pick<Parts['sight'], 'isNodeLeaseValid'>
}

/**
 * By what the components here last said, and for what must stop without the quorum by the lease, too: a node that was frozen knows
 * nothing yet when it wakes, but its lease has ended by then.
 */
export function serves(parts: Standing, assignment: string, role: 'primary' | 'secondary'): boolean | null {
  const { configuration, self, statuses, sight } = parts
  // Names come from outside: what objects have by themselves is none.
  if (!Object.hasOwn(configuration.assignments, assignment)) return null
  const configured = configuration.assignments[assignment]!
  const { exclusive } = configuration.types[configuration.components[configured.component]!.type]!
  const withoutQuorum = configured.withoutQuorum ?? (exclusive ? 'stop' : 'ignore')
  const goesOn = withoutQuorum === 'ignore' || withoutQuorum === 'freeze'
  if (!goesOn && !sight.isNodeLeaseValid()) return false
  return [...wantedComponents(configuration, self)].some(([component, of]) => {
    const status = of === assignment ? statuses.get(component) : undefined
    return status?.role === role && status.phase === 'ready'
  })
}
