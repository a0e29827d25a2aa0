/**
 * The configuration of the repository, applied on this node when it changes: machines, programs, peers. Until the repository has a
 * complete one the node goes by its file; the first master that finds none there takes its own file over.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ComponentContext } from '../../machines/component.ts'
import { leaseTimingOf } from '../../machines/logic/lease.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type AssignmentName, type ComponentId, hostOf } from '../../machines/model/ids.ts'
import { diff } from '../configuration/diff.ts'
import {
  type ConfigurationEntry,
  completeKey,
  configurationPrefix,
  differingKeys,
  entriesOf,
  type FileConfiguration,
  isComplete,
  validateChange,
  validateTree,
} from '../configuration/tree.ts'
import { logger } from '../log/log.ts'
import { commandBytesMax } from '../repository/entry.ts'
import { isUnder } from '../repository/keys.ts'
import { entrySizeBytes } from '../repository/limits.ts'
import { startComponent, tellTimings, typeWordsOf, wantedComponents, withoutSecrets } from './actors.ts'
import { tellGuard } from './joining.ts'
import { actorOf, type Parts } from './parts.ts'
import { beginPeers, settlePeers } from './reconfigurePeers.ts'
import { settledTimingKey, Timings, wantedTimingPrefix } from './timings.ts'

const log = logger('node')

/** A proposal that was refused because too much is under way is tried again after this long. */
const retryMs = 200

/** Of one transaction, with room for what is around the entries. */
const batchBytesMax = commandBytesMax - 1024

export class Reconfiguration {
  readonly #parts: Parts
  readonly #file: FileConfiguration
  readonly timings: Timings
  #revision = 0
  #isSettling = false
  #isFileOutdated = false
  #isRemovalWatched = false

  constructor(parts: Parts, file: FileConfiguration) {
    this.#parts = parts
    this.#file = file
    this.timings = new Timings(parts, parts.configuration.timing)
  }

