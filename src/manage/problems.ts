/** What is wrong with a cluster, from what is seen of it: pure, so that every node and every test judges alike. */
import { hostOf } from '../../machines/model/ids.ts'
import { upAvailabilities } from '../../machines/model/status.ts'
import type { AssignmentView, ClusterView, ComponentView, NodeView, Problem } from '../../machines/model/view.ts'
import type { LogProblem } from '../clusterLog/index.ts'
import type { GuardProblem } from '../guard/protocol.ts'

/** Stable: alarms and scripts go by them. docs/operations.md says what each means and what to do. */
export const problemCodes = [
  'cluster.forming',
  'node.joining',
  'node.foreign',
  'node.protocol',
  'quorum.lost',
  'master.unknown',
  'node.unknown',
  'node.suspect',
  'node.unreachable',
  'node.isolated',
  'node.ended',
  'node.leaving',
  'node.left',
  'node.standby',
  'node.held',
  'maintenance.on',
  'arbiter.silent',
  'link.down',
  'assignment.unserved',
  'assignment.degraded',
  'assignment.locked',
  'component.stopFailed',
  'component.barred',
  'component.locked',
  'component.failed',
  'node.hung',
  'guard.unprivileged',
  'watchdog.unusable',
  'failover.barred',
  'fence.failed',
  'log.unwritten',
  'log.unarchived',
  'log.lost',
  'secret.default',
  'configuration.differs',
  'timing.unsettled',
  'http.unserved',
] as const

interface Found extends Problem {
  readonly code: (typeof problemCodes)[number]
}

export type ViewWithoutProblems = Omit<ClusterView, 'problems'>

/** What a node knows and the view doesn't show. */
export interface NodeFacts {
  /** No secret is configured: the key that seals datagrams comes from the cluster's name. */
  readonly isSecretDefault: boolean
  /** Keys at which this node's file differs from the repository. */
  readonly differingKeys?: readonly string[]
  /** Heard, while their node process makes no progress. */
  readonly hungNodes: readonly string[]
  /** What the guard of the node that answers lacks. */
  readonly guardProblems: readonly GuardProblem[]
  /** Why two nodes do not fail over by themselves (machines/logic/fencing.ts). */
  readonly failoverBar?: string | null
  /** Nodes that could not be fenced, and why. */
  readonly failedFences?: readonly { readonly node: string; readonly detail: string }[]
  /** Voters without which the cluster cannot be founded. */
  readonly missingFounders?: readonly string[]
  /** The disk of the node that answers is empty, and the cluster is not: the master has to admit it. */
  readonly isWaitingForAdmission?: boolean
  /** Nodes that have not applied a change of the timings of leases. */
  readonly timingWaitsFor?: readonly string[]
  /** Nodes that belong to another cluster, with its id. */
  readonly foreigners?: readonly (readonly [node: string, cluster: string])[]
  /** Of the cluster log, as far as the node that answers knows. */
  readonly logProblems?: readonly LogProblem[]
  /** Nodes of releases that share no protocol with this one. */
  /** Why the HTTP interface of the node that answers is not served. */
  readonly httpProblem?: string | null
  readonly refusedProtocols?: readonly { readonly node: string; readonly theirs: string; readonly ours: string }[]
}

const noFacts: NodeFacts = { isSecretDefault: false, hungNodes: [], guardProblems: [] }

