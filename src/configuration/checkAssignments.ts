/** Checks of assignments one by one, and of those that share a component: a model needs a type and nodes that can carry it. */
import { checkModel, needsShared } from './checkModel.ts'
import { checkExists, counted, countWord, finding } from './finding.ts'
import { suggestionFor } from './nearest.ts'
import { isSharedType, placeCountMinOf, type Served } from './served.ts'
import type { Sifted } from './sift.ts'
import type { Finding } from './source.ts'

type All = ReadonlyMap<string, Served>

export function checkAssignments({ assignments, components }: Sifted, served: All): Finding[] {
  return [
    ...[...assignments].flatMap(([name, { component }]) => {
      if (component === undefined) return []
      return checkExists(['assignments', name, 'component'], { what: 'component', name: component, among: components })
    }),
    ...checkSharing(served),
    ...[...served.values()].flatMap((each) => [...checkModel(each), ...checkCounts(each), ...checkWishes(each)]),
    ...checkServing(served),
  ]
}

function checkSharing(served: All): Finding[] {
  const servers = new Map<string, string>()
  return [...served.values()].flatMap(({ name, componentName, type, typeName, assignment }) => {
    const other = servers.get(componentName)
    servers.set(componentName, other ?? name)
    // Of a model that needs a shared type, it has been said already what is missing.
    if (other === undefined || (type && (isSharedType(type) || needsShared(assignment)))) return []
    const message = `expected a component of its own, found '${componentName}', which serves '${other}' already`
    const suggestion = type && `add serves to types.${typeName}, if one of its programs can serve several`
    return [finding(['assignments', name, 'component'], message, suggestion)]
  })
}

/** Whether it has nodes enough: none of its places is on the node of another. */
function checkCounts(each: Served): Finding[] {
  const { name, assignment, nodes, allowed, componentName } = each
  const redundancy = assignment.redundancy ?? '2N'
  const path = ['assignments', name]
  const least = placeCountMinOf(each)
  if (nodes.length < least) {
    const key = assignment.primaries ? 'primaries' : assignment.secondaries ? 'secondaries' : 'redundancy'
    const subject = key === 'redundancy' ? redundancy : `its ${key}`
    const needs = key === 'redundancy' ? 'needs' : 'need'
    const message = `${subject} ${needs} a component on ${counted(least, 'node')}, found ${countWord(nodes.length)}: ${nodes.join(', ')}`
    const suggestion = `add a node to components.${componentName}.nodes, or write ${key === 'redundancy' && redundancy === '2N' ? 'none' : 'fewer'}`
    return [finding([...path, key], message, suggestion)]
  }
  if (allowed.length >= least) return []
  const isRequired = allowed.some((node) => assignment.wishes?.[node] === 'required')
  const message = `expected at least ${counted(least, 'node')} that ${isRequired ? 'are required' : 'are not forbidden'}, for its primaries and secondaries, found ${allowed.join(', ') || 'none'}`
  return [finding([...path, 'wishes'], message, null, 'key')]
}

function checkWishes({ name, assignment, nodes, primaries, secondaries }: Served): Finding[] {
  const wishes = Object.entries(assignment.wishes ?? {})
  const path = ['assignments', name, 'wishes']
  const strange = wishes.filter(([node]) => !nodes.includes(node))
  const found = strange.map(([node]) => {
    const message = `expected one of the nodes of its component, found '${node}'`
    return finding([...path, node], message, suggestionFor(node, nodes), 'key')
  })
  const required = wishes.filter(([, wish]) => wish === 'required')
  const most = primaries.preferred + secondaries.preferred
  const surplus = required[most]
  if (surplus === undefined) return found
  const message = `expected at most ${counted(most, 'node')} that ${most === 1 ? 'is' : 'are'} required, as many as it has primaries and secondaries, found ${countWord(required.length)}`
  return [...found, finding([...path, surplus[0]], message, 'forbid the nodes where it may not be instead')]
}

/** Whether those that share a component have instances enough of it, with all nodes up. */
function checkServing(served: All): Finding[] {
  const sharing = new Map<string, Served[]>()
  for (const each of served.values())
    if (each.type && isSharedType(each.type))
      sharing.set(each.componentName, [...(sharing.get(each.componentName) ?? []), each])
  return [...sharing].flatMap(([component, all]) => {
    const { type, typeName, nodes } = all[0]!
    const { primaries, secondaries, mixed } = type!.serves!
    const primaryCount = sum(all.map((each) => each.primaries.required))
    const secondaryCount = sum(all.map((each) => each.secondaries.required))
    if (secondaryCount > 0 && secondaries === 0) return []
    const forPrimaries = Math.ceil(primaryCount / primaries)
    const forSecondaries = secondaryCount === 0 ? 0 : Math.ceil(secondaryCount / secondaries)
    const least = mixed ? Math.max(forPrimaries, forSecondaries) : forPrimaries + forSecondaries
    if (nodes.length >= least) return []
    const counts = [
      `${counted(primaryCount, 'primary')} at ${primaries} a node`,
      ...(secondaryCount > 0 ? [`${counted(secondaryCount, 'secondary')} at ${secondaries} a node`] : []),
    ]
    const message = `expected at least ${counted(least, 'node')}, for ${counts.join(' and ')}${mixed || secondaryCount === 0 ? '' : ', not on the same nodes'}; found ${countWord(nodes.length)}`
    return [finding(['components', component, 'nodes'], message, `add nodes, or raise types.${typeName}.serves`)]
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
