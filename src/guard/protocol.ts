/**
 * What guard and node process say to each other: frames of a 4-byte big-endian length and that much msgpack, over the
 * node process's stdin (guard → node) and stdout (node → guard). Its stderr is for logs. Both ends are one release of one
 * binary, so a frame that does not parse is a programming error: the guard then kills the node process and starts it anew.
 */
import { constants } from 'node:os'
import { decode, encode } from '@msgpack/msgpack'
import { z } from 'zod'

/** A longer frame is refused by both ends. */
export const frameLengthMax = 1024 * 1024

const incarnation = z.number().int().nonnegative()
const timeMs = z.number()

/**
 * Names one process group. `task` is null for a component's program; a hook or a probe that runs on its behalf has a
 * name of its own, and so is killed with the component like everything else of it.
 */
const group = { component: z.string().min(1).max(300), task: z.string().min(1).max(100).nullable(), incarnation }

export const nodeFrame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('component.spawn'),
    ...group,
    command: z.array(z.string()).min(1),
    environment: z.record(z.string(), z.string()),
    workingDirectory: z.string().nullable(),
    /** Killed by the guard itself when it is active and the node's lease has been over for `selfStopMs`. */
    isExclusive: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('component.stop'),
    ...group,
    signal: z.string().refine((name) => Object.hasOwn(constants.signals, name)),
    timeoutMs: timeMs,
  }),
  z.strictObject({
    type: z.literal('component.active'),
    component: group.component,
    incarnation,
    isActive: z.boolean(),
  }),
  /** CLOCK_MONOTONIC (sharedTime.ts). */
  z.strictObject({ type: z.literal('lease.set'), untilMs: timeMs }),
  z.strictObject({ type: z.literal('node.ready') }),
  z.strictObject({ type: z.literal('node.status'), text: z.string().max(2000) }),
  /** Every role is handed over and every component stopped: the guard may end the node process and itself. */
  z.strictObject({ type: z.literal('node.left') }),
])

/** How the end of a peer was learnt; see liveness.ts for what each proves. */
export const endings = ['closed', 'reset', 'refused', 'said'] as const

export const guardFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('component.started'), ...group, pid: z.number().int().positive() }),
  z.strictObject({ type: z.literal('component.startFailed'), ...group, code: z.string(), detail: z.string() }),
  /** The whole process group has gone, not only its leader, whose `exitCode`, `signal` and end `atMs` (CLOCK_MONOTONIC) these are. */
  z.strictObject({
    type: z.literal('component.exited'),
    ...group,
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    atMs: timeMs,
  }),
  /** SIGKILL was sent and something of the group is still there. `component.exited` follows when it has gone after all. */
  z.strictObject({ type: z.literal('component.stopFailed'), ...group, detail: z.string() }),
  z.strictObject({
    type: z.literal('peer.ended'),
    node: z.string(),
    incarnation: incarnation.nullable(),
    how: z.enum(endings),
  }),
  z.strictObject({ type: z.literal('node.leave') }),
])

export type NodeFrame = z.infer<typeof nodeFrame>
export type GuardFrame = z.infer<typeof guardFrame>
export type Ending = (typeof endings)[number]

export type FrameOf<Frame extends { type: string }, Type extends Frame['type']> = Omit<
  Extract<Frame, { type: Type }>,
  'type'
>

/** Throws when the frame is too long: the caller has to bound what it puts in. */
export function encodeFrame(frame: NodeFrame | GuardFrame): Uint8Array {
  const body = encode(frame)
  if (body.length > frameLengthMax) throw new Error(`frame '${frame.type}' of ${body.length} bytes is too long`)
  const bytes = new Uint8Array(4 + body.length)
  new DataView(bytes.buffer).setUint32(0, body.length)
  bytes.set(body, 4)
  return bytes
}

/** Puts frames together from the pieces a stream comes in. Throws on a frame that is too long or does not parse. */
export class FrameReader<Frame> {
  readonly #schema: z.ZodType<Frame>
  #rest: Uint8Array = new Uint8Array()

  constructor(schema: z.ZodType<Frame>) {
    this.#schema = schema
  }

  take(piece: Uint8Array): Frame[] {
    let bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    const frames: Frame[] = []
    for (let length = lengthOf(bytes); length !== null && bytes.length >= 4 + length; length = lengthOf(bytes)) {
      frames.push(this.#schema.parse(decode(bytes.subarray(4, 4 + length))))
      bytes = bytes.subarray(4 + length)
    }
    // A copy: the stream may use its buffer again.
    this.#rest = bytes.slice()
    return frames
  }
}

function lengthOf(bytes: Uint8Array): number | null {
  if (bytes.length < 4) return null
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
  if (length > frameLengthMax) throw new Error(`frame of ${length} bytes is too long`)
  return length
}
