/** Checks of what relationships, groups and releases name. Whether they can be met is another question: `checkContradictions.ts`. */
import { levelsOf } from './containment.ts'
import { checkExists, checkStandsOn, finding } from './finding.ts'
import { suggestionFor } from './nearest.ts'
import { memberOf } from './relationship.ts'
import type { Served } from './served.ts'
import type { Sifted, SiftedRelationship } from './sift.ts'
import type { Finding, Path } from './source.ts'

type Of<Kind> = Extract<SiftedRelationship, { kind: Kind }>

export function checkRelationships(sifted: Sifted, served: ReadonlyMap<string, Served>): Finding[] {
  const context = { sifted, served }
  const found = [...sifted.relationships].flatMap(([name, each]) => checkOne(['relationships', name], each, context))
  return [...found, ...checkGroups(sifted)]
}

interface Context {
  readonly sifted: Sifted
  readonly served: ReadonlyMap<string, Served>
}

function checkOne(path: Path, relationship: SiftedRelationship, context: Context): Finding[] {
  switch (relationship.kind) {
    case 'dependency':
      return checkDependency(path, relationship, context)
    case 'component-dependency':
      return checkComponents(path, { ...relationship, keys: ['dependent', 'sponsor'] }, context.sifted)
    case 'containment': {
      const { contained, container } = relationship
      const keys = ['contained', 'container'] as const
      return checkComponents(path, { dependent: contained, sponsor: container, keys }, context.sifted)
    }
    default:
      return checkPlaces(path, relationship, context.sifted)
  }
}

function checkDependency(
  path: Path,
  { dependent, sponsor, atLeast, tolerance, mode }: Of<'dependency'>,
  { sifted, served }: Context,
): Finding[] {
  const { assignments } = sifted
  const found = Object.entries({ dependent, sponsor }).flatMap(([key, name]) =>
    name === undefined ? [] : checkExists([...path, key], { what: 'assignment', name, among: assignments }),
  )
  const of = sponsor === undefined ? undefined : served.get(sponsor)
  const most = of ? Math.min(of.primaries.preferred, of.nodes.length) : Number.POSITIVE_INFINITY
  if (atLeast !== undefined && atLeast > most) {
    const message = `expected at most ${most}, the primaries that '${sponsor}' can have, found ${atLeast}`
    found.push(finding([...path, 'atLeast'], message, `write atLeast: ${most}`))
  }
  if (mode === 'start' && tolerance !== undefined && tolerance > 0) {
    const message = 'expected none with mode: start, whose dependent never stops for its sponsor'
    found.push(finding([...path, 'tolerance'], message, 'leave it out, or write mode: full'))
  }
  return found
}

function checkPlaces(path: Path, { kind, members, level }: Of<'together' | 'apart'>, sifted: Sifted): Finding[] {
  const { assignments, components } = sifted
  const levels = levelsOf(sifted)
  const found: Finding[] = []
  if (level !== undefined && !levels.includes(level)) {
    const message = `expected node, or a level of the nodes' containment, found '${level}'`
    found.push(finding([...path, 'level'], message, suggestionFor(level, levels)))
  }
  const seen = new Map<string, string>()
  for (const [index, text] of (members ?? []).entries()) {
    const at = [...path, 'members', index]
    const { assignment, component } = memberOf(text)
    found.push(
      ...(component === undefined
        ? checkExists(at, { what: 'assignment', name: assignment, among: assignments })
        : checkExists(at, { what: 'component', name: component, among: components })),
    )
    for (const each of assignmentsOf(text, sifted)) {
      const other = seen.get(each)
      if (other === text) found.push(finding(at, `the member '${text}' is there twice`, null))
      else if (other !== undefined)
        found.push(finding(at, `'${component === undefined ? other : text}' has '${each}' in it already`, null))
      if (other !== undefined) break
      seen.set(each, text)
    }
  }
  if (kind === 'together' && members?.length === 1 && memberOf(members[0]!).component === undefined)
    found.push(finding([...path, 'members'], 'expected two members or more, found one', null))
  return found
}

/** What a member of a relationship stands for. */
export function assignmentsOf(member: string, { assignments }: Sifted): string[] {
  const { assignment, component } = memberOf(member)
  if (component === undefined) return assignments.has(assignment) ? [assignment] : []
  return [...assignments].filter(([, each]) => each.component === component).map(([name]) => name)
}

interface ComponentPair {
  readonly dependent?: string | undefined
  readonly sponsor?: string | undefined
  readonly keys: readonly [string, string]
}

function checkComponents(path: Path, { dependent, sponsor, keys }: ComponentPair, sifted: Sifted): Finding[] {
  const { components, assignments } = sifted
  const found = [dependent, sponsor].flatMap((name, index) =>
    name === undefined ? [] : checkExists([...path, keys[index]!], { what: 'component', name, among: components }),
  )
  if (found.length > 0 || dependent === undefined || sponsor === undefined) return found
  const at = [...path, keys[1]]
  if (![...assignments.values()].some(({ component }) => component === sponsor)) {
    const message = `expected a component that serves an assignment, found '${sponsor}', which serves none and so never runs`
    return [finding(at, message, `add an assignment with component: ${sponsor}`)]
  }
  return checkStandsOn(at, { dependent, sponsor, components })
}

function checkGroups({ groups, assignments }: Sifted): Finding[] {
  const owners = new Map<string, string>()
  return [...groups].flatMap(([name, members]) =>
    members.flatMap((member, index) => {
      const path = ['groups', name, index]
      const found = checkExists(path, { what: 'assignment', name: member, among: assignments })
      const owner = owners.get(member)
      owners.set(member, owner ?? name)
      if (owner === name) return [...found, finding(path, `the member '${member}' is there twice`, null)]
      if (owner === undefined) return found
      const message = `expected an assignment that is in no other group, found '${member}', which is in '${owner}'`
      return [...found, finding(path, message, 'add a dependency on it instead, or make one group of both')]
    }),
  )
}

export function checkReleases({ releases }: Sifted): Finding[] {
  return (releases?.incompatible ?? []).flatMap(([one, other], index) => {
    if (one !== other) return []
    const message = `expected two releases, found '${one}' twice`
    return [finding(['releases', 'incompatible', index], message, null)]
  })
}
