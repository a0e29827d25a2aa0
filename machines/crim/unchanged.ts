/**
 * What a step leaves alone stays the same object: whoever comes after, in this step or the next, sees by the reference that there is
 * nothing new (`engine/hash.ts`, `logic/placement/allocate/survey.ts`).
 */

/** The same record where nothing goes. */
export function kept<Name extends string, T>(
  record: Readonly<Record<Name, T>>,
  isKept: (name: Name, value: T) => boolean,
): Readonly<Record<Name, T>> {
  for (const name in record) if (!isKept(name, record[name])) return keptOf(record, isKept)
  return record
}

function keptOf<Name extends string, T>(
  record: Readonly<Record<Name, T>>,
  isKept: (name: Name, value: T) => boolean,
): Readonly<Record<Name, T>> {
  const left = {} as Record<Name, T>
  for (const name in record) if (isKept(name, record[name])) left[name] = record[name]
  return left
}

/** Every field of the change is what the record has already. */
export function isKnown<T extends object>(record: T, change: Partial<T>): boolean {
  for (const key in change) if (record[key] !== change[key]) return false
  return true
}

export function isAlike<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index])
}

/** Of any record: whether it has no entries. */
export function isEmpty(record: object): boolean {
  for (const _ in record) return false
  return true
}