/** Worst first; among equals in the order of causes: quorum, nodes, links, assignments, components. */
export function problemsOf(view: ViewWithoutProblems, facts: NodeFacts = noFacts): Problem[] {
  const found = [
    ...foundingProblems(view, facts),
    ...(facts.refusedProtocols ?? []).map(protocolProblem),
    ...(facts.missingFounders?.length ? [] : quorumProblems(view)),
    ...arbiterProblems(view),
    ...(view.isMaintained ? [maintenanceProblem(view.cluster, 'cluster')] : []),
    ...view.nodes.flatMap(nodeProblems),
    ...view.nodes.flatMap(stateProblems),
    ...view.nodes.flatMap(linkProblems),
    ...facts.hungNodes.map(hungProblem),
    ...view.assignments.flatMap((assignment) => assignmentProblems(assignment, view)),
    ...hostsOf(view.components).flatMap(hostProblems),
    ...facts.guardProblems.map((problem) => guardProblem(problem, view)),
    ...(facts.failedFences ?? []).map(fenceProblem),
    ...(facts.failoverBar ? [failoverProblem(view, facts.failoverBar)] : []),
    ...(facts.logProblems ?? []).map(logProblem),
    ...(facts.isSecretDefault ? [secretProblem(view)] : []),
    ...differenceProblems(view, facts.differingKeys ?? []),
    ...timingProblems(view, facts.timingWaitsFor ?? []),
    ...(facts.httpProblem ? [httpProblem(view, facts.httpProblem)] : []),
  ]
  return [
    ...found.filter(({ severity }) => severity === 'critical'),
    ...found.filter(({ severity }) => severity === 'warning'),
  ]
}

const watch = 'rolecall status --watch'

function foundingProblems(
  { cluster, node, arbiter }: ViewWithoutProblems,
  { missingFounders = [], isWaitingForAdmission = false, foreigners = [] }: NodeFacts,
): Found[] {
  const found: Found[] = foreigners.map(([name, other]) => {
    const text = `belongs to another cluster (${other}): nothing it says is heeded; its state directory is that of another cluster`
    return { severity: 'critical', code: 'node.foreign', subject: name, text, next: null }
  })
  if (missingFounders.length > 0) {
    const text = `a new cluster is founded when every voter is there: ${missingFounders.join(', ')} not heard yet`
    const [first] = missingFounders
    const next = first === arbiter?.name ? arbiterCommand : startCommand(first!)
    found.push({ severity: 'critical', code: 'cluster.forming', subject: cluster, text, next })
  } else if (isWaitingForAdmission) {
    const text = 'its disk is empty and the cluster is not: it waits for the master to admit it'
    found.push({ severity: 'critical', code: 'node.joining', subject: node, text, next: watch })
  }
  return found
}

function protocolProblem({ node, theirs, ours }: { node: string; theirs: string; ours: string }): Found {
  const text = `speaks protocol ${theirs}, this node ${ours}: nothing it says is heeded; install a release that has one in common with both`
  return { severity: 'critical', code: 'node.protocol', subject: node, text, next: 'rolecall version' }
}

function arbiterProblems({ arbiter }: ViewWithoutProblems): Found[] {
  if (arbiter === null || arbiter.isAlive) return []
  const text = 'the arbiter is not heard: the loss of one more voter stops the cluster'
  return [{ severity: 'warning', code: 'arbiter.silent', subject: arbiter.name, text, next: arbiterCommand }]
}

function quorumProblems({ quorum, cluster, master, nodes }: ViewWithoutProblems): Found[] {
  const { isQuorate, aliveVoterCount, voterCount, neededCount } = quorum
  if (!isQuorate && aliveVoterCount < neededCount) {
    const gone = nodes.find(({ availability }) => !upAvailabilities.includes(availability))
    const text = `${aliveVoterCount} of ${voterCount} voters are alive and ${neededCount} are needed: nothing can be decided, and nodes without the quorum stop their exclusive primaries`
    return [
      {
        severity: 'critical',
        code: 'quorum.lost',
        subject: cluster,
        text,
        next: gone ? startCommand(gone.name) : null,
      },
    ]
  }
  if (isQuorate && master !== null) return []
  const text = 'enough voters are alive, but none is master yet: an election is under way'
  return [{ severity: 'critical', code: 'master.unknown', subject: cluster, text, next: watch }]
}

type Availability = NodeView['availability']

const nodeTexts: Readonly<Record<Exclude<Availability, 'alive'>, { severity: Problem['severity']; text: string }>> = {
  unknown: { severity: 'warning', text: 'not heard since this node started' },
  suspect: { severity: 'warning', text: 'silent on every link; not confirmed yet' },
  unreachable: {
    severity: 'critical',
    text: 'silent, and may still act: its exclusive assignments wait until it must have stopped them',
  },
  isolated: { severity: 'warning', text: 'silent for so long that it has stopped its exclusive primaries by itself' },
  ended: { severity: 'warning', text: 'its processes are known to have ended' },
  leaving: { severity: 'warning', text: 'hands over its roles and leaves' },
  left: { severity: 'warning', text: 'left in order; its components are stopped' },
}

