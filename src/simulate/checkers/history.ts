/**
 * What clients of the configuration repository did and were told (SPEC D5), as a history to be judged by
 * `linearizability.ts`. The simulator collects it in memory; a test on a real cluster writes one operation a line as JSON
 * and reads it by `historyFrom`. Times are of one clock that all clients share.
 */
import { z } from 'zod'

/** A value as text (JSON for what is not text): compared as it stands. */
const value = z.string()
const revision = z.number().int().nonnegative()

const operation = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('get'), key: z.string() }),
  z.strictObject({ type: z.literal('set'), key: z.string(), value }),
  z.strictObject({ type: z.literal('delete'), key: z.string() }),
  /** Sets the key if its revision is this one; 0: if it is absent. */
  z.strictObject({ type: z.literal('compareAndSet'), key: z.string(), revision, value }),
  /** All writes if every condition holds, else none. A write of null deletes. */
  z.strictObject({
    type: z.literal('transaction'),
    conditions: z.array(z.strictObject({ key: z.string(), revision })),
    writes: z.array(z.strictObject({ key: z.string(), value: value.nullable() })),
  }),
])

const result = z.discriminatedUnion('type', [
  /** Of a `get`: null and 0 for an absent key. */
  z.strictObject({ type: z.literal('read'), value: value.nullable(), revision }),
  /** Of anything that writes; null where the client was not told the revision. */
  z.strictObject({ type: z.literal('written'), revision: revision.nullable() }),
  /** A condition did not hold: nothing was written. */
  z.strictObject({ type: z.literal('refused') }),
])

const recorded = z
  .strictObject({
    process: z.string(),
    operation,
    invokeMs: z.number(),
    /** null: the outcome is unknown. It may take effect at any later time, or never. */
    returnMs: z.number().nullable(),
    result: result.nullable(),
  })
  .refine(({ returnMs, result }) => (returnMs === null) === (result === null), {
    error: 'returnMs and result are both null (outcome unknown), or neither is',
  })
  .refine(({ invokeMs, returnMs }) => returnMs === null || returnMs >= invokeMs, { error: 'returned before invoked' })
  .refine(({ operation, result }) => result === null || isAnswerTo(operation, result), {
    error: 'the result is not one of this operation',
  })

export type Operation = z.infer<typeof operation>
export type Result = z.infer<typeof result>
export type Recorded = Readonly<z.infer<typeof recorded>>
export type History = readonly Recorded[]

function isAnswerTo({ type }: Operation, result: Result): boolean {
  if (result.type === 'read') return type === 'get'
  if (result.type === 'refused') return type === 'compareAndSet' || type === 'transaction'
  return type !== 'get'
}

/** Reads a history of one operation a line; empty lines are passed over. Throws with the number of the first bad line. */
export function historyFrom(jsonLines: string): History {
  return jsonLines.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    let parsed: unknown
    try {
      parsed = JSON.parse(line)
    } catch (error) {
      throw new Error(`history, line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`)
    }
    const checked = recorded.safeParse(parsed)
    if (!checked.success) throw new Error(`history, line ${index + 1}: ${z.prettifyError(checked.error)}`)
    return [checked.data]
  })
}

/** The keys an operation reads or writes, each once. */
export function keysOf(operation: Operation): readonly string[] {
  if (operation.type !== 'transaction') return [operation.key]
  return [...new Set([...operation.conditions, ...operation.writes].map(({ key }) => key))]
}

/** As `process 2 [10 … 14] set a="1" -> written at 7`; bounds in milliseconds, `?` for an unknown outcome. */
export function describeOperation({ process, operation, invokeMs, returnMs, result }: Recorded): string {
  const outcome = result === null ? 'unknown' : describeResult(result)
  return `${process} [${invokeMs} … ${returnMs ?? '?'}] ${describeWish(operation)} -> ${outcome}`
}

function describeWish(operation: Operation): string {
  switch (operation.type) {
    case 'get':
    case 'delete':
      return `${operation.type} ${operation.key}`
    case 'set':
      return `set ${operation.key}=${operation.value}`
    case 'compareAndSet':
      return `set ${operation.key}=${operation.value} if at ${operation.revision}`
    case 'transaction': {
      const writes = operation.writes.map(({ key, value }) => (value === null ? `-${key}` : `${key}=${value}`))
      const conditions = operation.conditions.map(({ key, revision }) => `${key} at ${revision}`)
      return `transaction {${writes.join(', ')}}${conditions.length > 0 ? ` if ${conditions.join(', ')}` : ''}`
    }
  }
}

function describeResult(result: Result): string {
  if (result.type === 'refused') return 'refused'
  if (result.type === 'written') return `written at ${result.revision ?? '?'}`
  return result.value === null ? 'absent' : `${result.value} at ${result.revision}`
}
