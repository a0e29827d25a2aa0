/** How the states of a recording were hashed. */
import type { AnyMachineSnapshot } from 'xstate'
import { hashOf } from '../engine/step.ts'
import type { Life } from './boxes.ts'

export type HashOf = (snapshot: AnyMachineSnapshot) => number

/** Until format version 1: of value and context in one piece. */
const hashInOnePiece: HashOf = ({ value, context }) => Bun.hash.crc32(JSON.stringify([value, context]))

export function hasherOf({ segments }: Pick<Life, 'segments'>): HashOf {
  return segments[0]?.formatVersion === 1 ? hashInOnePiece : hashOf
}
