/**
 * What is decided anew though its role stays: the token of the new decision tells its lives apart, and lets nothing of the old one
 * count.
 */
import type { AssignmentConfiguration } from '../../model/configuration.ts'
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import { type Intent, upAvailabilities } from '../../model/status.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import { type Candidate, isDemoted } from './candidate.ts'
import type { CompiledDependency } from './compile/relationships.ts'
import { type Compiled, compiled } from './compile.ts'
import type { PlanInput } from './input.ts'

/** Whether a place that keeps its role is given it anew. */
export function isRenewed(
  configured: AssignmentConfiguration | undefined,
  candidates: readonly Candidate[],
  candidate: Candidate,
): boolean {
  return isOver(candidate) || (configured?.activeTwice === 'stopAll' && isActiveBeside(candidates, candidate))
}

/** It took its role and is offline: it fell out of it, or was told to go there for a while. */
function isOver({ status, intended }: Candidate): boolean {
  if (status === null || intended === null || intended.role === 'offline') return false
  const isDown = status.role === 'offline' && status.phase === 'stopped'
  return (isDown || isDemoted(status, intended)) && compareTokens(status.token, intended.token) >= 0
}

/** Another acts as well: the one that stays is told to stop, too, and started again under the new token. */
function isActiveBeside(candidates: readonly Candidate[], { component, status, intended }: Candidate): boolean {
  if (status?.role !== 'primary' || intended?.role !== 'primary') return false
  const isAgain = candidates.some(
    (other) =>
      other.component !== component && other.status?.role === 'primary' && upAvailabilities.includes(other.node),
  )
  return isAgain && compareTokens(status.token, intended.token) >= 0
}

/** The token of a sponsor that was started anew since its dependent was started for it, else null. */
export function renewedSponsor({ intents, configuration }: PlanInput, dependency: CompiledDependency): Token | null {
  const { assignments } = compiled(configuration)
  const sponsor = assignments[dependency.sponsor]!.name
  const before = intents[assignments[dependency.dependent]!.name]?.sponsors?.[sponsor]
  const now = tokenOf(intents[sponsor], dependency)
  return before !== undefined && now !== null && compareTokens(now, before) > 0 ? now : null
}

/**
 * The tokens to be kept with an intent: of the sponsors whose new start restarts the dependent. They are taken over once no primary of it
 * is left from before; of a new dependency at once, so that it restarts nothing.
 */
export function sponsorTokens(input: PlanInput, assignment: AssignmentName): Intent['sponsors'] {
  const of = compiled(input.configuration)
  const dependencies = restartingOf(of, assignment)
  if (dependencies.length === 0) return undefined
  const intent = input.intents[assignment]
  const tokens: Record<AssignmentName, Token> = {}
  for (const dependency of dependencies) {
    const { name } = of.assignments[dependency.sponsor]!
    const before = intent?.sponsors?.[name] ?? null
    const now = tokenOf(input.intents[name], dependency)
    const kept = before !== null && (now === null || hasPrimaryBefore(input, intent!, now)) ? before : now
    if (kept !== null && (tokens[name] === undefined || compareTokens(tokens[name], kept) < 0)) tokens[name] = kept
  }
  return tokens
}

/** Whether what is kept with the intent is what should be. */
export function isSponsorChanged(before: Intent['sponsors'], after: Intent['sponsors']): boolean {
  const [one, other] = [before ?? {}, after ?? {}]
  const names = Object.keys(other)
  if (Object.keys(one).length !== names.length) return true
  return names.some((name) => one[name] === undefined || compareTokens(one[name], other[name]!) !== 0)
}

function restartingOf(of: Compiled, assignment: AssignmentName): CompiledDependency[] {
  const index = of.assignmentIndexes.get(assignment)
  return index === undefined ? [] : of.sponsorsOf[index]!.filter(({ mode }) => mode === 'restart')
}

/** One that is to stay primary has been since before this. */
function hasPrimaryBefore({ statuses, commanded }: PlanInput, { roles }: Intent, token: Token): boolean {
  return (Object.keys(roles) as ComponentId[]).some((id) => {
    if (roles[id]!.role !== 'primary') return false
    const [status, told] = [statuses[id], commanded[id]]
    const isActive = status?.role === 'primary' || status?.role === 'quiescing'
    return (
      (isActive && compareTokens(status.token, token) < 0) || (told?.mayAct && compareTokens(told.token, token) < 0)
    )
  })
}

/** So many primaries as the dependent needs have this token or an older one. Null: there are not so many. */
function tokenOf(sponsor: Intent | undefined, { instanceCountMin }: CompiledDependency): Token | null {
  const tokens = Object.values(sponsor?.roles ?? {})
    .filter(({ role }) => role === 'primary')
    .map(({ token }) => token)
    .sort(compareTokens)
  return tokens[instanceCountMin - 1] ?? null
}
