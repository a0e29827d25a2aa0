/**
 * What led to what, beyond the causes that are recorded. A step that the world caused has none: but a time-out ends a wait that some
 * step began, votes answer somebody's candidacy, and who loses its leader has just noticed that leader's silence. These are drawn by
 * what the entries say; where an entry says nothing, nothing is drawn.
 */
import type { TimelineEntry } from '../timeline.ts'
import { actorKey, isChange, number, reportedIn, text, timeOutOf } from './read.ts'

/** A loss of the leader this long after the leader's node was last noticed to be silent or gone has another cause. */
const noticedUsMax = 5_000_000

/** The id of each entry's cause, recorded or implied. Entries without one are not in it. */
export function linksOf(entries: readonly TimelineEntry[]): ReadonlyMap<string, string> {
  const finder = new LinkFinder()
  const ids = new Set(entries.map(({ id }) => id))
  const links = new Map<string, string>()
  for (const entry of entries) {
    const isKnown = entry.cause !== null && ids.has(entry.cause)
    const cause = isKnown ? entry.cause : finder.impliedOf(entry)
    if (cause !== null) links.set(entry.id, cause)
    finder.note(entry)
  }
  return links
}

class LinkFinder {
  /** By actor and timer: the step that armed it. */
  readonly #armed = new Map<string, string>()
  /** By actor: the last step that changed its state. */
  readonly #changed = new Map<string, string>()
  /** By observer and peer: when the peer was last noticed to be silent or gone. */
  readonly #noticed = new Map<string, TimelineEntry>()
  /** By epoch: who asked for votes, and who won them. */
  readonly #candidacies = new Map<number, TimelineEntry>()
  readonly #elections = new Map<number, TimelineEntry>()

  /** By node and component: the last step of its CRIM that commanded it. */
  readonly #commanded = new Map<string, string>()

  impliedOf(entry: TimelineEntry): string | null {
    if (entry.cause !== null) return this.#impliedOfReport(entry)
    const armed = this.#armed.get(`${actorKey(entry)} ${entry.event.type}`)
    if (armed !== undefined) return armed
    if (timeOutOf(entry) !== null) return this.#changed.get(actorKey(entry)) ?? null
    return entry.actor === 'membership' ? this.#impliedOfMembership(entry) : null
  }

  /** The step of another node that it names is not there: then what this node had commanded. */
  #impliedOfReport(entry: TimelineEntry): string | null {
    const reported = entry.event.type === 'status.reported' ? reportedIn(entry)[0] : undefined
    return reported ? (this.#commanded.get(`${entry.node} ${reported.component}`) ?? null) : null
  }

  #impliedOfMembership(entry: TimelineEntry): string | null {
    const { event, node, incarnation, time } = entry
    const epoch = number(event.epoch) ?? -1
    switch (event.type) {
      case 'leader.ended':
      case 'leader.suspected': {
        const noticed = this.#noticed.get(`${node}:${incarnation}:${text(event.leader)}`)
        return noticed && time.us - noticed.time.us <= noticedUsMax ? noticed.id : null
      }
      case 'preVote.won':
      case 'vote.won':
      case 'noop.committed':
        return this.#changed.get(actorKey(entry)) ?? null
      case 'epoch.raised':
        return otherThan(node, this.#candidacies.get(epoch))
      case 'leader.heard':
        return isChange(entry) && entry.fromState !== 'spare.booting'
          ? otherThan(node, this.#elections.get(epoch))
          : null
      default:
        return null
    }
  }

  note(entry: TimelineEntry): void {
    const key = actorKey(entry)
    for (const timer of entry.timers) {
      if (timer.op === 'arm') this.#armed.set(`${key} ${timer.event.type}`, entry.id)
      else this.#armed.delete(`${key} ${timer.id}`)
    }
    if (isChange(entry)) this.#changed.set(key, entry.id)
    const { node, incarnation, actor, event } = entry
    if (actor.startsWith('node/') && /^peer\.(suspected|confirmedSilent|ended|left)$/.test(event.type)) {
      this.#noticed.set(`${node}:${incarnation}:${actor.slice('node/'.length)}`, entry)
    }
    for (const effect of entry.effects) {
      const epoch = number(effect.epoch)
      if (effect.type.startsWith('election.') && epoch !== null) this.#candidacies.set(epoch, entry)
      if (effect.type === 'role.command') this.#commanded.set(`${node} ${text(effect.component)}`, entry.id)
      if (effect.type === 'log.claim') this.#elections.set(number(event.epoch) ?? -1, entry)
    }
  }
}

function otherThan(node: string, entry: TimelineEntry | undefined): string | null {
  return entry && entry.node !== node ? entry.id : null
}
