/**
 * The candidate that was probably meant: the fewest insertions, deletions, replacements and swaps of neighbours away
 * (optimal string alignment), case aside. null when nothing is near: a bad suggestion is worse than none.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const wanted = word.toLowerCase()
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | null = null
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `did you mean 'n1'?`, or what there is to choose from, or null. */
export function suggestionFor(word: string, candidates: readonly string[]): string | null {
  const meant = nearest(word, candidates)
  if (meant !== null) return `did you mean '${meant}'?`
  if (candidates.length === 0) return null
  const shown = candidates.slice(0, candidatesShownMax)
  return `there is ${shown.join(', ')}${candidates.length > shown.length ? ', …' : ''}`
}

const candidatesShownMax = 8

/** Words longer than this are compared by their beginning only, so that a hostile key costs nothing. */
const lengthMax = 64

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  const left = a.slice(0, lengthMax)
  const right = b.slice(0, lengthMax)
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const isSame = left[i - 1] === right[j - 1]
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      row[j] = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (isSame ? 0 : 1))
      if (isSwap) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1)
    }
    beforeLast = last
    last = row
  }
  return last[right.length]!
}
