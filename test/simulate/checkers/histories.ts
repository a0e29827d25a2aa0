/** Histories as an atomic register map would give them, from a seed: every operation takes effect at one moment between call and return. */
import type { History, Operation, Recorded, Result } from '../../../src/simulate/checkers/history.ts'
import { randomOf } from '../../../src/simulate/random.ts'

export interface HistoryOptions {
  readonly seed: number
  readonly operationCount: number
  readonly processCount?: number
  readonly keys?: readonly string[]
  /** Of an operation's outcome to be unknown, in percent; half of them take effect, up to long after. */
  readonly unknownPercent?: number
  readonly hasTransactions?: boolean
}

interface Planned {
  readonly process: string
  readonly invokeMs: number
  readonly effectMs: number
  readonly returnMs: number | null
  /** Never takes effect. */
  readonly isLost: boolean
}

export function atomicHistory(options: HistoryOptions): History {
  const { seed, operationCount, processCount = 5, keys = ['a', 'b', 'c'], unknownPercent = 0 } = options
  const { below: random } = randomOf(seed, 'history')
  const freeMs = Array.from({ length: processCount }, () => 0)
  const planned = Array.from({ length: operationCount }, (): Planned => {
    const process = random(processCount)
    const invokeMs = freeMs[process]! + random(5)
    const effectMs = invokeMs + random(20)
    const returnMs = effectMs + random(20)
    freeMs[process] = returnMs + 1
    const isUnknown = random(100) < unknownPercent
    const lateMs = isUnknown ? random(200) : 0
    const common = { process: `p${process}`, invokeMs, effectMs: effectMs + lateMs }
    return { ...common, returnMs: isUnknown ? null : returnMs, isLost: isUnknown && random(2) === 0 }
  })
  const store = new Map<string, { value: string; revision: number }>()
  let revision = 0
  const apply = (operation: Operation, next: number): Result => {
    if (operation.type === 'get') {
      const held = store.get(operation.key)
      return { type: 'read', value: held?.value ?? null, revision: held?.revision ?? 0 }
    }
    const conditions =
      operation.type === 'transaction' ? operation.conditions : 'revision' in operation ? [operation] : []
    if (conditions.some((one) => (store.get(one.key)?.revision ?? 0) !== one.revision)) return { type: 'refused' }
    const writes =
      operation.type === 'transaction'
        ? operation.writes
        : [{ key: operation.key, value: 'value' in operation ? operation.value : null }]
    for (const { key, value } of writes) {
      if (value === null) store.delete(key)
      else store.set(key, { value, revision: next })
    }
    revision = next
    return { type: 'written', revision }
  }
  const invent = (number: number): Operation => {
    const key = keys[random(keys.length)]!
    const other = keys[random(keys.length)]!
    const value = `v${number}`
    const revisionOf = (of: string) => Math.max(0, (store.get(of)?.revision ?? 0) - (random(4) === 0 ? 1 : 0))
    const kind = random(options.hasTransactions ? 12 : 10)
    if (kind < 4) return { type: 'get', key }
    if (kind < 7) return { type: 'set', key, value }
    if (kind < 8) return { type: 'delete', key }
    if (kind < 10) return { type: 'compareAndSet', key, revision: revisionOf(key), value }
    return {
      type: 'transaction',
      conditions: random(2) === 0 ? [] : [{ key: other, revision: revisionOf(other) }],
      writes:
        key === other
          ? [{ key, value }]
          : [
              { key, value },
              { key: other, value: random(3) === 0 ? null : value },
            ],
    }
  }
  const byEffect = planned.map((one, number) => ({ ...one, number })).sort((a, b) => a.effectMs - b.effectMs)
  const recorded = byEffect.map(({ process, invokeMs, returnMs, isLost, number }): Recorded => {
    const operation = invent(number)
    const result = isLost ? null : apply(operation, revision + 1 + random(3))
    return { process, operation, invokeMs, returnMs, result: returnMs === null ? null : result }
  })
  return recorded.sort((a, b) => a.invokeMs - b.invokeMs)
}
