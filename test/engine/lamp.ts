/** A small machine to run the engine with: a lamp that goes out by itself. */
import { setup } from 'xstate'
import { Engine, type EngineOptions } from '../../src/engine/engine.ts'
import type { BlackBoxRecord } from '../../src/engine/record.ts'
import type { Message } from '../../src/engine/step.ts'
import { ManualClock } from '../support/manualClock.ts'

const words = setup({
  types: {} as {
    context: { dimAfterMs: number; isLit?: boolean; switchedCount: number }
    input: { dimAfterMs: number; isLit?: boolean }
    events: { type: 'lamp.switch' } | { type: 'lamp.breathe' }
    emitted: { type: 'light.set'; isOn: boolean } | { type: 'count.report'; count: number }
  },
  delays: { dim: ({ context }) => context.dimAfterMs },
})

export const lamp = words.createMachine({
  id: 'lamp',
  context: ({ input }) => ({ ...input, switchedCount: 0 }),
  initial: 'start',
  states: {
    start: { always: [{ guard: ({ context }) => context.isLit === true, target: 'lit' }, { target: 'dark' }] },
    dark: {
      entry: words.emit({ type: 'light.set', isOn: false }),
      on: { 'lamp.switch': 'lit' },
    },
    lit: {
      entry: [
        words.assign({ switchedCount: ({ context }) => context.switchedCount + 1 }),
        words.emit({ type: 'light.set', isOn: true }),
        words.emit(({ context }) => ({ type: 'count.report', count: context.switchedCount })),
      ],
      on: { 'lamp.switch': 'dark', 'lamp.breathe': { target: 'lit', reenter: true } },
      after: { dim: 'dark' },
    },
  },
})

type Origin = Parameters<EngineOptions['perform']>[1]

/** An engine whose records and effects go, in their order, into one list: `record a lit`, `perform light.set`. */
export function lampEngine(perform?: (effect: Message, engine: Engine, origin: Origin) => void) {
  const clock = new ManualClock()
  const records: BlackBoxRecord[] = []
  const history: string[] = []
  const options: EngineOptions = {
    node: 'n1',
    incarnation: 3,
    clock,
    catalogue: { lamp: { machine: lamp, version: 2 } },
    recorder: {
      append(record) {
        records.push(record)
        history.push(`record ${record.actor} ${record.state}`)
      },
    },
    perform(effect, origin) {
      history.push(`perform ${origin.actor} ${effect.type}`)
      perform?.(effect, engine, origin)
    },
  }
  const engine: Engine = new Engine(options)
  return { engine, clock, records, history }
}