  /** Before the machines are started: they begin with what the repository has. */
  begin(): void {
    const { tree } = this.#parts.replica
    this.#revision = tree.revision
    this.timings.changedAt(tree.revision)
    const configuration = this.#configured()
    if (configuration) {
      this.#parts.configuration = configuration
      beginPeers(this.#parts)
      this.#parts.agent.configure(configuration)
      const differing = this.#differing()
      this.#isFileOutdated = differing.length > 0
      if (differing.length > 0)
        log.warn('the file differs from the repository, which counts, in {keys}', { keys: differing.join(', ') })
      this.#leaveIfRemoved()
    }
    tree.watch(configurationPrefix, (changed, revision) => {
      this.#revision = revision
      if (changed.some(({ key }) => isUnder(key, wantedTimingPrefix) || key === completeKey))
        this.timings.changedAt(revision)
      this.#changed()
    })
    tree.watch(settledTimingKey, () => this.#changed())
  }

  /** Since when the shared configuration is what it is, as far as this node knows: not before. */
  get revision(): number {
    return this.#revision
  }

  /** Keys at which the file still differs from the repository, if it did when the node started. */
  differingKeys(): string[] {
    return this.#isFileOutdated ? this.#differing() : []
  }

  #differing(): string[] {
    const entries = this.#parts.replica.tree.list(configurationPrefix)
    return isComplete(entries) ? differingKeys(entriesOf(this.#file), entries) : []
  }

  /** What is wrong with changes that a master is asked for; nothing: they may be made, as a whole. */
  problemsOf(changes: readonly ConfigurationEntry[]): readonly { key: string; text: string }[] {
    const current = this.#parts.replica.tree.list(configurationPrefix)
    return validateChange(current, changes, this.#file, this.timings).map(({ key, message, suggestion }) => ({
      key,
      text: suggestion === undefined ? message : `${message}; ${suggestion}`,
    }))
  }

  /**
   * A master that finds no complete configuration takes its file over. Larger ones take several transactions, the last of which sets
   * the mark: until then nobody goes by them, and a successor begins anew, without what is left of this attempt.
   */
  takeOver(): void {
    const { replica, clock } = this.#parts
    const present = replica.tree.list(configurationPrefix)
    if (!replica.isLeader || isComplete(present)) return
    const entries = entriesOf(this.#file)
    const wanted = new Set(entries.map(({ key }) => key))
    const left = present.filter(({ key }) => !wanted.has(key)).map(({ key }) => ({ key, value: null }))
    const settled = { key: settledTimingKey, value: leaseTimingOf(this.#parts.configuration.timing) }
    for (const batch of batchesOf([...left, ...entries, settled, { key: completeKey, value: true }])) {
      const result = replica.propose(batch)
      if (result.ok) continue
      if (result.code === 'backlog') clock.setTimer(retryMs, () => this.takeOver())
      else log.error('the configuration cannot be taken over into the repository: {code}', { code: result.code })
      return
    }
  }

  /** What is not wanted any more, components here and peers, ends once it has stopped; what waited for that starts. */
  settle(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    // Never within the step of the machine that ends.
    this.#parts.clock.setTimer(0, () => {
      this.#isSettling = false
      this.#settleComponents()
      settlePeers(this.#parts)
      tellGuard(this.#parts)
    })
  }

  #configured(): Configuration | null {
    const entries = this.#parts.replica.tree.list(configurationPrefix)
    if (!isComplete(entries)) return null
    const { configuration, problems } = validateTree(entries, this.#file)
    const { holding, waiting } = this.timings.take(configuration?.timing ?? null)
    if (configuration) {
      this.#parts.holding = holding
      return { ...configuration, timing: { ...configuration.timing, ...waiting } }
    }
    for (const { key, message } of problems)
      log.error('the configuration of the repository cannot be applied here: {key}: {message}', { key, message })
    return null
  }

  #changed(): void {
    const parts = this.#parts
    const configuration = this.#configured()
    if (configuration === null) return
    const changes = diff(parts.configuration, configuration)
    parts.configuration = configuration
    parts.agent.configure(configuration)
    if (!parts.engine.has(actorOf.crim)) return
    log.info('the configuration has changed: {changes}', { changes: JSON.stringify(changes) })
    parts.engine.send(actorOf.crim, {
      type: 'configuration.changed',
      configuration: withoutSecrets(configuration),
    })
    if (changes.timing.length > 0) tellTimings(parts)
    this.#settleComponents()
    settlePeers(parts)
    tellGuard(parts)
    this.#leaveIfRemoved()
    parts.publisher.touch()
  }

  /**
   * A newcomer that catches up reads configurations of a time before it was added: only the present one counts. What others
   * may need to decide anything, if only that this node counts no more, stays on its disk, also when it begins another life.
   */
  #leaveIfRemoved(): void {
    const { configuration, self, leaving, replica, clock } = this.#parts
    if (configuration.nodes[self] || leaving.isLeaving() || this.#isRemovalWatched) return
    if (replica.isUpToDate && replica.isReleased) {
      log.warn('this node is no longer a member of the cluster: it leaves')
      void leaving.leave()
      return
    }
    this.#isRemovalWatched = true
    clock.setTimer(retryMs, () => {
      this.#isRemovalWatched = false
      this.#leaveIfRemoved()
    })
  }

  #settleComponents(): void {
    const { engine, configuration, self, agent, statuses, lives } = this.#parts
    const wanted = wantedComponents(configuration, self)
    for (const [component, { role, phase }] of [...statuses]) {
      const actor = actorOf.component(component)
      if (!engine.has(actor)) continue
      const { assignment, incarnation } = engine.snapshot(actor).context as ComponentContext
      if (wanted.get(component) === assignment) this.#tellType(component, assignment)
      else if (role === 'offline' && phase === 'stopped') {
        engine.end(actor)
        agent.end(component)
        statuses.delete(component)
        lives.set(component, incarnation)
      }
    }
    const present = [...statuses.keys()]
    for (const [component, assignment] of wanted)
      if (!engine.has(actorOf.component(component)) && !present.some((other) => isInTheWay(other, component))) {
        agent.configure(configuration)
        startComponent(this.#parts, assignment)
      }
  }

  #tellType(component: ComponentId, assignment: AssignmentName): void {
    const { engine } = this.#parts
    const actor = actorOf.component(component)
    const words = typeWordsOf(this.#parts, assignment)
    const context = engine.snapshot(actor).context as ComponentContext
    const isSame = (Object.keys(words) as (keyof typeof words)[]).every((word) =>
      isDeepStrictEqual(words[word], context[word]),
    )
    if (!isSame) engine.send(actor, { type: 'type.changed', ...words })
  }
}

/** A component that came to serve several assignments, or no longer does, is first all that it was, then all that it is to be. */
function isInTheWay(present: ComponentId, wanted: ComponentId): boolean {
  const isPlace = (component: ComponentId) => hostOf(component) !== component
  return hostOf(present) === hostOf(wanted) && isPlace(present) !== isPlace(wanted)
}

function batchesOf<T extends { key: string; value: unknown }>(entries: readonly T[]): T[][] {
  const batches: T[][] = [[]]
  let sizeBytes = 0
  for (const entry of entries) {
    const entryBytes = entrySizeBytes(entry)
    if (sizeBytes + entryBytes > batchBytesMax && batches.at(-1)!.length > 0) {
      batches.push([])
      sizeBytes = 0
    }
    batches.at(-1)!.push(entry)
    sizeBytes += entryBytes + 16
  }
  return batches
}
