/**
 * Hand-overs that wait for room that others hold who wait for room themselves, in a circle: each would wait for ever. In each circle
 * the least important begins at once: it quiesces and stops, comes back when the others have made room, and is not served meanwhile.
 *
 * Every wait that could close a circle passes through such a hold: what starts waits for what stops, or for its sponsors; what stops
 * waits for its dependents to stop. Both go along dependencies, which have no circles; only a hold leads from what stops back to what starts.
 */
import type { Draft, Place } from './stepsPlace.ts'

export function cutCircles(drafts: readonly Draft[]): void {
  const held = drafts.filter(({ hold }) => hold !== null)
  const isFree = new Set<Draft>()
  for (const draft of held) {
    for (let circle = circleFrom(draft, isFree); circle; circle = circleFrom(draft, isFree))
      leastImportant(circle).hold = null
  }
}

function leastImportant(circle: readonly Draft[]): Draft {
  const holding = circle.filter(({ hold }) => hold !== null)
  return holding.reduce((least, draft) => (isLessImportant(draft.place, least.place) ? draft : least))
}

function isLessImportant({ standing: a }: Place, { standing: b }: Place): boolean {
  return a.priority < b.priority || (a.priority === b.priority && a.assignment > b.assignment)
}

/** A way from a step over what it waits for back to one on it, if that one holds; `isFree` has those from which none starts. */
function circleFrom(from: Draft, isFree: Set<Draft>): Draft[] | null {
  if (isFree.has(from)) return null
  const way: Draft[] = []
  const isOnWay = new Set<Draft>()
  const follow = (draft: Draft): Draft[] | null => {
    if (isFree.has(draft)) return null
    if (isOnWay.has(draft)) {
      const circle = way.slice(way.indexOf(draft))
      return circle.some(({ hold }) => hold !== null) ? circle : null
    }
    way.push(draft)
    isOnWay.add(draft)
    for (const next of nextOf(draft)) {
      const circle = follow(next)
      if (circle) return circle
    }
    way.pop()
    isOnWay.delete(draft)
    isFree.add(draft)
    return null
  }
  return follow(from)
}

function nextOf({ waits, hold }: Draft): Draft[] {
  const on = [...waits, ...(hold ? [hold] : [])].flatMap((wait) => wait.on)
  return on.flatMap(({ draft }) => (draft ? [draft] : []))
}
