import { type Candidate, isReadySecondary } from './candidate.ts'

/** Lexicographic by the key, lowest first; among equals in the order of the list, which is that of preference. */
export function sortBy(
  candidates: readonly Candidate[],
  key: (candidate: Candidate) => readonly (number | boolean)[],
): Candidate[] {
  return [...candidates].sort((a, b) => {
    const [keyA, keyB] = [key(a), key(b)]
    const at = keyA.findIndex((value, index) => value !== keyB[index])
    return at < 0 ? 0 : Number(keyA[at]!) - Number(keyB[at]!)
  })
}

/** Who follows a primary: a ready secondary, else any secondary, else a spare; the sound before the failed. */
export function successorOf(candidates: readonly Candidate[], current: Candidate | null): Candidate | null {
  const others = candidates.filter((candidate) => candidate !== current && candidate.isUsable)
  const key = (candidate: Candidate) => [
    !isReadySecondary(candidate),
    candidate.hasFailed,
    candidate.intended?.role !== 'secondary',
  ]
  return sortBy(others, key)[0] ?? null
}
