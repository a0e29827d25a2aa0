/** How operators write what an operation is for. Read with every command line: nothing of weight is imported. */
import type { AssignmentName, ComponentId, NodeName } from '../../machines/model/ids.ts'
import type { Target } from '../../machines/model/operation.ts'

export const targetForms = 'n1/ledger, node:n1, assignment:ledger, group:web or cluster'

/** What has no kind before it is a component. Throws a sentence for a kind that is none. */
export function parseTarget(written: string): Target {
  if (written === 'cluster') return { kind: 'cluster' }
  const [, kind, name] = /^([^:]*):(.*)$/.exec(written) ?? [null, 'component', written]
  if (!name) throw new Error(`expected ${targetForms}, found '${written}'`)
  switch (kind) {
    case 'component':
      return { kind, component: name as ComponentId }
    case 'node':
      return { kind, node: name }
    case 'assignment':
      return { kind, assignment: name }
    case 'group':
      return { kind, group: name }
    default:
      throw new Error(`expected ${targetForms}, found '${written}'`)
  }
}

export interface AskedSwitchover {
  readonly what: 'switchover'
  readonly assignment: AssignmentName
  readonly to: NodeName | null
}

/** `ledger`, or `ledger=n2`. Throws a sentence for what is neither. */
export function parseSwitchover(written: string): AskedSwitchover {
  const [assignment = '', ...to] = written.split('=')
  if (assignment === '' || to.length > 1 || to[0] === '')
    throw new Error(`expected ASSIGNMENT or ASSIGNMENT=NODE, found '${written}'`)
  return { what: 'switchover', assignment, to: to[0] ?? null }
}

export function formatTarget(target: Target): string {
  switch (target.kind) {
    case 'component':
      return target.component
    case 'node':
      return target.node
    case 'assignment':
      return target.assignment
    case 'group':
      return `group ${target.group}`
    case 'cluster':
      return 'the cluster'
  }
}
