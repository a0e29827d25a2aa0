/**
 * Whether a history could have come from one atomic register map (SPEC D5: what a `get` answers is what was last `set`).
 *
 * The search is Wing and Gong's (1993) with Lowe's (2017) cache of configurations, on an undo list, as in Knossos and
 * Porcupine: place an operation that was invoked before any unplaced one returned, as the model allows; where nothing can be
 * placed, take the last one back. A configuration (the set of what is placed, and the state) met before is not tried again.
 *
 * - Histories are compositional: keys that no transaction joins are judged apart.
 * - Writes that were told their revision can only come in that order; so most histories are placed with hardly a step back.
 * - An operation of unknown outcome may be placed at any time after its invocation, or not at all.
 * - Linearizability is prefix-closed; of a history that is not linearizable the shortest prefix (by time of return) that is
 *   not is what is explained.
 * - The work is bounded by a count of steps; beyond it the verdict is `unknown`. Configurations are kept as two 32-bit
 *   hashes with the state's text: two different ones are taken for one with a chance below 1e-9 for a million of them.
 */
import { describeOperation, type History, keysOf, type Recorded } from './history.ts'
import { describeState, emptyState, type RegisterState, stateKey, step } from './registerModel.ts'

export interface LinearizabilityOptions {
  /** Steps of the model, over all keys. Beyond: `unknown`. */
  readonly stepCountMax?: number
}

/** Why a history is not linearizable. */
export interface Contradiction {
  readonly keys: readonly string[]
  /** The operation without whose answer all would be well. */
  readonly culprit: Recorded
  /** The longest order found that the model allows, and the state it leads to. */
  readonly placed: readonly Recorded[]
  readonly state: string
  /** What could come next by time, and why it cannot. */
  readonly blocked: readonly { readonly operation: Recorded; readonly reason: string }[]
  readonly text: string
}

export type Judgement = { readonly stepCount: number } & (
  | { readonly verdict: 'linearizable' | 'unknown' }
  | { readonly verdict: 'violated'; readonly contradiction: Contradiction }
)

const stepCountMaxDefault = 5_000_000

export function judgeLinearizability(history: History, options: LinearizabilityOptions = {}): Judgement {
  const budget = { left: options.stepCountMax ?? stepCountMaxDefault }
  const stepCountMax = budget.left
  let isUndecided = false
  for (const part of partitions(history)) {
    const found = search(part, budget)
    if (found.verdict === 'unknown') isUndecided = true
    if (found.verdict === 'violated') {
      const contradiction = explain(part, found)
      return { verdict: 'violated', contradiction, stepCount: stepCountMax - budget.left }
    }
  }
  return { verdict: isUndecided ? 'unknown' : 'linearizable', stepCount: stepCountMax - budget.left }
}

/** The history by sets of keys that transactions join, in order of the first operation on each. */
export function partitions(history: History): readonly History[] {
  const parents = new Map<string, string>()
  const rootOf = (key: string): string => {
    let root = key
    while ((parents.get(root) ?? root) !== root) root = parents.get(root)!
    parents.set(key, root)
    return root
  }
  for (const { operation } of history) {
    const [first, ...others] = keysOf(operation)
    if (first === undefined) continue
    for (const other of others) parents.set(rootOf(other), rootOf(first))
  }
  const parts = Map.groupBy(
    history.filter(({ operation }) => keysOf(operation).length > 0),
    ({ operation }) => rootOf(keysOf(operation)[0]!),
  )
  return [...parts.values()]
}

/** An event of the history, in a doubly linked list out of which placed operations are lifted, and put back where they were. */
interface Node {
  readonly place: number
  readonly isReturn: boolean
  /** The return that belongs to an invocation; null for an unknown outcome. */
  readonly match: Node | null
  previous: Node | null
  next: Node | null
}

interface Found {
  readonly verdict: 'linearizable' | 'violated' | 'unknown'
  /** The longest order found. */
  readonly placed: readonly Recorded[]
  readonly state: RegisterState
}

