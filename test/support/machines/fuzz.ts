import { relative } from 'node:path'
import fc, { type Arbitrary } from 'fast-check'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { hashOf, type Message, persist, restore } from '../../../src/engine/step.ts'
import { elapse, Run, type Step } from './run.ts'
import { linesOf, type Rendering } from './transcript.ts'

export interface Fuzz<Input> {
  readonly input: Arbitrary<Input>
  readonly event: Arbitrary<Message>
  /** Makes an event fit the moment, where random values would hardly ever do: `incarnation: 0` becomes the current one, … */
  readonly resolve?: (event: Message, snapshot: AnyMachineSnapshot) => Message
  /** Called once for each life; what it returns is called after every step, the first included, and throws if all is not well. */
  readonly check?: (input: Input) => (step: Step) => void
  readonly runCount?: number
  readonly lengthMax?: number
  readonly rendering?: Rendering
}

type Move = { readonly event: Message } | { readonly timer: number }

/**
 * Lets random events, and the timers the machine arms, befall it. After every step: nothing was thrown, the context is
 * plain data, and a snapshot put away and restored is the same. A failure prints the shortest conversation that leads to
 * it, its seed and path, and the command that replays it.
 */
export function fuzz<Input>(machine: AnyStateMachine, options: Fuzz<Input>): void {
  const { runCount = 300, lengthMax = 40 } = options
  const move: Arbitrary<Move> = fc.oneof(
    { weight: 7, arbitrary: options.event.map((event) => ({ event })) },
    { weight: 1, arbitrary: fc.nat(7).map((timer) => ({ timer })) },
  )
  const moves = fc.array(move, { maxLength: lengthMax, size: 'max' })
  const { FUZZ_SEED: seed, FUZZ_PATH: path } = process.env
  const details = fc.check(
    fc.property(options.input, moves, (input, list) => {
      live(machine, options, input, list, () => {})
    }),
    { numRuns: runCount, ...(seed ? { seed: Number(seed) } : {}), ...(path ? { path } : {}) },
  )
  if (!details.failed) return
  const [input, list] = details.counterexample!
  throw new Error(
    [
      `after ${details.numRuns} runs: ${(details.errorInstance as Error)?.message ?? details.errorInstance}`,
      `input ${JSON.stringify(input)}`,
      ...conversation(machine, options, input, list),
      `seed ${details.seed}, path ${details.counterexamplePath}; to replay:`,
      `FUZZ_SEED=${details.seed} FUZZ_PATH=${details.counterexamplePath} bun test ${testFile()}`,
    ].join('\n'),
  )
}

function live<Input>(
  machine: AnyStateMachine,
  options: Fuzz<Input>,
  input: Input,
  moves: readonly Move[],
  onStep: (step: Step) => void,
): void {
  const check = options.check?.(input) ?? (() => {})
  const run = new Run(machine, input)
  const examine = (step: Step) => {
    onStep(step)
    checkPlain(machine, step.after)
    check(step)
  }
  examine(run.first)
  for (const move of moves) {
    const event = eventOf(move, run, options)
    if (event) examine(run.send(event))
  }
}

/** A timer's number counts those that run; without any, nothing happens. */
function eventOf<Input>(move: Move, run: Run, { resolve }: Fuzz<Input>): Message | null {
  if ('event' in move) return resolve?.(move.event, run.snapshot) ?? move.event
  const name = run.timers[move.timer % Math.max(1, run.timers.length)]
  return name === undefined ? null : elapse(name)
}

/** What the black box keeps must be all there is: JSON, and enough to go on from. */
function checkPlain(machine: AnyStateMachine, snapshot: AnyMachineSnapshot): void {
  const kept = JSON.parse(JSON.stringify(persist(snapshot)))
  if (!Bun.deepEquals(kept.context, snapshot.context, true)) throw new Error('the context is not plain JSON')
  if (hashOf(restore(machine, kept)) !== hashOf(snapshot)) throw new Error('a restored snapshot differs')
}

function conversation<Input>(
  machine: AnyStateMachine,
  options: Fuzz<Input>,
  input: Input,
  moves: readonly Move[],
): string[] {
  const lines: string[] = []
  try {
    live(machine, options, input, moves, (step) => lines.push(...linesOf(step, options.rendering ?? {})))
  } catch {
    lines.push('  and then it failed, as said above')
  }
  return lines
}

function testFile(): string {
  const path = /[\w/.-]+\.test\.ts/.exec(new Error().stack ?? '')?.[0]
  return path === undefined ? '' : relative(process.cwd(), path)
}