function nodeProblems({ name, availability }: NodeView): Found[] {
  if (availability === 'alive') return []
  const next = upAvailabilities.includes(availability) ? watch : startCommand(name)
  return [{ ...nodeTexts[availability], code: `node.${availability}`, subject: name, next }]
}

const stateTexts: Readonly<Record<'standby' | 'held', string>> = {
  standby: 'on standby: it hosts nothing until it is unlocked',
  held: 'held: it keeps what it has, and is given nothing more until it is unlocked',
}

function stateProblems({ name, state }: NodeView): Found[] {
  if (state === undefined) return []
  if (state === 'maintenance') return [maintenanceProblem(name, `node:${name}`)]
  const next = `rolecall unlock node:${name}`
  return [{ severity: 'warning', code: `node.${state}`, subject: name, text: stateTexts[state], next }]
}

function maintenanceProblem(subject: string, target: string): Found {
  const text = 'in maintenance: nothing there is touched, and no failure is answered, until it is over'
  return { severity: 'warning', code: 'maintenance.on', subject, text, next: `rolecall maintenance off ${target}` }
}

/** To be typed on its machine. */
const arbiterCommand = 'rolecall arbiter'

/** To be typed on that node. */
function startCommand(node: string): string {
  return `rolecall node --name ${node}`
}

/** A node that is not up has no links to speak of: that is told once. */
function linkProblems({ name, availability, links }: NodeView): Found[] {
  if (availability !== 'alive' && availability !== 'leaving') return []
  return links
    .filter(({ isUp }) => !isUp)
    .map(({ address }) => {
      const text = `nothing is heard from ${address}; the other links carry the traffic`
      return { severity: 'warning', code: 'link.down', subject: name, text, next: null }
    })
}

function assignmentProblems(assignment: AssignmentView, view: ViewWithoutProblems): Found[] {
  const { name, health, reason, state } = assignment
  if (state === 'locked') {
    const next = `rolecall unlock assignment:${name}`
    const text = 'locked by an operator: not served until it is unlocked'
    return [{ severity: 'warning', code: 'assignment.locked', subject: name, text, next }]
  }
  const maintained = state === 'maintenance' ? [maintenanceProblem(name, `assignment:${name}`)] : []
  return [...maintained, ...healthProblems({ name, health, reason }, view)]
}

function healthProblems(
  { name, health, reason }: Pick<AssignmentView, 'name' | 'health' | 'reason'>,
  view: ViewWithoutProblems,
): Found[] {
  if (health === 'served') return []
  const held = view.components.find(
    ({ assignment, isBarred, isLocked }) => assignment === name && (isBarred || isLocked),
  )
  const next = held ? unlockCommand(held) : watch
  const text = health === 'unserved' ? 'no primary is ready' : 'has its primary, but not its redundancy'
  const severity = health === 'unserved' ? 'critical' : 'warning'
  return [
    {
      severity,
      code: `assignment.${health}`,
      subject: name,
      text: reason === null ? text : `${text}: ${reason}`,
      next,
    },
  ]
}

function unlockCommand({ component }: ComponentView): string {
  return `rolecall unlock ${hostOf(component)}`
}

/** What belongs together: a component by itself, or its places for several assignments, which share its process, its lock and its bar. */
function hostsOf(components: readonly ComponentView[]): ComponentView[][] {
  return Object.values(Object.groupBy(components, ({ component }) => hostOf(component))).map((places) => places!)
}

/** Said once for a component, unless it is about some of its places only, or differs between them. */
function hostProblems(places: readonly ComponentView[]): Found[] {
  const found = places.flatMap(componentProblems)
  const [first] = found
  const isOne = (other: Found) => other.code === first!.code && other.text === first!.text
  if (places.length < 2 || found.length < places.length || !found.every(isOne)) return found
  return [{ ...first!, subject: hostOf(places[0]!.component) }]
}

