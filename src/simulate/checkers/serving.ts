/**
 * SPEC C6, R3: no program serves more assignments than its type can, nor is it primary for some and secondary for others if it is one or the
 * other. One that is promoted from secondary of several is told so one by one: a mix that ends with the last of them is none.
 */
import type { Configuration } from '../../../machines/model/configuration.ts'
import { servingLimitsOf } from '../../../machines/model/redundancy.ts'
import type { Checker } from './checker.ts'
import { type Held, standing, type Wrong } from './standing.ts'

export function servingLimits(
  { assignments, components, types }: Configuration,
  options: { readonly promotionMs: number },
): Checker {
  return standing('serving-limits', (held) => {
    const hosts = Map.groupBy(
      held,
      ({ node, assignment }) => `${node}/${assignments[assignment]?.component ?? assignment}`,
    )
    return [...hosts].flatMap(([host, all]) => {
      const name = assignments[all[0]!.assignment]?.component
      // What is added while the cluster runs is plain.
      const limits = servingLimitsOf(name === undefined ? {} : types[components[name]!.type]!)
      const [primaries, secondaries] = [all.filter(isPrimary), all.filter((one) => !isPrimary(one))]
      const wrong: Wrong[] = []
      if (primaries.length > limits.primaryCountMax)
        wrong.push({ text: `${host} acts for ${namesOf(primaries)}, and can for ${limits.primaryCountMax}` })
      if (secondaries.length > limits.secondaryCountMax)
        wrong.push({ text: `${host} stands by for ${namesOf(secondaries)}, and can for ${limits.secondaryCountMax}` })
      if (primaries.length > 0 && secondaries.length > 0 && !limits.isMixed)
        for (const other of secondaries)
          wrong.push({
            text: `${host} acts for others while it stands by for ${other.assignment}`,
            toleranceMs: options.promotionMs,
            endsWell: (later) => isActing(later, other) || !later.some((one) => isPrimary(one) && isBeside(one, other)),
          })
      return wrong
    })
  })
}

const isPrimary = ({ role }: Held): boolean => role === 'primary'
const isBeside = (one: Held, other: Held): boolean => one.component === other.component
const isSame = (one: Held, other: Held): boolean => isBeside(one, other) && one.assignment === other.assignment
const isActing = (held: readonly Held[], one: Held): boolean =>
  held.some((each) => isPrimary(each) && isSame(each, one))

function namesOf(held: readonly Held[]): string {
  return held
    .map(({ assignment }) => assignment)
    .sort()
    .join(', ')
}
