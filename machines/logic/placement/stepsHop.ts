/**
 * The next role of one place on its way, and what of its own assignment it waits for: quiesce the old primary, promote the new one
 * once no other can be acting, then the secondaries, then the spares (DESIGN §4).
 */
import type { Role } from '../../model/roles.ts'
import { compareTokens } from '../../model/token.ts'
import { type Draft, isReachable, isReadyPrimary, isToBePrimary, isUp, type Place, type Wait } from './stepsPlace.ts'

/**
 * Its next step, or null when it is where it should be, on its way, or out of reach. One with an unanswered command that lets it act
 * stands in the way of a promotion until it has answered a later one: the command may be lost, or have been refused by a primary
 * that fell before it came. So that one waits for none of the others, or they would wait for each other for ever.
 */
export function draftOf(place: Place): Draft | null {
  const hop = nextHop(place)
  if (hop === null) return null
  const waits = hop.wait ? [hop.wait] : []
  if (hop.role === 'primary' && waits.length === 0) waits.push(...whyNotPromote(place))
  return { place, role: hop.role, waits, hold: null }
}

interface Hop {
  readonly role: Role
  readonly wait: Wait | null
}

const at = (role: Role, wait: Wait | null = null): Hop => ({ role, wait })

function nextHop(place: Place): Hop | null {
  const { aim } = place
  const { intended, status, isUnanswered } = place.of
  if (aim === null || intended === null || status === null || !isReachable(place)) return null
  const isCurrent = compareTokens(status.token, intended.token) >= 0
  if (status.role === aim && (isCurrent || (aim === 'offline' && !isUnanswered))) return null
  if (status.phase === 'stopping' || status.phase === 'stopFailed') return null

  switch (status.role) {
    case 'primary':
      return fromPrimary(place, aim)
    case 'quiescing':
      return at(aim === 'offline' ? 'offline' : 'spare', whileHandingOver(place))
    case 'secondary':
      return at(aim === 'secondary' ? 'spare' : aim)
    default:
      if (aim === 'secondary' && isUnanswered) return at('spare')
      if (aim === 'secondary') return towardsSecondary(place)
      return at(aim, aim === 'spare' ? whileRecovering(place) : null)
  }
}

function fromPrimary({ of: { status }, standing }: Place, aim: Role): Hop {
  if (aim === 'primary') return at('primary')
  // Of two that act where one should nothing is taken over.
  if (status!.phase === 'ready' && !standing.isStoppingAll) return at('quiescing')
  return at(aim === 'offline' ? 'offline' : 'spare')
}

const own = (text: string, on: Place): Wait => ({ text, on: [on], kind: 'own' })
const courtesy = (text: string, on: Place): Wait => ({ text, on: [on], kind: 'courtesy' })

/** A secondary needs a primary to follow; until there is one it gets ready as a spare. */
function towardsSecondary(place: Place): Hop {
  const { places } = place.standing
  if (isServed(places)) return at('secondary')
  if (place.of.status!.role === 'offline') return at('spare', whilePromoting(places))
  return at('secondary', { text: 'the primary', on: places.filter(isToBePrimary), kind: 'own' })
}

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
  const primary = places.find((other) => isToBePrimary(other) && other.of.isUsable && isOnItsWay(other))
  if (!primary || primary.of.status!.role === 'primary') return null
  return courtesy(`${primary.of.component} to become primary`, primary)
}

/**
 * Standbys that run are promoted, or brought in step, in a moment: to start others meanwhile would only take the processor
 * away from what clients wait for.
 */
function whileRecovering(place: Place): Wait | null {
  if (place.of.isUnanswered) return null
  const busy = place.standing.places.find((other) => other !== place && other.of.isUsable && isOnItsWay(other))
  return busy ? courtesy(`${busy.of.component} to become ${busy.of.intended!.role}`, busy) : null
}

function isOnItsWay({ aim, of: { status } }: Place): boolean {
  if (aim !== 'primary' && aim !== 'secondary') return false
  return status!.role !== 'offline' && !(status!.role === aim && status!.phase === 'ready')
}

/** One that was decided to be primary is. */
export function isServed(places: readonly Place[]): boolean {
  return places.some((place) => isToBePrimary(place) && isReadyPrimary(place))
}

/**
 * Never two that act where one should: whoever may be acting stands in the way; those out of reach only where two would do harm.
 * Of several primaries at most so many act as were decided.
 */
function whyNotPromote(place: Place): Wait[] {
  const { places, isExclusive } = place.standing
  const acting = places.filter((other) => other !== place && other.of.mayAct && (isExclusive || isUp(other)))
  const isFull = isExclusive ? acting.length > 0 : acting.length >= places.filter(isToBePrimary).length
  if (!isFull) return []
  const inTheWay = acting.find((other) => !isToBePrimary(other)) ?? acting[0]!
  return [own(`${inTheWay.of.component} to stop acting`, inTheWay)]
}
