/**
 * Records at full speed until it is killed, as `crashMatrix.test.ts` tells it to. Says on stdout what it found of the life before,
 * then again and again up to which record it has written, and up to which it is on the disk: what was said must be found.
 */
import { writeSync } from 'node:fs'
import type { Clock } from '../../src/engine/clock.ts'
import type { LastLife } from '../../src/recorder/lastLife.ts'
import type { RecorderOptions } from '../../src/recorder/recorder.ts'
import { startLamp, startNode } from './support.ts'

export interface CrashOrder {
  readonly directory: string
  readonly incarnation: number
  readonly seed: number
  readonly options: Pick<
    RecorderOptions,
    'segmentSizeBytes' | 'segmentCountMax' | 'budget' | 'flush' | 'flushIntervalMs'
  >
}

export type Said =
  | { readonly lastLife: LastLife | null }
  | { readonly written: number; readonly flushed: number; readonly leftOut: number }

const batchCount = 100
/** The records' time runs ahead of the world's, so that seconds of the budget pass in milliseconds. */
const usPerLook = 5000

function write(order: CrashOrder): void {
  const { directory, incarnation, options } = order
  let state = order.seed
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  let us = 1_700_000_000_000_000 + incarnation * 1e12
  const clock: Clock = { nowMs: () => us / 1000, wallUs: () => (us += usPerLook), setTimer: () => () => {} }
  const say = (said: Said): void => void writeSync(1, `${JSON.stringify(said)}\n`)
  const node = startNode(directory, { incarnation, clock, ...options })
  say({ lastLife: node.box.lastLife })
  for (const lamp of ['lamp/a', 'lamp/b']) startLamp(node, lamp)
  // Quiet most of the time, with a burst of changes now and then.
  const one = (): void => {
    const lamp = `lamp/${random(2) === 0 ? 'a' : 'b'}`
    const what = random(1000)
    if (what < 930) node.engine.send(lamp, { type: 'lamp.unknown', n: what })
    else if (what < 960) node.engine.send(lamp, { type: 'lamp.note', text: 'x'.repeat(random(240)) })
    else if (what < 980) node.engine.send(lamp, { type: 'lamp.ask' })
    else if (what < 990)
      node.engine.note({ kind: 'application', actor: lamp, event: { type: 'said', what }, cause: null })
    else for (let count = random(20); count >= 0; count -= 1) node.engine.send(lamp, { type: 'lamp.press' })
  }
  const batch = (): void => {
    for (let count = 0; count < batchCount; count += 1) one()
    const { lastSequence, flushed, leftOutCount } = node.box.stats()
    say({ written: lastSequence, flushed: flushed?.sequence ?? 0, leftOut: leftOutCount })
    setImmediate(batch)
  }
  batch()
}

write(JSON.parse(process.argv[2]!) as CrashOrder)
