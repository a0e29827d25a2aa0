/** What-if in the address and on the wire: `fail:node:n1` there, `{ fail: ['node:n1'] }` here, as `rolecall plan --fail node:n1`. */
import type { PlanDocument } from '../../../../machines/logic/placement/rehearse.ts'
import type { AssignmentShown, NodeShown, PlaceShown } from './shown.ts'
import { byNumber } from './structure.ts'

type TargetKind = 'node' | 'component' | 'assignment'

/** Those the page offers, and to what they can happen. */
export const whatIfKinds: readonly {
  readonly what: string
  readonly text: string
  readonly of: readonly TargetKind[]
}[] = [
  { what: 'fail', text: 'fails', of: ['node', 'component'] },
  { what: 'end', text: 'is known to have ended', of: ['node'] },
  { what: 'return', text: 'returns', of: ['node'] },
  { what: 'lock', text: 'is locked', of: ['node', 'component', 'assignment'] },
  { what: 'unlock', text: 'is unlocked', of: ['node', 'component', 'assignment'] },
  { what: 'standby', text: 'is on standby', of: ['node'] },
  { what: 'restart', text: 'is restarted', of: ['node', 'component'] },
  { what: 'maintain', text: 'is in maintenance', of: ['node', 'component', 'assignment'] },
  { what: 'switchover', text: 'is switched over', of: ['assignment'] },
]

export function bodyOf(events: readonly string[]): Record<string, string[]> {
  const body: Record<string, string[]> = {}
  for (const event of events) {
    const colon = event.indexOf(':')
    const what = event.slice(0, colon)
    const target = event.slice(colon + 1)
    if (!whatIfKinds.some((kind) => kind.what === what) || target === '') continue
    const known = (body[what] ??= [])
    known.push(what === 'switchover' ? target.replace(/^assignment:/, '') : target)
  }
  return body
}

export function eventText(event: string): string {
  const colon = event.indexOf(':')
  const kind = whatIfKinds.find(({ what }) => what === event.slice(0, colon))
  return `${event.slice(colon + 1).replace(/^(node|assignment):/, '')} ${kind?.text ?? event.slice(0, colon)}`
}

export interface PlanRow {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly isChanged: boolean
  /** By node. */
  readonly cells: ReadonlyMap<string, { readonly before: string | null; readonly after: string | null }>
}

type Placed = PlanDocument['before']['assignments'][number]

/** Before and after of each assignment side by side, those that change first. */
export function planRows({ before, after }: Pick<PlanDocument, 'before' | 'after'>): PlanRow[] {
  const earlier = new Map(before.assignments.map((assignment) => [assignment.name, assignment]))
  const rows = after.assignments.map((assignment) => planRow(earlier.get(assignment.name), assignment))
  return rows.sort((a, b) => Number(b.isChanged) - Number(a.isChanged) || byNumber(a.name, b.name))
}

function planRow(before: Placed | undefined, after: Placed): PlanRow {
  const [was, is] = [rolesOf(before), rolesOf(after)]
  const nodes = new Set([...was.keys(), ...is.keys()])
  const cells = new Map(
    [...nodes].map((node) => [node, { before: was.get(node) ?? null, after: is.get(node) ?? null }]),
  )
  const isMoved = [...cells.values()].some((cell) => cell.before !== cell.after)
  const isChanged = isMoved || before?.health !== after.health
  return { name: after.name, before: before?.health ?? 'gone', after: after.health, isChanged, cells }
}

/** Of several places on one node the most important. */
const order = ['primary', 'quiescing', 'secondary', 'spare', 'offline', 'unknown']

function rolesOf(assignment: Placed | undefined): Map<string, string> {
  const roles = new Map<string, string>()
  for (const { node, role } of assignment?.places ?? []) {
    const known = roles.get(node)
    if (known === undefined || order.indexOf(role) < order.indexOf(known)) roles.set(node, role)
  }
  return roles
}

/** What can be named in the box: nodes, assignments and components, as targets. */
export function targetsOf(nodes: readonly NodeShown[], assignments: readonly AssignmentShown[]): string[] {
  const components = assignments.flatMap(({ places }) =>
    [...places.values()].flat().map((place: PlaceShown) => place.component),
  )
  return [
    ...nodes.map(({ name }) => `node:${name}`),
    ...assignments.map(({ name }) => `assignment:${name}`),
    ...[...new Set(components)].sort(byNumber),
  ]
}

export function kindOf(target: string): TargetKind | null {
  if (target.startsWith('node:')) return 'node'
  if (target.startsWith('assignment:')) return 'assignment'
  return target.includes('/') ? 'component' : null
}
