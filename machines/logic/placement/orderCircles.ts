/**
 * Hand-overs that wait for room that others hold who wait for room themselves, in a circle: each would wait for ever. In each circle
 * the least important begins at once: it quiesces and stops, comes back when the others have made room, and is not served meanwhile.
 *
 * Every wait that could close a circle passes through such a hold: what starts waits for what stops, or for its sponsors; what stops
 * waits for its dependents to stop. Both go along dependencies, which have no circles; only a hold leads from what stops back to what starts,
 * or from one that is promoted to another that is to be promoted together with it (`Room.whyNotTogether`), which is cut as well.
 */
import { isOver, type Place } from './stepsPlace.ts'

/** Of places with a step. */
export function cutCircles(places: readonly Place[]): void {
  const isFree = new Set<Place>()
  for (const place of places) {
    if (place.hold === null) continue
    for (let circle = circleFrom(place, isFree); circle; circle = circleFrom(place, isFree))
      leastImportant(circle).hold = null
  }
}

function leastImportant(circle: readonly Place[]): Place {
  const holding = circle.filter(({ hold }) => hold !== null)
  const handingOver = holding.filter(({ next }) => next === 'quiescing')
  return (handingOver.length > 0 ? handingOver : holding).reduce((least, place) =>
    isLessImportant(place, least) ? place : least,
  )
}

function isLessImportant({ standing: a }: Place, { standing: b }: Place): boolean {
  return a.priority < b.priority || (a.priority === b.priority && a.assignment > b.assignment)
}

/** A way from a step over what it waits for back to one on it, with a hold between; `isFree` has those from which none starts. */
function circleFrom(from: Place, isFree: Set<Place>): Place[] | null {
  const way: Place[] = []
  const isOnWay = new Set<Place>()
  const follow = (place: Place): Place[] | null => {
    if (isFree.has(place)) return null
    if (isOnWay.has(place)) {
      const circle = way.slice(way.indexOf(place))
      return circle.some(({ hold }) => hold !== null) ? circle : null
    }
    way.push(place)
    isOnWay.add(place)
    for (const next of nextOf(place)) {
      const circle = follow(next)
      if (circle) return circle
    }
    way.pop()
    isOnWay.delete(place)
    isFree.add(place)
    return null
  }
  return follow(from)
}

function nextOf({ waits, hold }: Place): Place[] {
  const present = waits.filter((wait) => !isOver(wait))
  return [...present, ...(hold ? [hold] : [])].flatMap(({ on }) => on.filter(({ next }) => next !== null))
}
