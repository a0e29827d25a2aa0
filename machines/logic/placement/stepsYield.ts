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
import { compareTokens, type Token } from '../../model/token.ts'
import type { CompiledDependency } from './compile/relationships.ts'
import {
  isReadyPrimary,
  isToBePrimary,
  isUp,
  isWithheld,
  type Place,
  type Situation,
  type Standing,
} from './stepsPlace.ts'
import { renewedSponsor } from './stepsRenewal.ts'

/** Of an assignment, with what its places are to become. */
export function standingOf(situation: Situation, assignment: string): Standing {
  const standing = situation.standingOf(assignment)
  if (standing.isYielding !== null) return standing
  standing.isYielding = false
  const dependencies = situation.sponsorsOf(standing).filter(({ mode }) => mode !== 'start')
  standing.isYielding =
    situation.input.lapsed?.[assignment] === true || dependencies.some((dependency) => yieldsTo(situation, dependency))
  standing.renewedBefore = latest(dependencies.map((dependency) => renewedBy(situation, dependency)))
  for (const place of standing.places) place.aim = aimOf(situation, place)
  return standing
}

function aimOf(situation: Situation, place: Place): Place['aim'] {
  const { of, standing } = place
  if (of.intended === null || of.isMaintained) return null
  if (isWithheld(situation, place)) return 'offline'
  if (of.intended.role !== 'primary' || !isInActiveRole(place)) return of.intended.role
  return standing.isYielding || isOutOfDate(place) || isToStopFirst(place) ? 'offline' : 'primary'
}

/** One that is not primary yet has nothing to stop, and does not start meanwhile. */
function isInActiveRole({ of: { status } }: Place): boolean {
  return status?.role === 'primary' || status?.role === 'quiescing'
}

function isOutOfDate({ standing: { renewedBefore }, of: { status } }: Place): boolean {
  return renewedBefore !== null && compareTokens(status!.token, renewedBefore) < 0
}

function isToStopFirst({ standing, of: { status, intended } }: Place): boolean {
  return standing.isStoppingAll && status!.role === 'primary' && compareTokens(status!.token, intended!.token) < 0
}

function yieldsTo(situation: Situation, dependency: CompiledDependency): boolean {
  const sponsor = sponsorOf(situation, dependency)
  const { instanceCountMin, toleranceMs } = dependency
  if (stayingCount(sponsor, { isUnknownCounted: true }) >= instanceCountMin) return false
  const isFollowed = sponsor.places.filter(isToBePrimary).length >= instanceCountMin
  return sponsor.places.some(isToStop) && (!isFollowed || toleranceMs === 0)
}

/** Once the sponsor is ready again, its dependent does not run on for long. */
function renewedBy(situation: Situation, dependency: CompiledDependency): Token | null {
  if (dependency.mode !== 'restart') return null
  const isReady = stayingCount(sponsorOf(situation, dependency)) >= dependency.instanceCountMin
  return isReady ? renewedSponsor(situation.input, dependency) : null
}

function latest(tokens: readonly (Token | null)[]): Token | null {
  return tokens.reduce(
    (last, token) => (last && token && compareTokens(token, last) < 0 ? last : (token ?? last)),
    null,
  )
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
