/**
 * What a node writes into its black box beside the steps of its machines: how its last life ended, how processes died, what its guard
 * saw and what its log said, and what the recorder says of itself. A note of something wrong says so (`severity`): it counts as an
 * incident, around which everything is kept.
 */
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, componentNameOf } from '../../machines/model/ids.ts'
import type { Cause } from '../engine/record.ts'
import type { Message } from '../engine/step.ts'
import type { GuardHandlers } from '../guard/client.ts'
import { describe } from '../log/format.ts'
import { logger } from '../log/log.ts'
import { type BlackBox, type LastLife, lifeEndedType } from '../recorder/index.ts'
import { actorOf, type Parts } from './parts.ts'
import type { NodePorts } from './ports.ts'

const log = logger('node')

type Guarded<Handler extends keyof GuardHandlers> = Parameters<GuardHandlers[Handler]>[0]

const crashTextMax = 2000

export interface NoteOptions {
  readonly parts: Parts
  readonly ports: Pick<NodePorts, 'defer' | 'findCore' | 'wasWatchdogReset'>
}

export class Notes {
  readonly #options: NoteOptions
  /** Process numbers by what was started: bounded by what the guard has running for this node. */
  readonly #running = new Map<string, number>()

  constructor(options: NoteOptions) {
    this.#options = options
  }

  /** Of the node itself, under a name that no machine has. */
  note(actor: 'guard' | 'life' | 'log' | 'recorder', event: Message): void {
    this.#options.parts.engine.note({ kind: 'note', actor, event, cause: null })
  }

  /** Not from within what happens now, which may be a record. */
  later(actor: 'log' | 'recorder', event: Message): void {
    this.#options.ports.defer(() => this.note(actor, event))
  }

  lifeBegan({ lastLife }: Pick<BlackBox, 'lastLife'>): void {
    if (lastLife === null) return
    const { end } = lastLife
    const isReset = end === 'machineRestarted' && this.#options.ports.wasWatchdogReset()
    const severity = end === 'ended' ? 'info' : 'warning'
    this.note('life', { type: 'life.began', severity, last: { ...lastLife, isWatchdogReset: isReset } })
    const words = { ...wordsOf(lastLife, isReset), incarnation: lastLife.incarnation, count: lastLife.recordCount }
    const text = 'the last life, {incarnation}, {how}: {count} records, their tail is {tail}'
    if (severity === 'info') log.info(text, words)
    else log.warn(text, words)
  }

  /** The last record of a life that ends by itself. */
  lifeEnded(exitCode: number): void {
    this.note('life', { type: lifeEndedType, exitCode })
  }

  /** An error that nobody expected, before it ends the life. */
  crashed(error: unknown): void {
    const text = describe(error).slice(0, crashTextMax)
    this.note('life', { type: 'life.crashed', severity: 'error', text })
  }

  started({ component, task, incarnation, pid }: Guarded<'onStarted'>): void {
    this.#running.set(`${component} ${task ?? ''} ${incarnation}`, pid)
  }

  /** After the machines were told: what they did with it is what the note follows from. */
  exited({ component, task, incarnation, exitCode, signal }: Guarded<'onExited'>): void {
    const key = `${component} ${task ?? ''} ${incarnation}`
    const pid = this.#running.get(key) ?? null
    this.#running.delete(key)
    if (signal === null && (exitCode === 0 || exitCode === null)) return
    const { parts, ports } = this.#options
    const workingDirectory = directoryOf(parts.configuration, component)
    const core = pid === null ? null : ports.findCore({ pid, signal, workingDirectory })
    const actor = actorOf.component(component)
    parts.engine.note({
      kind: 'note',
      actor,
      event: {
        type: 'process.died',
        severity: core ? 'error' : 'info',
        task,
        incarnation,
        pid,
        exitCode,
        signal,
        core,
      },
      cause: parts.engine.lastStepOf(actor),
    })
  }

  guardSaw(notes: Guarded<'onNotes'>): void {
    for (const { code, atUs, ...details } of notes) {
      const { pid, signal } = details
      const of = { signal: signal ?? null, workingDirectory: process.cwd() }
      const core = pid === undefined ? null : this.#options.ports.findCore({ ...of, pid })
      this.note('guard', { type: code, severity: 'warning', atUs, ...details, ...(core && { core }) })
    }
  }

  /** What a component's program has to say; see docs/sdk-protocol.md. */
  application(of: {
    readonly component: ComponentId
    readonly incarnation: number
    readonly name: string
    readonly data: unknown
    readonly missingCount: number
    readonly cause: Cause | null
  }): void {
    const { component, incarnation, name, data, missingCount, cause } = of
    const event = { type: name, incarnation, data, ...(missingCount > 0 && { missingCount }) }
    this.#options.parts.engine.note({ kind: 'application', actor: actorOf.component(component), event, cause })
  }
}

/** Where the component's programs run; the guard's own directory, which is this process's, where nothing else is said. */
function directoryOf({ components, types }: Configuration, component: string): string {
  const type = components[componentNameOf(component as ComponentId)]?.type
  return (type === undefined ? null : types[type]?.workingDirectory) ?? process.cwd()
}

function wordsOf({ end, exitCode, tail }: LastLife, isReset: boolean): { readonly how: string; readonly tail: string } {
  if (end === 'ended') return { how: `ended by itself with exit code ${exitCode}`, tail }
  if (end === 'killed') return { how: 'was killed, or crashed', tail }
  return { how: isReset ? 'ended with a reset by the watchdog' : 'ended with the machine', tail }
}
