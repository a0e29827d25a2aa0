/**
 * What each place is to become now: what was decided, or offline for a while, to be that again afterwards. The latter
 *
 * - where it is withheld: its component, or one that it needs on its node, restarts or tests itself;
 * - where it was found acting twice and everything that acts stops first (`stopAll`);
 * - and, of primaries, where a dependency makes them yield:
 *   - their sponsor has been gone for longer than they tolerate (`lapsed`);
 *   - their sponsor is about to stop as planned, with none to follow, or with one to follow and no tolerance for the time between:
 *     dependents stop before their sponsors (mode `full` and `restart`);
 *   - their sponsor was started anew after them, and is ready (mode `restart`).
 *
 * Sponsors are looked at before their dependents. A circle of dependencies, which the configuration's check refuses, is cut where it
 * is met, so nothing here goes round.
 */
import { compareTokens } from '../../model/token.ts'
import type { CompiledDependency } from './compile/relationships.ts'
import {
  isReadyPrimary,
  isToBePrimary,
  isUntouched,
  isUp,
  isWithheld,
  type Place,
  type Situation,
  type Standing,
} from './stepsPlace.ts'
import { isOutOfDate } from './stepsRenewal.ts'

/** Of an assignment, with what its places are to become. */
export function standingOf(situation: Situation, assignment: string): Standing {
  const standing = situation.standingOf(assignment)
  if (standing.isYielding !== null) return standing
  standing.isYielding = false
  standing.isYielding = yields(situation, standing)
  for (const place of standing.places) place.aim = aimOf(situation, place)
  return standing
}

function aimOf(situation: Situation, place: Place): Place['aim'] {
  const { of, standing } = place
  if (of.intended === null || isUntouched(situation.input, standing.assignment, of.component)) return null
  if (isWithheld(situation, place)) return 'offline'
  return of.intended.role === 'primary' && (standing.isYielding || isToStopFirst(place)) ? 'offline' : of.intended.role
}

function isToStopFirst({ standing, of: { status, intended } }: Place): boolean {
  if (!standing.isStoppingAll || status?.role !== 'primary') return false
  return compareTokens(status.token, intended!.token) < 0
}

function yields(situation: Situation, standing: Standing): boolean {
  if (situation.input.lapsed?.[standing.assignment]) return true
  return situation
    .sponsorsOf(standing)
    .some((dependency) => dependency.mode !== 'start' && yieldsTo(situation, dependency))
}

function yieldsTo(situation: Situation, dependency: CompiledDependency): boolean {
  const sponsor = sponsorOf(situation, dependency)
  const { instanceCountMin, toleranceMs, mode } = dependency
  if (stayingCount(sponsor, { isUnknownCounted: true }) >= instanceCountMin) {
    const isReady = stayingCount(sponsor) >= instanceCountMin
    return mode === 'restart' && isReady && isOutOfDate(situation.input, dependency)
  }
  const isFollowed = sponsor.places.filter(isToBePrimary).length >= instanceCountMin
  return sponsor.places.some(isToStop) && (!isFollowed || toleranceMs === 0)
}

/** It serves, and is to stop as planned. */
function isToStop(place: Place): boolean {
  return isReadyPrimary(place) && isUp(place) && place.aim !== 'primary' && place.aim !== null
}

export function sponsorOf(situation: Situation, { sponsor }: CompiledDependency): Standing {
  return standingOf(situation, situation.compiled.assignments[sponsor]!.name)
}

/** Primaries that are ready and stay; of what is not known yet, those that were decided count where that is asked for. */
export function stayingCount({ places }: Standing, { isUnknownCounted } = { isUnknownCounted: false }): number {
  return places.filter((place) => {
    const isToStay = isToBePrimary(place) && isUp(place) && (place.aim === 'primary' || place.aim === null)
    return isToStay && (place.of.status === null ? isUnknownCounted : isReadyPrimary(place))
  }).length
}
