/**
 * Compares two runs: of each actor the steps of one beside those of the other, by what they were (event, what caused it, the state they
 * led to), not by when. So it tells from where on two runs of the same thing went different ways, and how their timing differs.
 */
import type { Timeline, TimelineEntry } from './timeline.ts'

export interface RunDifference {
  readonly isSame: boolean
  /** The earliest, by A's time: what differs later may follow from it. null: there is none. */
  readonly first: ActorDifference | null
  /** By node and actor. */
  readonly actors: readonly ActorDifference[]
}

export interface ActorDifference {
  readonly node: string
  readonly actor: string
  readonly aCount: number
  readonly bCount: number
  /** Steps that both have, in the same order. */
  readonly alikeCount: number
  /** null: the same from beginning to end. */
  readonly divergence: Divergence | null
  /** Of the steps before it, from the actor's first on, B's less A's; null: there are not two. */
  readonly timing: { readonly medianMs: number; readonly maxMs: number } | null
}

interface Divergence {
  /** So many steps were alike from the beginning. */
  readonly afterCount: number
  /** The next of each; null: it has none. */
  readonly a: TimelineEntry | null
  readonly b: TimelineEntry | null
  /** Types of the events that caused them; null: the world did, or it is not recorded. */
  readonly aCause: string | null
  readonly bCause: string | null
}

/** Steps of one actor that are aligned; beyond, only the beginning is compared. */
const alignedCountMax = 3000

export function compareRuns(a: Timeline, b: Timeline): RunDifference {
  const [ofA, ofB] = [trackOf(a), trackOf(b)]
  renameOnlyNode(ofA, ofB)
  const keys = [...new Set([...ofA.keys(), ...ofB.keys()])].sort()
  const actors = keys.map((key) => compareActor(key, ofA.get(key) ?? emptyTrack, ofB.get(key) ?? emptyTrack))
  const diverged = actors.filter(({ divergence }) => divergence !== null)
  const at = ({ divergence }: ActorDifference) => (divergence!.a ?? divergence!.b)!.time.us
  const first =
    diverged.filter(({ divergence }) => divergence!.a !== null).sort((x, y) => at(x) - at(y))[0] ?? diverged[0] ?? null
  return { isSame: diverged.length === 0, first, actors }
}

interface Track {
  readonly entries: TimelineEntry[]
  readonly causes: (string | null)[]
  readonly signatures: string[]
}

const emptyTrack: Track = { entries: [], causes: [], signatures: [] }
const separator = '\n'

function trackOf(timeline: Timeline): Map<string, Track> {
  const tracks = new Map<string, Track>()
  for (const entry of timeline.entries) {
    const key = `${entry.node}${separator}${entry.actor}`
    if (!tracks.has(key)) tracks.set(key, { entries: [], causes: [], signatures: [] })
    const track = tracks.get(key)!
    track.entries.push(entry)
    track.causes.push(entry.cause === null ? null : (timeline.byId.get(entry.cause)?.event.type ?? null))
    track.signatures.push(signatureOf(timeline, entry))
  }
  return tracks
}

/** Without what differs from run to run: times, tokens, lives, ports, the ids of operations. */
function signatureOf({ byId }: Timeline, entry: TimelineEntry): string {
  const { event, state, kind, cause } = entry
  const from = cause === null ? '' : (byId.get(cause)?.event.type ?? 'elsewhere')
  const { role, node, component, availability, leader, how, code } = event
  const told = [role, node, component, availability, leader, how, code].map((value) =>
    typeof value === 'string' ? value : '',
  )
  return JSON.stringify([kind, event.type, from, state, ...told, entry.effects.map(({ type }) => type)])
}

/** Two lives of different nodes are compared as if of one. */
function renameOnlyNode(a: Map<string, Track>, b: Map<string, Track>): void {
  const nodesOf = (tracks: Map<string, Track>) => new Set([...tracks.keys()].map((key) => key.split(separator, 1)[0]!))
  const [[nodeA], [nodeB]] = [[...nodesOf(a)], [...nodesOf(b)]]
  if (nodesOf(a).size !== 1 || nodesOf(b).size !== 1 || nodeA === undefined || nodeA === nodeB) return
  for (const [key, track] of [...b]) {
    b.delete(key)
    b.set(`${nodeA}${separator}${key.slice(key.indexOf(separator) + 1)}`, track)
  }
}

function compareActor(key: string, a: Track, b: Track): ActorDifference {
  const [node, actor] = key.split(separator) as [string, string]
  const shorter = Math.min(a.entries.length, b.entries.length)
  let alike = 0
  while (alike < shorter && a.signatures[alike] === b.signatures[alike]) alike += 1
  const isSame = alike === a.entries.length && alike === b.entries.length
  return {
    node,
    actor,
    aCount: a.entries.length,
    bCount: b.entries.length,
    alikeCount: isSame ? alike : alike + commonCount(a.signatures.slice(alike), b.signatures.slice(alike)),
    divergence: isSame ? null : divergenceAt(alike, a, b),
    timing: timingOf(a.entries.slice(0, alike), b.entries.slice(0, alike)),
  }
}

function divergenceAt(index: number, a: Track, b: Track): Divergence {
  return {
    afterCount: index,
    a: a.entries[index] ?? null,
    b: b.entries[index] ?? null,
    aCause: a.causes[index] ?? null,
    bCause: b.causes[index] ?? null,
  }
}

/** Length of the longest common subsequence. */
function commonCount(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [a.slice(0, alignedCountMax), b.slice(0, alignedCountMax)]
  let above = new Uint16Array(right.length + 1)
  for (const one of left) {
    const row = new Uint16Array(right.length + 1)
    for (let index = 1; index <= right.length; index += 1) {
      row[index] = one === right[index - 1] ? above[index - 1]! + 1 : Math.max(above[index]!, row[index - 1]!)
    }
    above = row
  }
  return above.at(-1) ?? 0
}

function timingOf(a: readonly TimelineEntry[], b: readonly TimelineEntry[]): ActorDifference['timing'] {
  if (a.length < 2) return null
  const sinceFirst = (entries: readonly TimelineEntry[], index: number) => entries[index]!.time.us - entries[0]!.time.us
  const differences = a.slice(1).map((_, index) => (sinceFirst(b, index + 1) - sinceFirst(a, index + 1)) / 1000)
  const byAmount = [...differences].sort((x, y) => Math.abs(x) - Math.abs(y))
  return { medianMs: byAmount[Math.floor(byAmount.length / 2)]!, maxMs: byAmount.at(-1)! }
}
