/** The answer to "how is it?", in the order in which an operator asks: master, quorum, nodes, roles, failures, what to type. */
import type { AssignmentView, ClusterView, ComponentView } from '../../../machines/model/view.ts'
import { renderNodes } from './members.ts'
import { severity } from './problems.ts'
import { plain, type Style } from './style.ts'
import { table } from './table.ts'

export function renderStatus(view: ClusterView, style: Style): string[] {
  return [
    ...heading(view, style),
    '',
    ...renderNodes(view, style),
    ...(view.assignments.length === 0 ? [] : ['', ...assignments(view, style)]),
    ...(view.components.length === 0 ? [] : ['', ...components(view, style)]),
    '',
    ...failures(view, style),
  ]
}

function heading(view: ClusterView, style: Style): string[] {
  const { cluster, node, epoch, master, vice, quorum } = view
  const { isQuorate, aliveVoterCount, voterCount, neededCount } = quorum
  const counts = `${aliveVoterCount} of ${voterCount} voters alive, ${neededCount} needed`
  return [
    `Master    ${master === null ? style.bad('none') : style.bold(master)}${vice === null ? '' : `, vice ${vice}`}`,
    `Quorum    ${isQuorate ? style.good('yes') : style.bad('no')}: ${counts}`,
    `Cluster   ${cluster}, epoch ${epoch}, seen by ${node}${view.isMaintained ? style.warning(', in maintenance') : ''}`,
  ]
}

function assignments(view: ClusterView, style: Style): string[] {
  return table({
    header: ['ASSIGNMENT', 'REDUNDANCY', 'HEALTH', 'PRIMARY', 'SECONDARY', 'SPARE', 'ENDPOINT'],
    rows: view.assignments.map((assignment) => [
      assignment.name,
      assignment.redundancy,
      health(assignment, style),
      listed(assignment.primaries ?? (assignment.primary === null ? [] : [assignment.primary])),
      listed(assignment.secondaries),
      listed(assignment.spares),
      plain(assignment.endpoint ?? '-'),
    ]),
  })
}

function health({ health, state }: AssignmentView, style: Style): string {
  if (state !== undefined) return style.warning(`${health}, ${state}`)
  if (health === 'served') return style.good(health)
  return health === 'degraded' ? style.warning(health) : style.bad(health)
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? '-' : names.join(', ')
}

/** What a component is (health, role) and what it should be (intent) are columns of their own. */
function components(view: ClusterView, style: Style): string[] {
  return table({
    header: ['COMPONENT', 'ASSIGNMENT', 'HEALTH', 'ROLE', 'INTENT', 'LIFE', 'NOTE'],
    rows: view.components.map((component) => [
      component.component,
      component.assignment ?? '-',
      componentHealth(component, style),
      component.role,
      component.intendedRole,
      String(component.incarnation),
      note(component),
    ]),
  })
}

function componentHealth({ phase, failure }: ComponentView, style: Style): string {
  if (phase === 'stopFailed') return style.bad(phase)
  if (failure !== null) return style.warning('failed')
  if (phase === 'ready') return style.good(phase)
  return phase === 'stopped' ? phase : style.warning(phase)
}

function note({ isLocked, isBarred, isMaintained, failure }: ComponentView): string {
  const words = [
    isLocked ? 'locked' : '',
    isBarred ? 'barred' : '',
    isMaintained ? 'maintenance' : '',
    failure === null ? '' : plain(`${failure.code}: ${failure.detail}`),
  ]
  return words.filter((word) => word !== '').join(', ')
}

function failures({ problems }: ClusterView, style: Style): string[] {
  if (problems.length === 0) return [`Problems  ${style.good('none')}`]
  const next = problems.find((problem) => problem.next !== null)?.next
  return [
    `Problems  ${problems.length}`,
    ...problems.map((problem) => `${severity(problem, style)}  ${style.bold(problem.subject)}: ${plain(problem.text)}`),
    ...(next ? ['', `Next      ${style.bold(next)}`] : []),
  ]
}
