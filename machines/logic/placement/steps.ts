/**
 * How to get from what is to what was decided: the commands that all assignments still need, each with what it waits for.
 *
 * Within an assignment (`stepsHop.ts`): quiesce the old primary, promote the new one once no other can be acting, introduce the
 * secondaries, retire the old one (DESIGN §4). Between assignments: sponsors before dependents, and the reverse when they stop
 * (`orderSponsors.ts`); what starts waits for room (`orderRoom.ts`), the more important first; a hand-over begins when its successor
 * has got what it needs, so that nobody goes unserved for longer than it must, unless that would never be (`orderCircles.ts`). Last,
 * starts wait for their turn (`staging.ts`).
 *
 * At every prefix of the steps: an exclusive assignment has at most one that acts, no node holds more than its capacity, no component
 * serves more than it can (but while it is promoted from secondary of several at once), what is to be apart is, and no primary starts
 * before its sponsors are ready. Some step goes, or is under
 * way, as long as there are any that wait for planned steps only.
 */
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import type { PlanInput } from './input.ts'
import { cutCircles } from './orderCircles.ts'
import { waitForDependents, waitForSponsors } from './orderSponsors.ts'
import { stage } from './staging.ts'
import { hop, isServed } from './stepsHop.ts'
import {
  addWait,
  isInActiveRole,
  isOver,
  isToBePrimary,
  type Place,
  type Situation,
  type Standing,
} from './stepsPlace.ts'
import { type Progress, progressOf } from './stepsProgress.ts'

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

const inOrder: readonly Role[] = ['quiescing', 'primary', 'secondary', 'spare', 'offline']
const levels: Record<Role, number> = { quiescing: 1, primary: 2, secondary: 3, spare: 4, offline: 5 }

/** Of all assignments, by name; those of one by level. */
export function stepsOfAll(input: PlanInput): Step[] {
  return stepsFrom(progressOf(input, null))
}

/** Of one assignment, beside all others. */
export function stepsOf(input: PlanInput, assignment: AssignmentName): Step[] {
  return stepsOfAll(input).filter((step) => step.assignment === assignment)
}

/** Of those that have not come to rest. */
export function stepsFrom(progress: Progress): Step[] {
  const { situation, standings, kept } = progress
  for (const { places } of standings) for (const place of places) hop(place)
  const places: Place[] = []
  for (const standing of standings) {
    const count = places.length
    pushWithStep(standing, places)
    if (places.length > count && standing.index >= 0) kept.isPending[standing.index] = 1
  }
  for (const place of places) {
    if (isAnswerNeeded(place)) continue
    if (isStart(place)) waitForSponsors(situation, place)
    else waitForDependents(situation, place)
  }
  waitForRoom(progress, places)
  waitToHandOver(places)
  stageGoing(progress, places)
  return places.map(stepOf)
}

/** In the order of their levels. */
function pushWithStep({ places }: Standing, into: Place[]): void {
  for (const role of inOrder) for (const place of places) if (place.next === role) into.push(place)
}

/** Others wait for its answer, so it waits for none (`stepsHop.ts`). */
function isAnswerNeeded({ of, next }: Place): boolean {
  return of.isUnanswered && next !== 'primary' && next !== 'secondary'
}

/** It gives its place a role that it had not got. */
function isStart({ next, of: { status } }: Place): boolean {
  return next === 'primary' || next === 'secondary' || (next === 'spare' && status!.role === 'offline')
}

/** The more important first, so that what is less leaves them the room there is. */
function waitForRoom(progress: Progress, places: readonly Place[]): void {
  const starting = places.filter(
    ({ next, of: { status } }) => (next === 'primary' || next === 'secondary') && next !== status!.role,
  )
  const room = starting.length > 0 ? progress.room() : null
  if (room === null) return
  for (const place of byPriority(progress.situation, starting)) {
    const role = place.next as 'primary' | 'secondary'
    const wait = room.whyNot(place, role)
    if (wait) addWait(place, wait)
    else if (place.waits.length === 0) room.take(place, role)
  }
  for (const place of starting)
    if (place.next === 'primary' && place.waits.length === 0) place.hold = room.whyNotTogether(place)
  room.giveBack()
}

function byPriority({ compiled }: Situation, places: readonly Place[]): readonly Place[] {
  if (compiled.levelCount < 2) return places
  const byLevel: Place[][] = []
  for (const place of places) {
    const { index } = place.standing
    const level = index < 0 ? compiled.levelCount : compiled.assignments[index]!.level
    const alike = byLevel[level]
    if (alike) alike.push(place)
    else byLevel[level] = [place]
  }
  return byLevel.flat()
}

function waitToHandOver(places: readonly Place[]): void {
  let isAnyHeld = false
  for (const place of places) {
    if (place.next === 'quiescing') hold(place)
    if (place.hold !== null) isAnyHeld = true
  }
  if (!isAnyHeld) return
  for (const place of places) letPass(place)
  cutCircles(places)
}

/**
 * A primary that works goes on until its successor has what it needs. One that has to stop for others does not; one that is locked, or
 * whose node leaves, does as long as planned steps make room for its successor.
 */
function hold(place: Place): void {
  const { places, isYielding } = place.standing
  const isOfflineForNow = place.aim === 'offline' && place.of.intended!.role !== 'offline'
  if (isOfflineForNow || place.of.isWithheld || isYielding || isServed(places)) return
  const successor = places.find((other) => isToBePrimary(other) && other.of.isUsable)
  const needed = successor?.waits.find(({ kind }) => kind === 'other')
  if (needed && (place.of.isUsable || needed.on.length > 0))
    place.hold = { ...needed, text: `its successor ${successor!.of.component}, which waits for ${needed.text},` }
}

/** What is not served at all, and is not less important, does not wait until others have handed over at their ease. */
function letPass({ next, waits, standing }: Place): void {
  if (next !== 'primary' || standing.places.some(isInActiveRole)) return
  for (const { on } of waits)
    for (const other of on)
      if (other.next === 'quiescing' && other.standing.priority <= standing.priority) other.hold = null
}

/** Commands of lower levels first. */
function stageGoing({ situation, standings }: Progress, places: readonly Place[]): void {
  const byLevel = inOrder.map((): Place[] => [])
  for (const place of places) if (whyWaiting(place) === null) byLevel[levels[place.next!] - 1]!.push(place)
  stage(situation, byLevel.flat(), standings)
}

function stepOf(place: Place): Step {
  const { of, standing, next } = place
  return {
    assignment: standing.assignment,
    component: of.component,
    role: next!,
    token: next === 'quiescing' ? quiescingToken(place) : of.intended!.token,
    level: levels[next!],
    waitsFor: whyWaiting(place),
  }
}

/**
 * That of the decision that gave its role to another, when its own has been decided anew since. What it acts on meanwhile may
 * remember the highest token it has seen, and would refuse a primary that comes with a lower one.
 */
function quiescingToken({ of: { intended, status }, standing }: Place): Token {
  const own = intended!.token
  const successor = standing.places.find(isToBePrimary)?.of.intended?.token ?? own
  const isBetween = compareTokens(successor, own) < 0 && compareTokens(successor, status!.token) > 0
  return isBetween ? successor : own
}

function whyWaiting({ waits, hold: held }: Place): string | null {
  return waits.find((wait) => !isOver(wait))?.text ?? held?.text ?? null
}
