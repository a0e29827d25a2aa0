/** The present, from the view that the node sends. */
import { nodeOf } from '../../../../machines/model/ids.ts'
import type { AssignmentView, ClusterView, ComponentView, NodeView } from '../../../../machines/model/view.ts'
import type { AssignmentShown, NodeShown, PlaceShown, Shown } from './shown.ts'

export function shownOfView(view: ClusterView): Shown {
  const places = new Map<string, Map<string, PlaceShown[]>>()
  for (const component of view.components) {
    if (component.assignment === null) continue
    const node = nodeOf(component.component)
    const ofAssignment = getOrMake(places, component.assignment, () => new Map<string, PlaceShown[]>())
    getOrMake(ofAssignment, node, () => [] as PlaceShown[]).push(placeShown(component, node))
  }
  const { isQuorate, aliveVoterCount, voterCount, neededCount } = view.quorum
  return {
    nodes: view.nodes.map(nodeShown),
    assignments: view.assignments.map((of) => assignmentShown(of, places.get(of.name) ?? new Map())),
    master: view.master,
    quorum: { isQuorate, alive: aliveVoterCount, voters: voterCount, needed: neededCount },
    problems: view.problems,
  }
}

function nodeShown({ name, availability, mastership, vote, state, links, incarnation, rank }: NodeView): NodeShown {
  return { name, availability, mastership, vote, setting: state ?? null, links, life: incarnation, rank }
}

function assignmentShown(of: AssignmentView, places: AssignmentShown['places']): AssignmentShown {
  const { name, redundancy, reason, endpoint } = of
  return { name, redundancy, health: of.state ?? of.health, reason, endpoint, places }
}

function placeShown(of: ComponentView, node: string): PlaceShown {
  return {
    component: of.component,
    node,
    role: of.role,
    phase: of.phase,
    intended: of.intendedRole === of.role ? null : of.intendedRole,
    mark: markOf(of),
    note: of.failure ? `${of.failure.code}: ${of.failure.detail}` : null,
  }
}

function markOf(of: ComponentView): PlaceShown['mark'] {
  if (of.isBarred) return 'barred'
  if (of.isLocked) return 'locked'
  if (of.isMaintained) return 'maintenance'
  return of.failure || of.phase === 'stopFailed' ? 'failed' : null
}

export function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
