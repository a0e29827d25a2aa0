/** Whether the type of an assignment's component can carry its redundancy model. */
import { finding } from './finding.ts'
import { isSharedType, type Served } from './served.ts'
import type { Finding } from './source.ts'

export function checkModel(served: Served): Finding[] {
  return [...checkNumbers(served), ...checkRoles(served), ...checkType(served)]
}

/** Models in which a component serves several assignments. */
export function needsShared({ redundancy }: Served['assignment']): boolean {
  return redundancy === 'N+1' || redundancy === 'N+M' || redundancy === 'N-way'
}

/** A model is a name for numbers; others make it another model. */
function checkNumbers({ name, assignment, primaries, secondaries }: Served): Finding[] {
  const path = ['assignments', name]
  const redundancy = assignment.redundancy ?? '2N'
  const found: Finding[] = []
  for (const [key, { required, preferred }] of Object.entries({ primaries, secondaries })) {
    if (required <= preferred) continue
    const message = `expected as many as are required at the least, ${required}, found ${preferred}`
    found.push(finding([...path, key, 'preferred'], message, `write preferred: ${required}`))
  }
  if (redundancy !== 'load-sharing' && primaries.preferred > 1) {
    const message = `expected one primary, as ${redundancy} has, found ${primaries.preferred}`
    found.push(finding([...path, 'primaries'], message, 'write redundancy: load-sharing'))
  }
  if (redundancy === 'none' && secondaries.preferred > 0) {
    const message = `expected no secondaries, as none has, found ${secondaries.preferred}`
    found.push(finding([...path, 'secondaries'], message, 'write redundancy: 2N'))
  }
  if (redundancy !== 'none' && redundancy !== 'load-sharing' && secondaries.preferred === 0) {
    const message = `expected at least one secondary, as ${redundancy} has, found 0`
    found.push(finding([...path, 'secondaries'], message, 'write redundancy: none'))
  }
  return found
}

function checkRoles({ name, assignment, type, typeName, secondaries }: Served): Finding[] {
  if (!type || secondaries.preferred === 0) return []
  const path = ['assignments', name, assignment.secondaries ? 'secondaries' : 'redundancy']
  if (type.roles && !type.roles.includes('secondary')) {
    const message = `expected a type that can be secondary, found '${typeName}', whose roles are ${type.roles.join(', ')}`
    return [finding(path, message, `add secondary to types.${typeName}.roles, or write redundancy: none`)]
  }
  if (type.serves?.secondaries !== 0) return []
  const message = `expected a type that serves some as secondary, found '${typeName}', which serves none`
  return [finding(path, message, `raise types.${typeName}.serves.secondaries, or write redundancy: none`)]
}

function checkType({ name, assignment, type, typeName, primaries }: Served): Finding[] {
  if (!type) return []
  const { redundancy = '2N', withoutQuorum } = assignment
  const found: Finding[] = []
  const refuse = (key: string, message: string, suggestion: string) =>
    found.push(finding(['assignments', name, key], message, suggestion))
  if (redundancy !== 'N-way' && needsShared(assignment) && !isSharedType(type)) {
    const message = `${redundancy} needs a type that is secondary for several, found '${typeName}', which is for one`
    refuse('redundancy', message, `write serves: { secondaries: 8 } in types.${typeName}, or redundancy: 2N`)
  }
  if (redundancy === 'N-way' && !type.serves?.mixed) {
    const message = `N-way needs a type that is primary for some while it is secondary for others, found '${typeName}', which is one or the other`
    refuse('redundancy', message, `write mixed: true in types.${typeName}.serves, or redundancy: N+M`)
  }
  if (type.exclusive && primaries.preferred > 1) {
    const key = redundancy === 'load-sharing' ? 'redundancy' : 'primaries'
    const message = `expected a type that is not exclusive, for several primaries at once, found '${typeName}', which is`
    refuse(key, message, `write exclusive: false in types.${typeName}, if two at once do no harm`)
  }
  if (type.exclusive && (withoutQuorum === 'freeze' || withoutQuorum === 'ignore')) {
    const message = `expected stop or demote, found '${withoutQuorum}': '${typeName}' is exclusive, and another node takes it over`
    refuse('withoutQuorum', message, `write stop, or exclusive: false in types.${typeName}, if two at once do no harm`)
  }
  return found
}
