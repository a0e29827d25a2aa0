/**
 * Order between assignments, and between components on one node (SPEC R5): a primary starts when its sponsors have the primaries it
 * needs, a component when those it needs on its node have a role; and what stops as planned stops after those that need it, as far as
 * they stop, too. Nothing waits for what is in maintenance.
 */
import { type ComponentId, componentId, componentNameOf, hostOf } from '../../model/ids.ts'
import type { Need } from './compile/relationships.ts'
import {
  type Draft,
  isActing,
  isReachable,
  isReadyPrimary,
  isToBePrimary,
  isUp,
  nodeNameOf,
  type Place,
  type Situation,
  type Wait,
} from './stepsPlace.ts'
import { sponsorOf, standingOf, stayingCount } from './stepsYield.ts'

const other = (text: string, on: readonly Place[]): Wait => ({ text, on, kind: 'other' })

/** What a step that starts something waits for. */
export function waitForSponsors(situation: Situation, { place, role, waits }: Draft): void {
  if (role === 'primary' && place.of.status!.role !== 'primary') waits.push(...unreadySponsors(situation, place))
  if (place.of.status!.role !== 'offline') return
  for (const need of needsOf(situation, place)) {
    const hosts = placesOn(situation, place, need.sponsor)
    if (!hosts.some((sponsor) => isInUse(sponsor, need))) waits.push(other(needText(situation, place, need), hosts))
  }
}

function unreadySponsors(situation: Situation, { standing }: Place): Wait[] {
  return situation.sponsorsOf(standing).flatMap((dependency) => {
    const sponsor = sponsorOf(situation, dependency)
    const count = stayingCount(sponsor)
    if (count >= dependency.instanceCountMin) return []
    const needed = dependency.instanceCountMin
    const text = `${sponsor.assignment}, which it depends on, to have ${needed} ${needed === 1 ? 'primary' : 'primaries'} ready (it has ${count})`
    return [other(text, sponsor.places.filter(isToBePrimary))]
  })
}

function needText({ compiled }: Situation, place: Place, { kind, sponsor }: Need): string {
  const host = componentId({ node: nodeNameOf(place), component: compiled.components[sponsor]!.name })
  return kind === 'proxy' ? `its proxy ${host} to be primary` : `${host}, which it needs, to have a role`
}

function isInUse({ aim, of: { status } }: Place, { kind }: Need): boolean {
  if (aim === 'offline' || status?.phase !== 'ready') return false
  return kind === 'proxy' ? status.role === 'primary' : status.role !== 'offline'
}

function needsOf({ compiled }: Situation, { of: { component } }: Place): readonly Need[] {
  const index = compiled.componentIndexes.get(componentNameOf(component))
  return index === undefined ? [] : compiled.needsOf[index]!
}

/** Of a component on the node of another. */
function placesOn(situation: Situation, { of: { component } }: Place, index: number): Place[] {
  const { compiled } = situation
  const { name, assignments } = compiled.components[index]!
  const host = componentId({ node: component.slice(0, component.indexOf('/')), component: name })
  return assignments.flatMap((assignment) =>
    standingOf(situation, compiled.assignments[assignment]!.name).places.filter(
      (place) => hostOf(place.of.component as ComponentId) === host,
    ),
  )
}

/** What a step that stops something waits for: those that need it, are to stop, and can be told to. */
export function waitForDependents(situation: Situation, draft: Draft): void {
  const { place, role, waits } = draft
  if (isReadyPrimary(place) && role !== 'primary') {
    for (const dependent of dependentsThatStop(situation, place))
      waits.push(other(`${dependent.of.component}, which depends on it, to stop`, [dependent]))
  }
  if (role !== 'offline') return
  const index = situation.compiled.componentIndexes.get(componentNameOf(place.of.component))
  for (const { dependent: needing } of index === undefined ? [] : situation.compiled.neededBy[index]!)
    for (const dependent of placesOn(situation, place, needing))
      if (dependent.aim === 'offline' && dependent.of.status !== null && dependent.of.status.role !== 'offline')
        waits.push(other(`${dependent.of.component}, which needs it, to stop`, [dependent]))
}

function dependentsThatStop(situation: Situation, { standing }: Place): Place[] {
  return situation.dependentsOf(standing).flatMap((dependency) => {
    const { dependent, instanceCountMin, mode } = dependency
    if (mode === 'start' || stayingCount(standing) >= instanceCountMin) return []
    const { places, isYielding } = standingOf(situation, situation.compiled.assignments[dependent]!.name)
    if (!isYielding && places.some(isToBePrimary)) return []
    return places.filter((other) => isActing(other) && isUp(other) && isReachable(other) && other.aim !== null)
  })
}
