/** Machines, a clock and engines to record with. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assign, emit, setup } from 'xstate'
import type { Clock } from '../../src/engine/clock.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { Message } from '../../src/engine/step.ts'
import { type BlackBox, openRecorder, type RecorderOptions } from '../../src/recorder/recorder.ts'
import type { Catalogue } from '../../src/recorder/replay.ts'

interface LampInput {
  readonly name: string
  readonly burnMs: number
}

/** Switched on it burns for a time, tells of every change, and keeps the last notes it was given. */
function lampOf(step: number) {
  return setup({
    types: {
      input: {} as LampInput,
      context: {} as LampInput & { count: number; notes: string[] },
      events: {} as { type: 'lamp.press' } | { type: 'lamp.note'; text: string } | { type: 'lamp.ask' },
      emitted: {} as { type: 'lamp.changed'; name: string; count: number },
    },
    actions: {
      count: assign({ count: ({ context }) => context.count + step }),
      note: assign({
        notes: ({ context, event }) => [...context.notes, event.type === 'lamp.note' ? event.text : ''].slice(-3),
      }),
      tell: emit(({ context }) => ({ type: 'lamp.changed', name: context.name, count: context.count })),
    },
    delays: { burn: ({ context }) => context.burnMs },
  }).createMachine({
    id: 'lamp',
    context: ({ input }) => ({ ...input, count: 0, notes: [] }),
    initial: 'dark',
    on: { 'lamp.note': { actions: 'note' }, 'lamp.ask': { actions: 'tell' } },
    states: {
      dark: { on: { 'lamp.press': { target: 'lit', actions: ['count', 'tell'] } } },
      lit: {
        on: { 'lamp.press': { target: 'dark', actions: 'tell' } },
        after: { burn: { target: 'dark', actions: 'tell' } },
      },
    },
  })
}

export const catalogue: Catalogue = { lamp: { machine: lampOf(1), version: 1 } }
/** The same version, another behaviour: what replay is there to notice. */
export const changedCatalogue: Catalogue = { lamp: { machine: lampOf(2), version: 1 } }
export const raisedCatalogue: Catalogue = { lamp: { machine: lampOf(1), version: 2 } }

/** Time that passes only when told to. */
export class TestClock implements Clock {
  #nowMs = 0
  #timers: { atMs: number; callback: () => void }[] = []

  nowMs = () => this.#nowMs
  wallUs = () => 1_700_000_000_000_000 + this.#nowMs * 1000

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer)
    }
  }

  pass(ms: number): void {
    const end = this.#nowMs + ms
    for (;;) {
      const next = this.#timers.filter((timer) => timer.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0]
      if (!next) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
    }
    this.#nowMs = end
  }
}

export interface TestNode {
  readonly engine: Engine
  readonly box: BlackBox
  readonly effects: { effect: Message; from: string; sequence: number }[]
}

/** A node's engine that records into `directory`. */
export function startNode(
  directory: string,
  options: Partial<RecorderOptions> & { clock?: Clock; perform?: (effect: Message, node: TestNode) => void } = {},
): TestNode {
  const clock = options.clock ?? new TestClock()
  const box = openRecorder({
    directory,
    cluster: 'test',
    node: 'n1',
    incarnation: 1,
    segmentSizeBytes: 64 * 1024,
    segmentCountMax: 4,
    snapshots: () => engine.snapshots(),
    ...options,
  })
  const effects: TestNode['effects'] = []
  const { node = 'n1', incarnation = 1 } = options
  const engine: Engine = new Engine({
    node,
    incarnation,
    clock,
    catalogue,
    recorder: box,
    perform: (effect, { actor, cause }) => {
      effects.push({ effect, from: actor, sequence: cause.sequence })
      options.perform?.(effect, started)
    },
  })
  const started: TestNode = { engine, box, effects }
  return started
}

export function startLamp({ engine }: TestNode, actor = 'lamp/a', burnMs = 1000): void {
  engine.start(actor, 'lamp', { name: actor, burnMs })
}

const made: string[] = []

export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-recorder-'))
  made.push(directory)
  return directory
}

export function removeDirectories(): void {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
}

/** Paths of the segments in a directory, oldest first. */
export function segmentPaths(directory: string): string[] {
  return readdirSync(directory)
    .sort()
    .map((name) => join(directory, name))
}

export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path))
}
