/** What is well-formed, and can be met on no day: required together and apart, together with no place in common, apart with too few. */
import { Bonds } from './bonds.ts'
import { assignmentsOf } from './checkRelationships.ts'
import { added, capacityOf, holds, resourcesText, roomText } from './checkWeights.ts'
import { isWithin, levelsOf, placeOf } from './containment.ts'
import { counted, countWord, finding } from './finding.ts'
import { placeCountMinOf, type Served } from './served.ts'
import type { Sifted } from './sift.ts'
import type { Finding, Path } from './source.ts'

interface Context {
  readonly sifted: Sifted
  readonly served: ReadonlyMap<string, Served>
}

/** Members that must stand together, or apart, at a level. */
interface Required {
  readonly path: Path
  /** As messages name it: `groups.web`. */
  readonly name: string
  readonly level: string
  /** What each member stands for. */
  readonly members: readonly (readonly string[])[]
}

export function checkContradictions(sifted: Sifted, served: ReadonlyMap<string, Served>): Finding[] {
  const context = { sifted, served }
  const together = [...requiredIn(sifted, 'together'), ...groupsIn(sifted)]
  const apart = requiredIn(sifted, 'apart')
  // What is together on a node, or in a part of a place, is together in that place.
  const bonds = new Map(
    [...new Set(apart.map(({ level }) => level))].map((level) => [
      level,
      new Bonds(together.filter((each) => isWithin(sifted, each.level, level))),
    ]),
  )
  return [
    ...together.flatMap((each) => checkCommonPlace(each, context)),
    ...apart.flatMap((each) => [...checkPlacesEnough(each, context), ...checkBoth(each, bonds.get(each.level)!)]),
  ]
}

function requiredIn(sifted: Sifted, kind: 'together' | 'apart'): Required[] {
  const levels = levelsOf(sifted)
  return [...sifted.relationships].flatMap(([name, each]) => {
    if (each.kind !== kind || each.strength !== 'required' || !each.members) return []
    if (each.level === undefined || !levels.includes(each.level)) return []
    const seen = new Set<string>()
    // One that is there twice is refused where that is written.
    const members = each.members.map((member) =>
      assignmentsOf(member, sifted).filter((assignment) => !seen.has(assignment) && seen.add(assignment)),
    )
    return [{ path: ['relationships', name], name: `relationships.${name}`, level: each.level, members }]
  })
}

function groupsIn({ groups, assignments }: Sifted): Required[] {
  return [...groups].map(([name, members]) => ({
    ...{ path: ['groups', name], name: `groups.${name}`, level: 'node' },
    members: members.filter((member) => assignments.has(member)).map((member) => [member]),
  }))
}

function placesOf({ sifted }: Context, nodes: readonly string[], level: string): Set<string> {
  return new Set(nodes.flatMap((node) => placeOf(sifted, node, level) ?? []))
}

function checkCommonPlace(required: Required, context: Context): Finding[] {
  const { path, level, members } = required
  const all = [...new Set(members.flat())].flatMap((name) => context.served.get(name) ?? [])
  const [first, ...others] = all
  if (!first || others.length === 0) return []
  let common = placesOf(context, first.allowed, level)
  for (const other of others) {
    const rest = common.intersection(placesOf(context, other.allowed, level))
    if (rest.size === 0 && common.size > 0) {
      const where = (each: Served) => `'${each.name}' on ${each.allowed.join(', ') || 'none'}`
      const message = `expected members with a ${level} in common, found ${where(first)} and ${where(other)}`
      return [finding(path, message, null, 'key')]
    }
    common = rest
  }
  return level === 'node' ? [...checkRoom(required, all, [...common], context), ...checkServed(path, all)] : []
}

/** All primaries of the members on one node: it must have room for them together. */
function checkRoom({ path }: Required, all: readonly Served[], nodes: string[], { sifted }: Context): Finding[] {
  const known = new Set([...sifted.nodes.values()].flatMap(({ capacity }) => Object.keys(capacity ?? {})))
  const total = Object.entries(added(all.map(({ assignment }) => assignment.weights ?? {})))
  // Of a resource that no node has it is said at the assignment.
  const weights = Object.fromEntries(total.filter(([resource]) => known.has(resource)))
  if (nodes.length === 0 || nodes.some((node) => holds(capacityOf(sifted, node), weights))) return []
  const message = `expected members that one node can hold together, found ${resourcesText(weights)}; ${roomText(sifted, nodes, weights)}`
  return [finding(path, message, null, 'key')]
}

function checkServed(path: Path, all: readonly Served[]): Finding[] {
  return [...Map.groupBy(all, ({ componentName }) => componentName)].flatMap(([component, members]) => {
    const most = members[0]!.type?.serves?.primaries ?? 1
    if (members.length <= most || members.length === 1) return []
    const message = `expected at most ${counted(most, 'member')} that '${component}' serves, found ${countWord(members.length)}: one instance of it is primary for no more`
    return [finding(path, message, null, 'key')]
  })
}

function checkPlacesEnough({ path, level, members }: Required, context: Context): Finding[] {
  const known = members.map((names) => names.flatMap((name) => context.served.get(name) ?? []))
  const places = placesOf(
    context,
    known.flatMap((of) => of.flatMap(({ allowed }) => allowed)),
    level,
  )
  const least = known.length === 1 ? Math.max(0, ...known[0]!.map(placeCountMinOf)) : sum(known.map(needs))
  if (places.size === 0 || places.size >= least) return []
  const message = `expected at least ${counted(least, level)} for its members, found ${countWord(places.size)}: ${[...places].join(', ')}`
  return [finding(path, message, null, 'key')]

  /** Two members share no place, but one may have several of its own roles in one, unless that is a node. */
  function needs(of: readonly Served[]): number {
    if (of.length === 0) return 0
    return level === 'node' ? Math.max(...of.map(placeCountMinOf)) : 1
  }
}

const bondsShownMax = 4

/** Each member with the first before it that it can never be apart from. */
function checkBoth({ path, members }: Required, bonds: Bonds): Finding[] {
  const owners = new Map<number, { name: string; index: number }>()
  return members.flatMap((names, index) => {
    for (const name of names) {
      const knot = bonds.knotOf(name)
      const owner = knot === null ? undefined : owners.get(knot)
      if (knot !== null && !owner) owners.set(knot, { name, index })
      if (!owner || owner.index === index) continue
      const by = bonds.between(owner.name, name)
      const shown = by.length > bondsShownMax ? `${by.length} relationships and groups` : by.join(' and ')
      const message = `expected members that can stand apart, found '${owner.name}' and '${name}', which ${shown} ${by.length === 1 ? 'keeps' : 'keep'} together`
      return [finding(path, message, 'remove one of these, or give it a number as strength', 'key')]
    }
    return []
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
