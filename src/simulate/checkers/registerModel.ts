/**
 * The repository as one atomic register map: what a sequence of operations, one at a time, must answer (SPEC D5). Pure.
 *
 * Revisions only grow: a write's is higher than that of every write before it. A write whose outcome is unknown has a
 * revision nobody was told, until somebody reads it: so a key's revision is null until then, with bounds on what it can be.
 */
import type { Operation, Recorded, Result } from './history.ts'

interface Cell {
  readonly value: string | null
  /** 0: absent. null: written, at a revision between the bounds (both exclusive). */
  readonly revision: number | null
  readonly above: number
  readonly below: number
  /**
   * Written by an operation of unknown outcome on this key alone, and not seen since. Overwriting it blindly would be the
   * same as its never having happened: such sequences are passed over.
   */
  readonly isUnseen: boolean
}

export interface RegisterState {
  /** The highest revision known to have been given out. */
  readonly highest: number
  readonly cells: ReadonlyMap<string, Cell>
}

/** The next state, or why the operation cannot answer so here. */
export type Step = { readonly state: RegisterState } | { readonly reason: string }

const absent: Cell = { value: null, revision: 0, above: 0, below: 0, isUnseen: false }

export const emptyState: RegisterState = { highest: 0, cells: new Map() }

/** `result` null: the outcome is unknown; then the step is refused where it would change nothing. */
export function step(state: RegisterState, { operation, result }: Recorded): Step {
  if (operation.type === 'get') return result?.type === 'read' ? read(state, operation.key, result) : pointless
  const { conditions, writes } = asTransaction(operation)
  return result?.type === 'refused' ? refuse(state, conditions) : write(state, { conditions, writes, result })
}

const pointless: Step = { reason: 'it would change nothing' }

function asTransaction(operation: Exclude<Operation, { type: 'get' }>) {
  switch (operation.type) {
    case 'set':
      return { conditions: [], writes: [{ key: operation.key, value: operation.value }] }
    case 'delete':
      return { conditions: [], writes: [{ key: operation.key, value: null }] }
    case 'compareAndSet': {
      const { key, revision, value } = operation
      return { conditions: [{ key, revision }], writes: [{ key, value }] }
    }
    case 'transaction':
      return operation
  }
}

function read(state: RegisterState, key: string, result: Extract<Result, { type: 'read' }>): Step {
  const cell = state.cells.get(key) ?? absent
  if (cell.value !== result.value) return { reason: `${key} is ${cell.value ?? 'absent'}` }
  const next = seenAt(state, { key, cell, revision: result.revision })
  return next === null ? { reason: `${key} is at revision ${describeRevision(cell)}` } : { state: next }
}

/** The state with the key's revision found to be this one; null where it cannot be. */
function seenAt(
  state: RegisterState,
  { key, cell, revision }: { key: string; cell: Cell; revision: number },
): RegisterState | null {
  if (cell.revision !== null && cell.revision !== revision) return null
  if (cell.revision === null && (revision <= cell.above || revision >= cell.below)) return null
  if (cell.revision !== null && !cell.isUnseen) return state
  const cells = new Map(state.cells).set(key, { ...cell, revision, isUnseen: false })
  return { highest: Math.max(state.highest, revision), cells }
}

/** Whether a condition fails on a key of unknown revision cannot be told: then it may. */
function refuse(state: RegisterState, conditions: readonly { key: string; revision: number }[]): Step {
  const failing = conditions.filter(({ key, revision }) => (state.cells.get(key) ?? absent).revision !== revision)
  if (failing.length === 0) return { reason: 'every condition holds' }
  const cells = new Map(state.cells)
  for (const { key } of failing) {
    const cell = cells.get(key)
    if (cell?.isUnseen) cells.set(key, { ...cell, isUnseen: false })
  }
  return { state: { ...state, cells } }
}

function write(
  before: RegisterState,
  of: {
    conditions: readonly { key: string; revision: number }[]
    writes: readonly { key: string; value: string | null }[]
    result: Result | null
  },
): Step {
  let state = before
  for (const { key, revision } of of.conditions) {
    const cell = state.cells.get(key) ?? absent
    const next = seenAt(state, { key, cell, revision })
    if (next === null) return { reason: `${key} is at revision ${describeRevision(cell)}` }
    state = next
  }
  if (of.writes.some(({ key }) => state.cells.get(key)?.isUnseen)) return pointless
  const isUnknown = of.result === null
  const revision = of.result?.type === 'written' ? of.result.revision : null
  if (revision !== null && revision <= state.highest)
    return { reason: `revision ${state.highest} was given out already` }
  if (isUnknown && of.writes.every(({ key, value }) => value === null && isAbsent(state, key))) return pointless
  const cells = new Map(state.cells)
  if (revision !== null) {
    for (const [key, cell] of cells)
      if (cell.revision === null && cell.below > revision) cells.set(key, { ...cell, below: revision })
  }
  const above = state.highest
  const isUnseen = isUnknown && of.writes.length === 1
  for (const { key, value } of of.writes) {
    if (value !== null) cells.set(key, { value, revision, above, below: Number.POSITIVE_INFINITY, isUnseen })
    // A deletion of unknown outcome leaves a cell to be seen; a known one leaves nothing.
    else if (isUnseen) cells.set(key, { ...absent, isUnseen })
    else cells.delete(key)
  }
  return { state: { highest: Math.max(state.highest, revision ?? 0), cells } }
}

function isAbsent({ cells }: RegisterState, key: string): boolean {
  return (cells.get(key)?.value ?? null) === null
}

function describeRevision({ revision, above, below }: Cell): string {
  return revision === null ? `between ${above} and ${below}` : String(revision)
}

/** Equal exactly for equal states. */
export function stateKey({ highest, cells }: RegisterState): string {
  const parts = [...cells].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([
    highest,
    ...parts.map(([key, { value, revision, above, below, isUnseen }]) =>
      revision === null ? [key, value, above, String(below), isUnseen] : [key, value, revision, isUnseen],
    ),
  ])
}

export function describeState({ highest, cells }: RegisterState): string {
  const parts = [...cells].filter(([, { value }]) => value !== null)
  const texts = parts.map(([key, cell]) => `${key}=${cell.value} at ${describeRevision(cell)}`)
  return `${texts.join(', ') || 'nothing'}; highest revision ${highest}`
}
