/**
 * Order between assignments, and between components on one node (SPEC R5): a primary starts when its sponsors have the primaries it
 * needs, a component when those it needs on its node have a role; and what stops as planned stops after those that need it, as far as
 * they stop, too. Nothing waits for what is in maintenance.
 */
import { componentId } from '../../model/ids.ts'
import type { CompiledDependency, Need } from './compile/relationships.ts'
import { hostOn } from './compile.ts'
import {
  addWait,
  dependentsOf,
  isActing,
  isReachable,
  isReadyPrimary,
  isToBePrimary,
  nodeNameOf,
  type Place,
  type Situation,
  type Standing,
  sponsorsOf,
} from './stepsPlace.ts'
import { standingAt, stayingCount } from './stepsYield.ts'

const wait = (place: Place, text: string, on: readonly Place[]) => addWait(place, { text, on, kind: 'other' })

/** What a step that starts something waits for. */
export function waitForSponsors(situation: Situation, place: Place): void {
  const from = place.of.status!.role
  if (place.next === 'primary' && from !== 'primary') {
    waitForPrimaries(situation, place)
    if (from === 'offline') waitForLapsed(situation, place)
  }
  if (from !== 'offline' || place.of.slot < 0) return
  const { compiled } = situation
  for (const need of compiled.needsOf[compiled.assignments[place.standing.index]!.component]!) {
    const hosts = placesBeside(situation, place, need.sponsor)
    if (!hosts.some((sponsor) => isInUse(sponsor, need))) wait(place, needText(situation, place, need), hosts)
  }
  waitForContents(situation, place)
}

/** A container that fell, and with it what is in it, begins anew when all of that has stopped. */
function waitForContents(situation: Situation, place: Place): void {
  const { compiled } = situation
  for (const { dependent, kind } of compiled.neededBy[compiled.assignments[place.standing.index]!.component]!) {
    if (kind !== 'containment') continue
    for (const other of placesBeside(situation, place, dependent))
      if (other.of.status?.phase === 'stopping') wait(place, `${other.of.component}, which is in it, to stop`, [other])
  }
}

function waitForPrimaries(situation: Situation, place: Place): void {
  if (situation.input.lapsed?.[place.standing.assignment])
    wait(place, 'its sponsors, which were gone for longer than it tolerates, to be served again', [])
  for (const dependency of sponsorsOf(situation, place.standing)) {
    const sponsor = standingAt(situation, dependency.sponsor)
    const count = sponsor ? stayingCount(sponsor) : 0
    const needed = dependency.instanceCountMin
    if (!sponsor || count >= needed || !isExpected(dependency, sponsor)) continue
    const primaries = needed === 1 ? '1 primary' : `${needed} primaries`
    const text = `${sponsor.assignment}, which it depends on, to have ${primaries} ready (it has ${count})`
    wait(place, text, sponsor.places.filter(isToBePrimary))
  }
}

/** Where only the order of starting matters, one that does not start is not waited for. */
function isExpected({ mode, instanceCountMin }: CompiledDependency, { places }: Standing): boolean {
  return mode !== 'start' || places.filter(isToBePrimary).length >= instanceCountMin
}

/**
 * Those that cannot be without it stop before it starts again: what they have of its last life is of no use to them. A standby that
 * runs takes over without waiting.
 */
function waitForLapsed(situation: Situation, place: Place): void {
  for (const { dependent, mode } of dependentsOf(situation, place.standing)) {
    const standing = mode === 'start' ? null : standingAt(situation, dependent)
    if (!standing || !situation.input.lapsed?.[standing.assignment]) continue
    for (const other of standing.places)
      if (isReadyPrimary(other) && isReachable(other) && other.aim !== null)
        wait(place, `${other.of.component}, which cannot be without it, to stop`, [other])
  }
}

function needText({ compiled }: Situation, place: Place, { kind, sponsor }: Need): string {
  const host = componentId({ node: nodeNameOf(place), component: compiled.components[sponsor]!.name })
  return kind === 'proxy' ? `its proxy ${host} to be primary` : `${host}, which it needs, to have a role`
}

function isInUse({ aim, of: { status } }: Place, { kind }: Need): boolean {
  if (aim === 'offline' || status?.phase !== 'ready') return false
  return kind === 'proxy' ? status.role === 'primary' : status.role !== 'offline'
}

/** Of a component on the same node. */
function placesBeside(situation: Situation, { of: { slot } }: Place, component: number): Place[] {
  const { compiled } = situation
  const host = hostOn(compiled, component, compiled.slotNodes[slot]!)
  if (host < 0) return []
  return compiled.components[component]!.assignments.flatMap(
    (assignment) =>
      standingAt(situation, assignment)?.places.filter(
        ({ of }) => of.slot >= 0 && compiled.slotHosts[of.slot] === host,
      ) ?? [],
  )
}

/** What a step that stops something waits for: those that need it, are to stop, and can be told to. */
export function waitForDependents(situation: Situation, place: Place): void {
  if (isReadyPrimary(place)) waitForDependentPrimaries(situation, place)
  if (place.next !== 'offline' || place.of.slot < 0) return
  const { compiled } = situation
  for (const { dependent } of compiled.neededBy[compiled.assignments[place.standing.index]!.component]!)
    for (const other of placesBeside(situation, place, dependent))
      if (other.aim === 'offline' && other.of.status !== null && other.of.status.role !== 'offline')
        wait(place, `${other.of.component}, which needs it, to stop`, [other])
}

function waitForDependentPrimaries(situation: Situation, place: Place): void {
  for (const { dependent, instanceCountMin, mode } of dependentsOf(situation, place.standing)) {
    if (mode === 'start' || stayingCount(place.standing) >= instanceCountMin) continue
    const standing = standingAt(situation, dependent)
    if (!standing || (!standing.isYielding && standing.places.some(isToBePrimary))) continue
    for (const other of standing.places)
      if (isActing(other) && isReachable(other) && other.aim !== null)
        wait(place, `${other.of.component}, which depends on it, to stop`, [other])
  }
}
