/**
 * The next role of one place on its way, and what of its own assignment it waits for: quiesce the old primary, promote the new one
 * once no other can be acting, then the secondaries, then the spares (DESIGN §4).
 */
import type { Role } from '../../model/roles.ts'
import { compareTokens } from '../../model/token.ts'
import { addWait, isReachable, isReadyPrimary, isToBePrimary, isUp, type Place, type Wait } from './stepsPlace.ts'

/**
 * Sets its step, unless it is where it should be, on its way, or out of reach. One with an unanswered command that lets it act
 * stands in the way of a promotion until it has answered a later one: the command may be lost, or have been refused by a primary
 * that fell before it came. So that one waits for none of the others, or they would wait for each other for ever.
 */
export function hop(place: Place): void {
  const { aim } = place
  const { intended, status, isUnanswered } = place.of
  if (aim === null || intended === null || status === null || !isReachable(place)) return
  const isCurrent = compareTokens(status.token, intended.token) >= 0
  if (status.role === aim && (isCurrent || (aim === 'offline' && !isUnanswered))) return
  if (status.phase === 'stopping' || status.phase === 'stopFailed') return
  place.next = nextRole(place, status.role, aim)
  addWait(place, waitOf(place, status.role, place.next))
}

function nextRole(place: Place, from: Role, aim: Role): Role {
  const { canBeSpare, isStoppingAll, places } = place.standing
  const back: Role = aim === 'offline' || !canBeSpare ? 'offline' : 'spare'
  switch (from) {
    case 'primary':
      if (aim === 'primary') return 'primary'
      // Of two that act where one should nothing is taken over.
      return place.of.status!.phase === 'ready' && !isStoppingAll ? 'quiescing' : back
    case 'quiescing':
      return back
    case 'secondary':
      return aim === 'secondary' ? back : aim
    case 'offline':
      if (aim === 'secondary' && place.of.isUnanswered) return back
      // A secondary needs a primary to follow; until there is one it gets ready as a spare.
      return aim === 'secondary' && canBeSpare && !isServed(places) ? 'spare' : aim
    default:
      return aim === 'secondary' && place.of.isUnanswered ? back : aim
  }
}

function waitOf(place: Place, from: Role, to: Role): Wait | null {
  const { places } = place.standing
  if (to === 'primary') return whyNotPromote(place)
  if (from === 'quiescing') return whileHandingOver(place)
  if (place.of.isUnanswered && (from === 'offline' || from === 'spare')) return null
  if (from === 'offline' && to === 'spare')
    return place.aim === 'secondary' ? whilePromoting(places) : whileRecovering(place)
  if (to === 'secondary' && !isServed(places))
    return { text: 'the primary', on: places.filter(isToBePrimary), kind: 'own' }
  return from === 'spare' && to === 'spare' ? whileRecovering(place) : null
}

const own = (text: string, on: Place): Wait => ({ text, on: [on], kind: 'own' })
const courtesy = (text: string, on: Place): Wait => ({ text, on: [on], kind: 'courtesy' })

/**
 * A quiesced primary keeps its state until its successor is ready, if one is coming. One that is to be primary again itself, since
 * somebody thought better of it, gets there through `spare`.
 */
function whileHandingOver(place: Place): Wait | null {
  if (place.of.status!.phase !== 'ready') return own(`${place.of.component} to hand over`, place)
  const { places } = place.standing
  if (isToBePrimary(place) || isServed(places) || place.of.isUnanswered) return null
  const successor = places.find(isToBePrimary)
  return successor?.of.isUsable && successor.aim === 'primary'
    ? courtesy(`${successor.of.component} to become primary`, successor)
    : null
}

/** The future secondary, too, leaves the processor to a promotion; where there is none, it starts beside the primary. */
function whilePromoting(places: readonly Place[]): Wait | null {
  for (const place of places) {
    if (!isToBePrimary(place) || !isOnItsWay(place)) continue
    return place.of.status!.role === 'primary' ? null : courtesy(`${place.of.component} to become primary`, place)
  }
  return null
}

/**
 * Standbys that run are promoted, or brought in step, in a moment: to start others meanwhile would only take the processor
 * away from what clients wait for.
 */
function whileRecovering(place: Place): Wait | null {
  for (const other of place.standing.places)
    if (other !== place && isOnItsWay(other))
      return courtesy(`${other.of.component} to become ${other.of.intended!.role}`, other)
  return null
}

function isOnItsWay({ aim, of: { status, isUsable } }: Place): boolean {
  if ((aim !== 'primary' && aim !== 'secondary') || !isUsable) return false
  return status!.role !== 'offline' && !(status!.role === aim && status!.phase === 'ready')
}

/** One that was decided to be primary is. */
export function isServed(places: readonly Place[]): boolean {
  for (const place of places) if (isToBePrimary(place) && isReadyPrimary(place)) return true
  return false
}

/**
 * Never two that act where one should: whoever may be acting stands in the way; those out of reach only where two would do harm.
 * Of several primaries at most so many act as were decided, but for those that would not stop.
 */
function whyNotPromote(place: Place): Wait | null {
  const { places, isExclusive } = place.standing
  let actingCount = 0
  let decidedCount = 0
  let inTheWay: Place | null = null
  for (const other of places) {
    if (isToBePrimary(other)) decidedCount += 1
    if (other === place || !other.of.mayAct || !(isExclusive || canYetStop(other))) continue
    actingCount += 1
    if (inTheWay === null || (isToBePrimary(inTheWay) && !isToBePrimary(other))) inTheWay = other
  }
  const isFull = actingCount >= (isExclusive ? 1 : decidedCount)
  return isFull && inTheWay ? own(`${inTheWay.of.component} to stop acting`, inTheWay) : null
}

function canYetStop(place: Place): boolean {
  return isUp(place) && place.of.status?.phase !== 'stopFailed'
}
