/** What an operation would take away of what is required (SPEC R9): found by carrying the plan out to its end, without it and with it. */

import type { PlanInput } from '../../logic/placement/index.ts'
import { type Rehearsal, rehearse, shortageOf } from '../../logic/placement/rehearse.ts'
import type { AssignmentName } from '../../model/ids.ts'

interface Required {
  readonly primaries: number
  readonly secondaries: number
  readonly reason: string | null
}

const nothing: Required = { primaries: 0, secondaries: 0, reason: null }

/** In words what would be missing in the end that would not be missing without it; null: nothing. */
export function lossBy(before: PlanInput, after: PlanInput): string | null {
  return described(missingAfter(rehearse(before)), missingAfter(rehearse(after)))
}

/** The same of an outage: what is missing for as long as it lasts, since nobody stands in. */
export function outageBy(before: PlanInput, after: PlanInput): string | null {
  return described(missingIn(before), missingIn(after))
}

function missingAfter({ shortages }: Rehearsal): Map<AssignmentName, Required> {
  return new Map(shortages.map((shortage) => [shortage.assignment, shortage]))
}

function missingIn(input: PlanInput): Map<AssignmentName, Required> {
  const names = Object.keys(input.configuration.assignments)
  return new Map(names.map((name) => [name, { ...shortageOf(input, name), reason: null }]))
}

function described(before: Map<AssignmentName, Required>, after: Map<AssignmentName, Required>): string | null {
  const losses = [...after]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, missing]) => {
      const had = before.get(name) ?? nothing
      const primaryCount = missing.primaries - had.primaries
      const secondaryCount = missing.secondaries - had.secondaries
      if (primaryCount <= 0 && secondaryCount <= 0) return []
      const what =
        primaryCount > 0
          ? counted(primaryCount, 'primary', 'primaries')
          : counted(secondaryCount, 'secondary', 'secondaries')
      return [`${name} without ${what} that it requires${missing.reason === null ? '' : ` (${missing.reason})`}`]
    })
  if (losses.length === 0) return null
  const shown = losses.slice(0, lossesShownMax)
  return shown.join(', ') + (losses.length > shown.length ? `, and ${losses.length - shown.length} more` : '')
}

const lossesShownMax = 4

function counted(count: number, one: string, many: string): string {
  return count === 1 ? `a ${one}` : `${count} ${many}`
}