function search(part: History, budget: { left: number }): Found {
  const operations = withoutUnseenWrites(part.filter(({ operation, result }) => result || operation.type !== 'get'))
  const head = eventList(operations)
  const turns = turnsOfWrites(operations)
  const hashes = operations.map((_, place) => [mixed(2 * place + 1), mixed(2 * place + 2)] as const)
  const seen = new Set<string>()
  const stack: { node: Node; state: RegisterState; turn: number }[] = []
  let longest: { places: number[]; state: RegisterState } = { places: [], state: emptyState }
  let unplacedCount = operations.filter(({ returnMs }) => returnMs !== null).length
  let state = emptyState
  let turn = 0
  let hash: readonly [number, number] = [0, 0]
  let node = head.next

  while (unplacedCount > 0) {
    if (node !== null && !node.isReturn) {
      const operation = operations[node.place]!
      const ownTurn = turns[node.place]!
      if (ownTurn !== null && ownTurn !== turn) {
        node = node.next
        continue
      }
      if (budget.left === 0) return { verdict: 'unknown', ...described(longest, operations) }
      budget.left -= 1
      const next = step(state, operation)
      const bits = hashes[node.place]!
      const nextHash = [hash[0] ^ bits[0], hash[1] ^ bits[1]] as const
      const configuration = 'state' in next ? `${nextHash[0]}:${nextHash[1]}:${stateKey(next.state)}` : ''
      if (!('state' in next) || seen.has(configuration)) {
        node = node.next
        continue
      }
      seen.add(configuration)
      stack.push({ node, state, turn })
      state = next.state
      hash = nextHash
      if (ownTurn !== null) turn += 1
      if (operation.returnMs !== null) unplacedCount -= 1
      lift(node)
      node = head.next
    } else {
      if (stack.length > longest.places.length) longest = { places: stack.map((on) => on.node.place), state }
      const last = stack.pop()
      if (last === undefined) return { verdict: 'violated', ...described(longest, operations) }
      const bits = hashes[last.node.place]!
      hash = [hash[0] ^ bits[0], hash[1] ^ bits[1]]
      ;({ state, turn } = last)
      if (operations[last.node.place]!.returnMs !== null) unplacedCount += 1
      putBack(last.node)
      node = last.node.next
    }
  }
  return { verdict: 'linearizable', ...described(longest, operations) }
}

function described({ places, state }: { places: readonly number[]; state: RegisterState }, operations: History) {
  return { placed: places.map((place) => operations[place]!), state }
}

/**
 * Leaves out writes of unknown outcome that nobody can have noticed: nobody read what they wrote, no condition was refused,
 * and every condition that held, or may have, of what is not left out, was on a revision that is known otherwise. If there is an
 * order with them, there is one without.
 */
function withoutUnseenWrites(part: History): History {
  if (part.some(({ result }) => result?.type === 'refused')) return part
  const readValues = new Set(part.map(({ result }) => (result?.type === 'read' ? result.value : null)))
  const known = new Set([0, ...part.flatMap(({ result }) => (result && 'revision' in result ? [result.revision] : []))])
  const kept = part.filter(({ operation, result }) => {
    if (result !== null || operation.type === 'get' || operation.type === 'delete') return true
    const written = operation.type === 'transaction' ? operation.writes.map(({ value }) => value) : [operation.value]
    return written.some((value) => value === null || readValues.has(value))
  })
  const isConditionUnknown = kept.some(({ operation }) => {
    if (operation.type === 'compareAndSet') return !known.has(operation.revision)
    return operation.type === 'transaction' && operation.conditions.some(({ revision }) => !known.has(revision))
  })
  return isConditionUnknown ? part : kept
}

/** Events by time; at one time invocations come first, so that what touches counts as overlapping. */
function eventList(operations: History): Node {
  const events = operations.flatMap(({ invokeMs, returnMs }, place) => {
    const match: Node | null =
      returnMs === null ? null : { place, isReturn: true, match: null, previous: null, next: null }
    const invocation = { atMs: invokeMs, node: { place, isReturn: false, match, previous: null, next: null } as Node }
    return match === null ? [invocation] : [invocation, { atMs: returnMs!, node: match }]
  })
  events.sort((a, b) => a.atMs - b.atMs || Number(a.node.isReturn) - Number(b.node.isReturn))
  const head: Node = { place: -1, isReturn: false, match: null, previous: null, next: null }
  let last = head
  for (const { node } of events) {
    last.next = node
    node.previous = last
    last = node
  }
  return head
}

