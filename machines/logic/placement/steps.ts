/**
 * How to get from what is to what was decided: the commands an assignment still needs, each with what it waits for.
 * Order: quiesce the old primary, promote the new one once no other can be acting, introduce the secondaries, retire the
 * old one (DESIGN §4). At every prefix of the steps an exclusive assignment has at most one that acts.
 */
import { type AssignmentName, type ComponentId, componentNameOf, nodeOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { type Peer, upAvailabilities } from '../../model/status.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import { type Candidate, candidatesOf, typeOf } from './candidate.ts'
import type { PlanInput } from './input.ts'

export interface Step {
  readonly assignment: AssignmentName
  readonly component: ComponentId
  /** The next role on the way to the intended one. */
  readonly role: Role
  readonly token: Token
  /** Callback level: commands of a lower level come first (SPEC S1). */
  readonly level: number
  /** What must happen first, in words; null: the command can go now. */
  readonly waitsFor: string | null
}

const levels: Record<Role, number> = { quiescing: 1, primary: 2, secondary: 3, spare: 4, offline: 5 }

export function stepsOf(input: PlanInput, assignment: AssignmentName): Step[] {
  const candidates = candidatesOf(input, assignment)
  const configured = input.configuration.assignments[assignment]
  const isExclusive = configured === undefined || typeOf(input.configuration, configured).exclusive
  const steps: Step[] = []
  for (const candidate of candidates) {
    const hop = nextHop(candidate, candidates)
    if (hop === null) continue
    const { role } = hop
    const waitsFor = hop.waitsFor ?? (role === 'primary' ? whyNotPromote({ candidate, candidates, isExclusive }) : null)
    steps.push({
      assignment,
      component: candidate.component,
      role,
      token: role === 'quiescing' ? quiescingToken(candidate, candidates) : candidate.intended!.token,
      level: levels[role],
      waitsFor,
    })
  }
  return steps.sort((a, b) => a.level - b.level)
}

/**
 * The next role a component must be told, or null when it is where it should be, on its way, or out of reach. One with an unanswered
 * command that lets it act stands in the way of a promotion until it has answered a later one: the command may be lost, or have been
 * refused by a primary that fell before it came. So that one waits for none of the others, or they would wait for each other for ever.
 */
function nextHop(candidate: Candidate, all: readonly Candidate[]): { role: Role; waitsFor: string | null } | null {
  const { intended, status, isUnanswered } = candidate
  if (intended === null || status === null || !isReachable(candidate)) return null
  const isCurrent = compareTokens(status.token, intended.token) >= 0
  if (status.role === intended.role && (isCurrent || (intended.role === 'offline' && !isUnanswered))) return null
  if (status.phase === 'stopping' || status.phase === 'stopFailed') return null

  switch (status.role) {
    case 'primary':
      if (intended.role === 'primary') return { role: 'primary', waitsFor: null }
      if (status.phase === 'ready') return { role: 'quiescing', waitsFor: null }
      return { role: intended.role === 'offline' ? 'offline' : 'spare', waitsFor: null }
    case 'quiescing':
      return {
        role: intended.role === 'offline' ? 'offline' : 'spare',
        waitsFor:
          status.phase === 'ready' ? whileSuccessorComes(candidate, all) : `${candidate.component} to hand over`,
      }
    case 'secondary':
      if (intended.role === 'secondary') return { role: 'spare', waitsFor: null }
      return { role: intended.role, waitsFor: null }
    default:
      if (isUnanswered && intended.role === 'secondary') return { role: 'spare', waitsFor: null }
      if (intended.role === 'secondary') return towardsSecondary(status.role, all)
      return { role: intended.role, waitsFor: intended.role === 'spare' ? whileRecovering(candidate, all) : null }
  }
}

/**
 * That of the decision that gave its role to another, when its own has been decided anew since. What it acts on meanwhile may
 * remember the highest token it has seen, and would refuse a primary that comes with a lower one.
 */
function quiescingToken({ intended, status }: Candidate, all: readonly Candidate[]): Token {
  const own = intended!.token
  const successor = all.find((other) => other.intended?.role === 'primary')?.intended?.token ?? own
  const isBetween = compareTokens(successor, own) < 0 && compareTokens(successor, status!.token) > 0
  return isBetween ? successor : own
}

function isReachable({ node }: Candidate): boolean {
  return node === 'alive' || node === 'leaving'
}

/** A secondary needs a primary to follow; until there is one it gets ready as a spare. */
function towardsSecondary(from: Role, all: readonly Candidate[]): { role: Role; waitsFor: string | null } {
  if (isPrimaryReady(all)) return { role: 'secondary', waitsFor: null }
  if (from === 'offline') return { role: 'spare', waitsFor: whilePromoting(all) }
  return { role: 'secondary', waitsFor: 'the primary' }
}

/**
 * A quiesced primary keeps its state until its successor is ready, if one is coming. One that is to be primary again itself, since
 * somebody thought better of it, gets there through `spare`.
 */
function whileSuccessorComes(candidate: Candidate, all: readonly Candidate[]): string | null {
  const successor = all.find(({ intended }) => intended?.role === 'primary')
  if (successor === candidate || candidate.isUnanswered) return null
  return !successor?.isUsable || isPrimaryReady(all) ? null : `${successor.component} to become primary`
}

/** The future secondary, too, leaves the processor to a promotion; where there is none, it starts beside the primary. */
function whilePromoting(all: readonly Candidate[]): string | null {
  const primary = all.find((other) => other.intended?.role === 'primary' && other.isUsable && isOnItsWay(other))
  return primary && primary.status!.role !== 'primary' ? `${primary.component} to become primary` : null
}

/**
 * Standbys that run are promoted, or brought in step, in a moment: to start others meanwhile would only take the processor
 * away from what clients wait for.
 */
function whileRecovering(candidate: Candidate, all: readonly Candidate[]): string | null {
  if (candidate.isUnanswered) return null
  const busy = all.find((other) => other !== candidate && other.isUsable && isOnItsWay(other))
  return busy ? `${busy.component} to become ${busy.intended!.role}` : null
}

function isOnItsWay({ intended, status }: Candidate): boolean {
  if (intended?.role !== 'primary' && intended?.role !== 'secondary') return false
  return status!.role !== 'offline' && !(status!.role === intended.role && status!.phase === 'ready')
}

function isPrimaryReady(all: readonly Candidate[]): boolean {
  return all.some(
    ({ intended, status }) => intended?.role === 'primary' && status?.role === 'primary' && status.phase === 'ready',
  )
}

/** Never two that act: whoever may be acting stands in the way. Those out of reach only where two would do harm. */
function whyNotPromote(of: {
  candidate: Candidate
  candidates: readonly Candidate[]
  isExclusive: boolean
}): string | null {
  const inTheWay = of.candidates.find(
    (other) => other !== of.candidate && other.mayAct && (of.isExclusive || upAvailabilities.includes(other.node)),
  )
  return inTheWay ? `${inTheWay.component} to stop acting` : null
}

/**
 * Whom a component is told of (rendezvous, SPEC R4): peers as they are, not as they will be. A secondary is introduced once
 * it has taken its role, and goes only with a decision that takes the role from it: so a primary that waits for its
 * secondaries' acknowledgements is released only after nobody can promote the one that is gone. A successor that has not
 * been promoted yet is still the secondary it was.
 */
export function peersOf(input: PlanInput, assignment: AssignmentName, component: ComponentId): Peer[] {
  return candidatesOf(input, assignment).flatMap((peer) => {
    const standing = peer.component === component ? null : standingOf(peer)
    if (standing === null) return []
    const endpoint = peer.status?.endpoint ?? configuredEndpoint(input, peer.component)
    return [{ component: peer.component, node: nodeOf(peer.component), endpoint, ...standing }]
  })
}

function standingOf({ intended, status }: Candidate): { role: Role; token: Token } | null {
  if (intended === null || (intended.role !== 'primary' && intended.role !== 'secondary')) return null
  const hasTaken = status === null || compareTokens(status.token, intended.token) >= 0
  if (hasTaken && status?.role !== 'spare') return intended
  return intended.role === 'primary' && status?.role === 'secondary' ? { role: 'secondary', token: status.token } : null
}

function configuredEndpoint(input: PlanInput, id: ComponentId): string | null {
  const [node, name] = [nodeOf(id), componentNameOf(id)]
  return input.configuration.components[name]?.instances[node]?.endpoint ?? null
}
