/** What can be asked of the cluster for each kind of target, as the page offers it. The words are those of `rolecall`'s commands. */
import type { Target } from '../../../../machines/model/operation.ts'

export interface Offer {
  readonly name: string
  readonly body: object
  /** The same on the command line. */
  readonly command: string
  readonly isGrave: boolean
}

export function targetOf(written: string): Target | null {
  if (written === 'cluster') return { kind: 'cluster' }
  if (written.startsWith('node:')) return { kind: 'node', node: written.slice(5) }
  if (written.startsWith('assignment:')) return { kind: 'assignment', assignment: written.slice(11) }
  return written.includes('/') ? { kind: 'component', component: written as `${string}/${string}` } : null
}

interface About {
  readonly isLocked: boolean
  readonly isMaintained: boolean
  /** Nodes that could be primary instead. */
  readonly others: readonly string[]
}

export function offersOf(written: string, about: About): Offer[] {
  const target = targetOf(written)
  if (!target) return []
  const onTarget = (operation: string, name: string, isGrave: boolean): Offer => ({
    name,
    body: { operation, target },
    command: `rolecall ${operation} ${written}`,
    isGrave,
  })
  const maintenance: Offer = {
    name: about.isMaintained ? 'End maintenance' : 'Maintenance',
    body: { operation: 'maintenance', target, isOn: !about.isMaintained },
    command: `rolecall maintenance ${about.isMaintained ? 'off' : 'on'} ${written}`,
    isGrave: false,
  }
  return [
    ...(target.kind === 'assignment' ? switchovers(target.assignment, about.others) : []),
    about.isLocked
      ? onTarget('unlock', 'Unlock', false)
      : onTarget('lock', target.kind === 'node' ? 'Lock (standby)' : 'Lock', true),
    ...(about.isLocked ? [] : [onTarget('shutdown', 'Shut down', true)]),
    ...(target.kind === 'assignment' ? [] : [onTarget('restart', 'Restart', true)]),
    maintenance,
  ]
}

function switchovers(assignment: string, others: readonly string[]): Offer[] {
  return others.map((to) => ({
    name: `Switch over to ${to}`,
    body: { operation: 'switchover', assignment, to },
    command: `rolecall switchover ${assignment} --to ${to}`,
    isGrave: false,
  }))
}
