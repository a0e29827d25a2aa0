/**
 * How to get from what is to what was decided: the commands that all assignments still need, each with what it waits for.
 *
 * Within an assignment (`stepsHop.ts`): quiesce the old primary, promote the new one once no other can be acting, introduce the
 * secondaries, retire the old one (DESIGN §4). Between assignments: sponsors before dependents, and the reverse when they stop
 * (`orderSponsors.ts`); what starts waits for room (`orderRoom.ts`), the more important first; a hand-over begins when its successor
 * has got what it needs, so that nobody goes unserved for longer than it must, unless that would never be (`orderCircles.ts`).
 *
 * At every prefix of the steps: an exclusive assignment has at most one that acts, no node holds more than its capacity, no component
 * serves more than it can, what is to be apart is, and no primary starts before its sponsors are ready. Some step goes, or is under
 * way, as long as there are any that wait for planned steps only.
 */
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import type { PlanInput } from './input.ts'
import { cutCircles } from './orderCircles.ts'
import { roomOf } from './orderRoom.ts'
import { waitForDependents, waitForSponsors } from './orderSponsors.ts'
import { draftOf, isServed } from './stepsHop.ts'
import { type Draft, isToBePrimary, type Place, type Situation, situationOf, type Wait } from './stepsPlace.ts'
import { standingOf } from './stepsYield.ts'

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

/** Of all assignments, by name; those of one by level. */
export function stepsOfAll(input: PlanInput): Step[] {
  const situation = situationOf(input)
  const drafts = Object.keys(input.intents)
    .sort()
    .flatMap((assignment) => draftsOf(situation, assignment))
  for (const draft of drafts) {
    if (isAnswerNeeded(draft)) continue
    if (isStart(draft)) waitForSponsors(situation, draft)
    else waitForDependents(situation, draft)
  }
  waitForRoom(situation, drafts)
  for (const draft of drafts) draft.hold = holdOf(draft)
  for (const draft of drafts) letPass(draft)
  cutCircles(drafts)
  return drafts.map(stepOf)
}

/** Of one assignment. */
export function stepsOf(input: PlanInput, assignment: AssignmentName): Step[] {
  return stepsOfAll(input).filter((step) => step.assignment === assignment)
}

function draftsOf(situation: Situation, assignment: AssignmentName): Draft[] {
  const drafts: Draft[] = []
  for (const place of standingOf(situation, assignment).places) {
    place.draft = draftOf(place)
    if (place.draft) drafts.push(place.draft)
  }
  return drafts.sort((a, b) => levels[a.role] - levels[b.role])
}

/** Others wait for its answer, so it waits for none (`stepsHop.ts`). */
function isAnswerNeeded({ place, role }: Draft): boolean {
  return place.of.isUnanswered && role !== 'primary' && role !== 'secondary'
}

/** It gives its place a role that it had not got. */
function isStart({ place, role }: Draft): boolean {
  const before = place.of.status!.role
  return role === 'primary' || role === 'secondary' || (role === 'spare' && before === 'offline')
}

/** The more important first, so that what is less leaves them the room there is. */
function waitForRoom(situation: Situation, drafts: readonly Draft[]): void {
  const starting = drafts.filter(({ role }) => role === 'primary' || role === 'secondary')
  const room = starting.length > 0 ? roomOf(situation) : null
  if (room === null) return
  for (const draft of starting.sort((a, b) => b.place.standing.priority - a.place.standing.priority)) {
    const { place, waits } = draft
    const role = draft.role as 'primary' | 'secondary'
    const wait = role === place.of.status!.role ? null : room.whyNot(place, role)
    if (wait) waits.push(wait)
    else if (waits.length === 0) room.take(place, role)
  }
}

/** A primary that works goes on until its successor has what it needs. One that has to stop for others does not. */
function holdOf({ place, role }: Draft): Wait | null {
  const { places, isYielding } = place.standing
  if (role !== 'quiescing' || place.aim === 'offline' || isYielding || !place.of.isUsable) return null
  const successor = places.find((other) => isToBePrimary(other) && other.of.isUsable)
  const needed = isServed(places) ? undefined : successor?.draft?.waits.find(({ kind }) => kind === 'other')
  return needed
    ? { ...needed, text: `its successor ${successor!.of.component}, which waits for ${needed.text},` }
    : null
}

/** What is not served at all, and is not less important, does not wait until others have handed over at their ease. */
function letPass({ place, role, waits }: Draft): void {
  if (role !== 'primary' || place.standing.places.some((other) => other.of.status?.role === 'primary')) return
  for (const { draft } of waits.flatMap(({ on }) => on))
    if (draft?.hold && draft.place.standing.priority <= place.standing.priority) draft.hold = null
}

function stepOf({ place, role, waits, hold }: Draft): Step {
  const wait = waits.find((each) => !isOver(each)) ?? hold
  return {
    assignment: place.standing.assignment,
    component: place.of.component,
    role,
    token: role === 'quiescing' ? quiescingToken(place) : place.of.intended!.token,
    level: levels[role],
    waitsFor: wait?.text ?? null,
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

/** Nobody gives way to one that waits itself. */
function isOver({ kind, on }: Wait): boolean {
  return kind === 'courtesy' && on.some((place) => isHeldUp(place))
}

function isHeldUp({ draft }: Place): boolean {
  return draft?.waits.some(({ kind }) => kind === 'other') ?? false
}
