/**
 * How much detail the recorder keeps, by what it costs: lowered a step at once in a second that went over the budget, raised a step
 * when what the higher one would have cost was well within it for some seconds in a row. Only quiet steps are ever left out
 * (`quiet.ts`), so replay is exact at each level; at the lowest one what is over the budget is over it.
 */

/**
 * From most to least: `full`, every step; `incidents`, quiet steps only around an incident, elsewhere counted; `changes`, quiet
 * steps nowhere but counted.
 */
export const details = ['full', 'incidents', 'changes'] as const
export type Detail = (typeof details)[number]

export interface DetailState {
  readonly detail: Detail
  /** Seconds in a row in which the level above would have been cheap. */
  readonly calmCount: number
}

/** What a second cost, each as a multiple of the budget. */
export interface Load {
  readonly now: number
  /** Had the level been one higher. */
  readonly oneHigher: number
}

/** A level that costs more than this share of the budget is not gone back to. */
const raiseBelow = 0.8
const raiseAfterCount = 3

export const fullDetail: DetailState = { detail: 'full', calmCount: 0 }

/** The next state, after a second with this load. */
export function judge({ detail, calmCount }: DetailState, { now, oneHigher }: Load): DetailState {
  const level = details.indexOf(detail)
  if (now > 1) return { detail: details[Math.min(level + 1, details.length - 1)]!, calmCount: 0 }
  if (level === 0 || oneHigher >= raiseBelow) return { detail, calmCount: 0 }
  if (calmCount + 1 < raiseAfterCount) return { detail, calmCount: calmCount + 1 }
  return { detail: details[level - 1]!, calmCount: 0 }
}
