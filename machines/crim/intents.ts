/** What the repository is to have of what the planner wants: the intents (`StoredIntent`). */
import {
  type Candidate,
  candidatesOf,
  isRenewed,
  isSponsorChanged,
  type PlanInput,
  sponsorTokens,
  type Target,
} from '../logic/placement/index.ts'
import type { ComponentId } from '../model/ids.ts'
import type { Intent } from '../model/status.ts'
import type { Change, StoredIntent } from './context.ts'
import { intentKey } from './keys.ts'

/** Targets that change nothing, by the candidates that they were made for: what is decided is looked at once, not at each event. */
const unchanged = new WeakMap<readonly Candidate[], { target: Target; intent: Intent | undefined }>()

/** What has to be written down of a target. */
export function intentChange(input: PlanInput, target: Target): Change[] {
  const candidates = candidatesOf(input, target.assignment)
  const intent = input.intents[target.assignment]
  const before = unchanged.get(candidates)
  if (before && before.target === target && before.intent === intent) return []
  const changes = intentChangeOf(input, target)
  const isByItself = sponsorTokens(input, target.assignment) === undefined && intent?.sponsors === undefined
  if (changes.length === 0 && isByItself) unchanged.set(candidates, { target, intent })
  return changes
}

/**
 * The change of an assignment's intent, if there is one: new roles get the token of the entry that will hold them. The intent of
 * an assignment that is gone goes when nothing of it is left.
 */
function intentChangeOf(input: PlanInput, target: Target): Change[] {
  const { assignment } = target
  const candidates = candidatesOf(input, assignment)
  const sponsors = sponsorTokens(input, assignment)
  const before = Object.keys(input.intents[assignment]?.roles ?? {})
  let isChanged =
    isSponsorChanged(input.intents[assignment]?.sponsors, sponsors) ||
    before.some((component) => target.roles[component as ComponentId] === undefined)
  const configured = input.configuration.assignments[assignment]
  if (configured === undefined && candidates.length === 0) return [{ key: intentKey(assignment), value: null }]
  const roles: StoredIntent['roles'] = Object.fromEntries(
    candidates.map((candidate) => {
      const { component, intended } = candidate
      const role = target.roles[component]!
      const isKept = intended?.role === role && !isRenewed(configured, candidates, candidate)
      if (!isKept) isChanged = true
      return [component, { role, token: isKept ? intended.token : null }]
    }),
  )
  const value: StoredIntent = sponsors ? { roles, sponsors } : { roles }
  return isChanged ? [{ key: intentKey(assignment), value }] : []
}