function lift(node: Node): void {
  for (const one of node.match ? [node, node.match] : [node]) {
    one.previous!.next = one.next
    if (one.next) one.next.previous = one.previous
  }
}

/** Undoes `lift`; in the opposite order of lifting. */
function putBack(node: Node): void {
  for (const one of node.match ? [node.match, node] : [node]) {
    one.previous!.next = one
    if (one.next) one.next.previous = one
  }
}

/** The place of each write among those of known revision; null for what has none. */
function turnsOfWrites(operations: History): readonly (number | null)[] {
  const revisionOf = ({ result }: Recorded) => (result?.type === 'written' ? result.revision : null)
  const places = operations.flatMap((operation, place) => (revisionOf(operation) === null ? [] : [place]))
  places.sort((a, b) => revisionOf(operations[a]!)! - revisionOf(operations[b]!)!)
  const turns = operations.map((): number | null => null)
  for (const [turn, place] of places.entries()) turns[place] = turn
  return turns
}

/** A well-spread 32-bit number (the finaliser of MurmurHash3). */
function mixed(value: number): number {
  let bits = Math.imul(value, 0x9e3779b1)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}

/** Steps for each search of the explanation: it is only for the reader, the verdict stands. */
const explanationStepCountMax = 1_000_000

function explain(part: History, whole: Found): Contradiction {
  const returns = part.flatMap(({ returnMs }) => (returnMs === null ? [] : [returnMs])).sort((a, b) => a - b)
  let found = whole
  let prefix = part
  let [low, high] = [0, returns.length - 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const shorter = untilTime(part, returns[middle]!)
    const judged = search(shorter, { left: explanationStepCountMax })
    if (judged.verdict === 'violated') {
      high = middle
      found = judged
      prefix = shorter
    } else low = middle + 1
  }
  const lastMs = Math.max(...prefix.map(({ returnMs }) => returnMs ?? Number.NEGATIVE_INFINITY))
  const culprit = prefix.find(({ returnMs }) => returnMs === lastMs)!
  const blocked = blockedAfter(prefix, found)
  const keys = [...new Set(part.flatMap(({ operation }) => keysOf(operation)))].sort()
  const state = describeState(found.state)
  const text = [
    `not linearizable: ${describeOperation(culprit)}`,
    `  after ${found.placed.length} operations the state is ${state}`,
    ...found.placed.slice(-shownCount).map((one) => `  placed  ${describeOperation(one)}`),
    ...blocked
      .slice(0, shownCount)
      .map(({ operation, reason }) => `  cannot  ${describeOperation(operation)}: ${reason}`),
  ].join('\n')
  return { keys, culprit, placed: found.placed, state, blocked, text }
}

/** In the explanation's text; all of them are in its fields. */
const shownCount = 8

/** The history as it was known then: what had not returned has an unknown outcome. */
function untilTime(part: History, atMs: number): History {
  return part
    .filter(({ invokeMs }) => invokeMs <= atMs)
    .map((one) => (one.returnMs !== null && one.returnMs > atMs ? { ...one, returnMs: null, result: null } : one))
}

function blockedAfter(prefix: History, { placed, state }: Found): Contradiction['blocked'] {
  const isPlaced = new Set(placed)
  const left = prefix.filter((one) => !isPlaced.has(one) && (one.result !== null || one.operation.type !== 'get'))
  const firstReturnMs = Math.min(...left.map(({ returnMs }) => returnMs ?? Number.POSITIVE_INFINITY))
  const revisions = left.flatMap(({ result }) =>
    result?.type === 'written' && result.revision ? [result.revision] : [],
  )
  const lowest = Math.min(...revisions)
  return left.flatMap((operation) => {
    if (operation.invokeMs > firstReturnMs) return []
    const next = step(state, operation)
    const revision = operation.result?.type === 'written' ? operation.result.revision : null
    if ('reason' in next) return [{ operation, reason: next.reason }]
    const isEarly = revision !== null && revision > lowest
    return [{ operation, reason: isEarly ? `revision ${lowest} comes first` : 'what follows could not be placed' }]
  })
}
