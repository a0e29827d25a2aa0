/** Carries steps out one at a time in a random order, and checks at every one what must hold. */

import type { Step } from '../../machines/logic/placement/index.ts'
import { type ComponentId, nodeOf } from '../../machines/model/ids.ts'
import { upAvailabilities } from '../../machines/model/status.ts'
import { dependenciesOf, excesses, type Held, pick, type Random, shuffled } from './mixedModels.ts'
import { distanceOf } from './stepsDistance.ts'
import type { StepsWorld } from './stepsWorld.ts'

/** More than any of the small clusters needs. */
const turnCountMax = 2000

export interface Disturbance {
  /** Before each turn. */
  readonly disturb?: () => void
  /** This share of the steps fails. */
  readonly failing?: number
}

/** Until nothing is left to do, or nothing goes any more. */
export function carryOut(world: StepsWorld, random: Random, { disturb, failing = 0 }: Disturbance = {}): void {
  for (let turn = 0; turn < turnCountMax; turn++) {
    disturb?.()
    const going = world.going()
    const told = [...world.told.keys()]
    if (going.length === 0 && told.length === 0) return
    const isTelling = told.length === 0 || (going.length > 0 && random() < 0.5)
    const telling = isTelling ? shuffled(random, going).slice(0, random() < 0.5 ? 1 : going.length) : []
    const isFailing = !isTelling && random() < failing
    const before = excesses(world.input.configuration, heldIn(world))
    if (isTelling) for (const step of telling) tell(world, step)
    else obey(world, pick(random, told), isFailing)
    if (!isFailing) checkRoom(world, before)
    checkActing(world)
  }
  throw fault(world, 'it does not come to an end')
}

function tell(world: StepsWorld, step: Step): void {
  checkStart(world, step)
  checkStop(world, step)
  world.tell(step)
}

/**
 * What is obeyed brings the world nearer to what was decided. Not so where a sponsor is back, and with that a restart of others begins;
 * nor where a primary stops for its sponsor, and meanwhile need not any more.
 */
function obey(world: StepsWorld, place: ComponentId, isFailing: boolean): void {
  const { role, assignment, upheavalCount } = world.told.get(place)!
  const isYielding = role !== 'primary' && world.input.intents[assignment]!.roles[place]?.role === 'primary'
  const isRestarting = dependenciesOf(world.input.configuration).some(({ mode }) => mode === 'restart')
  const isUndisturbed = upheavalCount === world.upheavalCount && !world.ending.has(place)
  const before = distanceOf(world.input)
  world.obey(place, { isFailing })
  const after = distanceOf(world.input)
  if (isFailing || isYielding || isRestarting || !isUndisturbed) return
  if (after >= before) throw fault(world, `from ${before} steps away to ${after}`)
}

function fault({ log, input }: StepsWorld, what: string): Error {
  const { relationships, assignments } = input.configuration
  return new Error([what, ...log, JSON.stringify({ relationships, assignments })].join('\n'))
}

/** What each place has, or may have by a command that was not obeyed yet. */
function heldIn({ input, ending }: StepsWorld): Held[] {
  return Object.entries(input.intents).flatMap(([assignment, { roles }]) =>
    (Object.keys(roles) as ComponentId[]).flatMap((place): Held[] => {
      const status = input.statuses[place]
      const role = ending.get(place) ?? status?.role
      const told = input.commanded[place]?.role
      if (role === 'primary' || role === 'quiescing' || told === 'primary')
        return [{ assignment, place, role: 'primary' }]
      const isSecondary = role === 'secondary' || told === 'secondary'
      if (status?.phase === 'stopFailed') return [{ assignment, place, role: 'primary' }]
      const isToBePrimary = roles[place]!.role === 'primary'
      return isSecondary ? [{ assignment, place, role: 'secondary', isToBePrimary }] : []
    }),
  )
}

/** Only what fails may exceed what there is room for. */
function checkRoom(world: StepsWorld, before: ReadonlyMap<string, number>): void {
  for (const [subject, excess] of excesses(world.input.configuration, heldIn(world)))
    if (excess > (before.get(subject) ?? 0)) throw fault(world, `${subject} is exceeded by ${excess}`)
}

function checkActing(world: StepsWorld): void {
  const { configuration } = world.input
  for (const [assignment, { component }] of Object.entries(configuration.assignments)) {
    if (!configuration.types[configuration.components[component]!.type]!.exclusive) continue
    const acting = heldIn(world).filter((of) => of.assignment === assignment && acts(world, of.place))
    if (acting.length > 1) throw fault(world, `${acting.map(({ place }) => place).join(' and ')} act`)
  }
}

function acts({ input, ending }: StepsWorld, place: ComponentId): boolean {
  const status = input.statuses[place]
  if (ending.get(place) === 'primary') return true
  const isStuck = status?.phase === 'stopFailed' && status.isActive
  return status?.role === 'primary' || isStuck || input.commanded[place]?.role === 'primary'
}

function readyCount(
  { input }: StepsWorld,
  assignment: string,
  isCounted: (place: ComponentId) => boolean = () => true,
): number {
  return (Object.keys(input.intents[assignment]?.roles ?? {}) as ComponentId[]).filter((place) => {
    const isUp = upAvailabilities.includes(input.nodes[nodeOf(place)]!)
    return isCounted(place) && isUp && input.statuses[place]?.role === 'primary'
  }).length
}

function isMaintained({ input }: StepsWorld, place: ComponentId): boolean {
  return input.administrative?.nodes[nodeOf(place)] === 'maintenance'
}

/** A primary starts when its sponsors have the primaries that it needs. */
function checkStart(world: StepsWorld, { assignment, component, role }: Step): void {
  if (role !== 'primary' || world.input.statuses[component]!.role === 'primary') return
  for (const { dependent, sponsor, instanceCountMin, mode } of dependenciesOf(world.input.configuration)) {
    const isExpected = mode !== 'start' || decidedCount(world, sponsor) >= instanceCountMin
    if (dependent === assignment && isExpected && readyCount(world, sponsor) < instanceCountMin)
      throw fault(world, `${component} starts before ${sponsor} is ready`)
  }
}

function decidedCount({ input }: StepsWorld, assignment: string): number {
  return Object.values(input.intents[assignment]?.roles ?? {}).filter(({ role }) => role === 'primary').length
}

/** What stops as planned stops after its dependents, unless they tolerate that it moves. */
function checkStop(world: StepsWorld, { assignment, component, role }: Step): void {
  const { configuration, statuses } = world.input
  if (role === 'primary' || statuses[component]!.role !== 'primary') return
  for (const { dependent, sponsor, instanceCountMin, mode, toleranceMs } of dependenciesOf(configuration)) {
    const isLeft = readyCount(world, sponsor, (place) => place !== component) >= instanceCountMin
    const isFollowed = decidedCount(world, sponsor) > 0
    if (sponsor !== assignment || mode === 'start' || isLeft || (toleranceMs > 0 && isFollowed)) continue
    if (readyCount(world, dependent, (place) => !isMaintained(world, place)) > 0)
      throw fault(world, `${component} stops before ${dependent}`)
  }
}
