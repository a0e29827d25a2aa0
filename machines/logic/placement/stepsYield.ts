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
import { hostOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import { type Candidate, candidatesOf } from './candidate.ts'
import type { CompiledDependency } from './compile/relationships.ts'
import {
  isDecidedAnew,
  isInActiveRole,
  isReadyPrimary,
  isToBePrimary,
  isUp,
  newPlace,
  type Place,
  type Situation,
  type Standing,
} from './stepsPlace.ts'
import { renewedSponsor } from './stepsRenewal.ts'

/** Of a configured assignment, with what its places are to become. Null: it is asked for by itself, in a circle. */
export function standingAt(situation: Situation, index: number): Standing | null {
  const known = situation.standings[index]
  if (known !== undefined) return known === 'asked' ? null : known
  situation.standings[index] = 'asked'
  const made = configuredStanding(situation, index)
  situation.standings[index] = made
  return made
}

function configuredStanding(situation: Situation, index: number): Standing {
  const { name, type, priority, canBeSpare, configuration } = situation.compiled.assignments[index]!
  const candidates = situation.candidatesAt(index)
  const isStoppingAll = configuration.activeTwice === 'stopAll' && candidates.some(isDecidedAnew)
  const dependencies = situation.compiled.sponsorsOf[index]!
  const isLapsed = situation.input.lapsed?.[name] === true
  const isYielding = isLapsed || dependencies.some((dependency) => yieldsTo(situation, dependency))
  const places: Place[] = []
  const given = { index, isExclusive: type.exclusive, canBeSpare, priority }
  const standing: Standing = { assignment: name, ...given, places, isStoppingAll, isYielding }
  const renewedBefore = dependencies.length > 0 ? latest(situation, dependencies) : null
  for (const candidate of candidates) {
    const place = newPlace(candidate, standing)
    place.aim = aimOf(situation, place, renewedBefore)
    places.push(place)
  }
  return standing
}

/** One that is no longer configured: it stops. */
export function standingOfGone({ input }: Situation, assignment: string): Standing {
  const places: Place[] = []
  const of = { isExclusive: true, canBeSpare: true, priority: 0, isStoppingAll: false, isYielding: false }
  const standing: Standing = { assignment, index: -1, places, ...of }
  for (const candidate of candidatesOf(input, assignment)) {
    const place = newPlace(candidate, standing)
    place.aim = candidate.isMaintained ? null : (candidate.intended?.role ?? null)
    places.push(place)
  }
  return standing
}

function aimOf({ withheld }: Situation, place: Place, renewedBefore: Token | null): Role | null {
  const { of, standing } = place
  const { intended, status } = of
  if (intended === null || of.isMaintained) return null
  if (withheld?.has(hostOf(of.component))) return 'offline'
  // One that is not primary yet has nothing to stop, and does not start meanwhile.
  if (intended.role !== 'primary' || !isInActiveRole(place)) return intended.role
  const isOutOfDate = renewedBefore !== null && compareTokens(status!.token, renewedBefore) < 0
  return standing.isYielding || isOutOfDate || isToStopFirst(standing, of) ? 'offline' : 'primary'
}

function isToStopFirst({ isStoppingAll }: Standing, of: Candidate): boolean {
  return isStoppingAll && isDecidedAnew(of)
}

function yieldsTo(situation: Situation, dependency: CompiledDependency): boolean {
  const { sponsor: index, instanceCountMin, toleranceMs, mode } = dependency
  const sponsor = mode === 'start' ? null : standingAt(situation, index)
  if (!sponsor || stayingCount(sponsor, { isUnknownCounted: true }) >= instanceCountMin) return false
  const isFollowed = sponsor.places.filter(isToBePrimary).length >= instanceCountMin
  return sponsor.places.some(isToStop) && (!isFollowed || toleranceMs === 0)
}

/** It serves, and is to stop as planned. */
function isToStop(place: Place): boolean {
  return isReadyPrimary(place) && isUp(place) && place.aim !== 'primary' && place.aim !== null
}

/** The latest token of those sponsors that are ready again after a new start: their dependent does not run on for long. */
function latest(situation: Situation, dependencies: readonly CompiledDependency[]): Token | null {
  let last: Token | null = null
  for (const dependency of dependencies) {
    if (dependency.mode !== 'restart') continue
    const sponsor = standingAt(situation, dependency.sponsor)
    if (!sponsor || stayingCount(sponsor) < dependency.instanceCountMin) continue
    const token = renewedSponsor(situation.input, dependency)
    if (token && (last === null || compareTokens(token, last) > 0)) last = token
  }
  return last
}

/** Primaries that are ready and stay; of what is not known yet, those that were decided count where that is asked for. */
export function stayingCount({ places }: Standing, { isUnknownCounted } = { isUnknownCounted: false }): number {
  let count = 0
  for (const place of places) {
    if (!isToBePrimary(place) || (place.aim !== 'primary' && place.aim !== null)) continue
    if (place.of.status === null ? isUnknownCounted && isUnheard(place) : isReadyPrimary(place) && isUp(place))
      count += 1
  }
  return count
}

/** It may serve: its node has not said yet. */
function isUnheard(place: Place): boolean {
  return place.of.node === 'unknown' || isUp(place)
}
