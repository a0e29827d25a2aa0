/**
 * What a black box tells beyond its timeline, by running the machines again: which guards decided a step, and why the CRIM gave a role
 * to whom. Of machines that this program does not have in that version there is nothing to tell.
 */
import type { CrimContext, StoredIntent } from '../../machines/crim/context.ts'
import { viewOf } from '../../machines/crim/view.ts'
import type { Decision } from '../../machines/logic/placement/rehearse/commit.ts'
import { whyDecided } from '../../machines/logic/placement/rehearse/why.ts'
import type { AssignmentName, ComponentId } from '../../machines/model/ids.ts'
import type { NodeBox } from './boxes.ts'
import { type GuardFinding, guardsOf } from './guards.ts'
import type { Catalogue } from './replay.ts'
import { type RerunStep, runLife } from './rerun.ts'

export interface Insight {
  readonly guards: readonly GuardFinding[]
  /** `n2/ledger: instead of n1/ledger: it failed (process.exited: signal SIGKILL)`, by the component that gets a role. */
  readonly reasons: ReadonlyMap<string, string>
}

/** By the ids of the steps that were asked for. The lives that hold none of them are not read. */
export function insightsOf(
  boxes: readonly NodeBox[],
  catalogue: Catalogue,
  ids: ReadonlySet<string>,
): ReadonlyMap<string, Insight> {
  const insights = new Map<string, Insight>()
  const wanted = new Set([...ids].map((id) => id.slice(0, id.lastIndexOf(':'))))
  const lives = boxes
    .flatMap((box) => box.lives)
    .filter(({ node, incarnation }) => wanted.has(`${node}:${incarnation}`))
  const onStep = (step: RerunStep) => {
    if (ids.has(step.id)) insights.set(step.id, insightOf(step))
  }
  for (const life of lives) runLife(life, catalogue, { onStep })
  return insights
}

function insightOf({ entry: { machine }, before, after, event }: RerunStep): Insight {
  const reasons = machine.id === 'crim' ? reasonsOf(before.context, after.context) : new Map<string, string>()
  return { guards: guardsOf(machine, before, event), reasons }
}

/** Of the roles that this step proposed. */
function reasonsOf(before: CrimContext, after: CrimContext): ReadonlyMap<string, string> {
  if (after.proposal === null || after.proposal === before.proposal) return new Map()
  const decisions = after.proposal.changes.flatMap(({ key, value }) => {
    const assignment = /^intent\/(.+)$/.exec(key)?.[1]
    return assignment === undefined || value === null ? [] : decisionsOf(after, assignment, value as StoredIntent)
  })
  const input = viewOf(after)
  return new Map(decisions.map((decision) => [decision.place, whyDecided(input, decision, decisions)]))
}

function decisionsOf(context: CrimContext, assignment: AssignmentName, { roles }: StoredIntent): Decision[] {
  const before = context.intents[assignment]?.roles ?? {}
  return (Object.keys(roles) as ComponentId[])
    .filter((place) => before[place]?.role !== roles[place]!.role)
    .map((place) => {
      const [from, to] = [before[place]?.role ?? null, roles[place]!.role]
      return { assignment, place, from, to, reason: context.reasons[assignment] ?? null }
    })
}
