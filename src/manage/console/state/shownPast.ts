/**
 * A moment of the past, from the states the machines were in. What no machine's state says (links, votes, an operator's settings) is
 * left out rather than guessed.
 */
import { nodeOf } from '../../../../machines/model/ids.ts'
import { stoppedAvailabilities } from '../../../../machines/model/status.ts'
import { type Actors, leafOf, rootOf } from './actors.ts'
import type { AssignmentShown, Health, NodeShown, PlaceShown, Shown } from './shown.ts'
import { getOrMake } from './shownLive.ts'
import { byNumber, type Structure } from './structure.ts'

export function shownOfPast(actors: Actors, structure: Structure): Shown {
  const master = structure.nodes.find((node) => stateOf(actors, node, 'membership') === 'primary') ?? null
  const seen = { observers: structure.nodes, master }
  const nodes = structure.nodes.map((name) => nodeShown(name, availabilityOf(actors, name, seen), name === master))
  const gone = new Set(nodes.filter(({ availability }) => isGone(availability)).map(({ name }) => name))
  const places = placesOf(actors, structure, gone)
  const names = [...new Set([...structure.redundancies.keys(), ...structure.components.values()])].sort(byNumber)
  const assignments = names.map((name) => assignmentShown(name, structure, places.get(name) ?? new Map()))
  return { nodes, assignments, master, quorum: null, problems: null }
}

const isGone = (availability: string) => (stoppedAvailabilities as readonly string[]).includes(availability)

function stateOf(actors: Actors, node: string, actor: string): string | null {
  const state = actors.get(`${node} ${actor}`)?.state
  return state === undefined ? null : rootOf(state)
}

/** As the master saw it; without one, as any other node did. A node that knows itself to be master is alive. */
function availabilityOf(
  actors: Actors,
  name: string,
  of: { observers: readonly string[]; master: string | null },
): string {
  if (of.master === name) return 'alive'
  if (of.master !== null) return stateOf(actors, of.master, `node/${name}`) ?? 'unknown'
  const seen = of.observers.map((node) => stateOf(actors, node, `node/${name}`)).filter((state) => state !== null)
  return seen.includes('alive') ? 'alive' : (seen[0] ?? 'unknown')
}

/** Who is vice no state says: it follows like the others. */
function nodeShown(name: string, availability: string, isMaster: boolean): NodeShown {
  const mastership = isMaster ? 'master' : 'member'
  return { name, availability, mastership, vote: null, setting: null, links: [], life: null, rank: null }
}

function placesOf(
  actors: Actors,
  structure: Structure,
  gone: ReadonlySet<string>,
): Map<string, Map<string, PlaceShown[]>> {
  const places = new Map<string, Map<string, PlaceShown[]>>()
  for (const [component, assignment] of structure.components) {
    const node = nodeOf(component as `${string}/${string}`)
    const state = actors.get(`${node} component/${component}`)?.state
    if (state === undefined) continue
    const isLost = gone.has(node)
    const place: PlaceShown = {
      component,
      node,
      role: isLost ? 'offline' : rootOf(state),
      phase: isLost ? 'stopped' : leafOf(state),
      intended: null,
      mark: isLost ? 'gone' : leafOf(state) === 'stopFailed' ? 'failed' : null,
      note: isLost ? `${node} is gone` : null,
    }
    const ofAssignment = getOrMake(places, assignment, () => new Map<string, PlaceShown[]>())
    getOrMake(ofAssignment, node, () => [] as PlaceShown[]).push(place)
  }
  return places
}

function assignmentShown(name: string, structure: Structure, places: AssignmentShown['places']): AssignmentShown {
  const redundancy = structure.redundancies.get(name) ?? null
  return {
    name,
    redundancy,
    health: healthOf([...places.values()].flat(), redundancy),
    reason: null,
    endpoint: null,
    places,
  }
}

function healthOf(places: readonly PlaceShown[], redundancy: string | null): Health {
  const has = (role: string) => places.some((place) => place.role === role && place.phase === 'ready')
  if (!has('primary') && !has('quiescing')) return 'unserved'
  const wantsStandby = redundancy === null ? places.length > 1 : !['none', 'load-sharing'].includes(redundancy)
  return wantsStandby && !has('secondary') ? 'degraded' : 'served'
}