/** One problem a component: the one that explains the others. */
function componentProblems(view: ComponentView): Found[] {
  const { component: subject, phase, isBarred, isLocked, failure } = view
  const why = failure === null ? '' : ` (${failure.code}: ${failure.detail})`
  if (phase === 'stopFailed') {
    const text = `would not stop, so it counts as active and nothing takes over from it: end its processes on its node${why}`
    return [{ severity: 'critical', code: 'component.stopFailed', subject, text, next: null }]
  }
  if (isBarred) {
    const text = `failed too often and is not used until it is unlocked${why}`
    return [{ severity: 'warning', code: 'component.barred', subject, text, next: unlockCommand(view) }]
  }
  if (isLocked) {
    const text = 'locked by an operator: not used until it is unlocked'
    return [{ severity: 'warning', code: 'component.locked', subject, text, next: unlockCommand(view) }]
  }
  if (view.isMaintained) return [maintenanceProblem(subject, hostOf(subject))]
  if (failure === null) return []
  return [
    {
      severity: 'warning',
      code: 'component.failed',
      subject,
      text: `fell out of its role: ${failure.code}: ${failure.detail}`,
      next: watch,
    },
  ]
}

function hungProblem(node: string): Found {
  const text = 'its heartbeats come, but its node process does nothing: its guard ends it and starts it again'
  return { severity: 'warning', code: 'node.hung', subject: node, text, next: watch }
}

function guardProblem({ code, text }: GuardProblem, { node }: ViewWithoutProblems): Found {
  return { severity: 'warning', code, subject: node, text, next: null }
}

const logTexts: Readonly<Record<LogProblem['code'], string>> = {
  'log.unwritten': 'the cluster log cannot be written on this node; its black box goes on',
  'log.unarchived': 'the cluster log is not archived',
  'log.lost': 'the cluster log lost records before they were archived',
}

function logProblem({ code, node, detail }: LogProblem): Found {
  return { severity: 'warning', code, subject: node, text: `${logTexts[code]}: ${detail}`, next: null }
}

function fenceProblem({ node, detail }: { node: string; detail: string }): Found {
  const text = `its fence agent could not cut it off (${detail}): it may still act; see that it is off, then confirm it`
  return {
    severity: 'critical',
    code: 'fence.failed',
    subject: node,
    text,
    next: `rolecall fence confirm ${node} --yes`,
  }
}

const goneAvailabilities: readonly Availability[] = ['unreachable', 'isolated', 'ended', 'left']

/** Said while all is well, too: it is too late when the other is gone. Then the next step is to see to that one. */
function failoverProblem({ cluster, nodes }: ViewWithoutProblems, text: string): Found {
  const gone = nodes.find(({ availability }) => goneAvailabilities.includes(availability))
  const next = gone ? `rolecall fence confirm ${gone.name} --yes` : null
  return { severity: 'warning', code: 'failover.barred', subject: cluster, text, next }
}

function secretProblem({ cluster }: ViewWithoutProblems): Found {
  const text =
    'no secret is configured: whoever reaches the links can speak for a node; set secretFile in the configuration of every node'
  return { severity: 'warning', code: 'secret.default', subject: cluster, text, next: null }
}

const keysShownMax = 5

function differenceProblems({ node }: ViewWithoutProblems, keys: readonly string[]): Found[] {
  if (keys.length === 0) return []
  const shown = [...keys.slice(0, keysShownMax), ...(keys.length > keysShownMax ? ['…'] : [])].join(', ')
  const text = `its file differs from the repository, which counts, in ${shown}`
  return [
    { severity: 'warning', code: 'configuration.differs', subject: node, text, next: 'rolecall config import FILE' },
  ]
}

function timingProblems({ cluster }: ViewWithoutProblems, names: readonly string[]): Found[] {
  if (names.length === 0) return []
  const text = `a change of the timings of leases waits for ${names.join(', ')}: until then the longer ones are waited by, and the shorter ones held by; start a node that is down, or remove it`
  return [{ severity: 'warning', code: 'timing.unsettled', subject: cluster, text, next: watch }]
}

function httpProblem({ node }: ViewWithoutProblems, reason: string): Found {
  const text = `its HTTP interface and its console are not served: ${reason}; tried again every few seconds`
  return { severity: 'warning', code: 'http.unserved', subject: node, text, next: null }
}
