/**
 * What guard and node process say to each other: frames of a 4-byte big-endian length and that much msgpack, over the
 * node process's stdin (guard → node) and stdout (node → guard). Its stderr is for logs. Both ends are one release of one
 * binary, so a frame that does not parse is a programming error: the guard then kills the node process and starts it anew.
 */
import { constants } from 'node:os'
import { z } from 'zod'
import { decodeBody, encodeBody } from '../wire/codec.ts'

/** A longer frame is refused by both ends. */
export const frameLengthMax = 1024 * 1024

const incarnation = z.number().int().nonnegative()
const timeMs = z.number()
const epoch = z.number().int().nonnegative()
const name = z.string().min(1).max(64)

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
  /** What heartbeats shall say. The epoch is durable. */
  z.strictObject({
    type: z.literal('mastership.set'),
    epoch,
    leader: name.nullable(),
    vice: name.nullable(),
    commitIndex: z.number().int().nonnegative(),
  }),
  /** Claim and grant nothing more in this epoch; answered by `lease.dropped`. */
  z.strictObject({ type: z.literal('lease.drop'), epoch }),
  /** May this node vote in this epoch? Answered by `promise.answer`; see `HeartbeatLeases.ask`. */
  z.strictObject({ type: z.literal('promise.ask'), id: z.number().int(), epoch, exempt: name.nullable() }),
  /** A return of a peer has reached whoever counts its isolation. */
  z.strictObject({ type: z.literal('peer.accepted'), node: name, incarnation, returnCount: z.number().int() }),
  /** A fence agent, or an operator, says that the peer is off. Answered by `peer.ended`, unless it is heard or began another life. */
  z.strictObject({
    type: z.literal('peer.fenced'),
    node: name,
    incarnation: incarnation.nullable(),
    how: z.enum(['fenced', 'operator']),
  }),
  /** The event loop of the node process turns: this has risen. */
  z.strictObject({ type: z.literal('node.progress'), count: z.number().int().nonnegative() }),
  /** The cluster has changed since the guard read the file. Each is answered by `configured`, when the guard goes by it. */
  z.strictObject({
    type: z.literal('configure'),
    nodes: z.record(name, z.array(z.strictObject({ host: z.string(), port: z.number().int() }))),
    voters: z.array(name),
    /** To wait by, where a lease is concerned; `holding`: to hold leases by (`machines/logic/lease.ts`, 5). */
    timing: z.record(z.string(), timeMs),
    holding: z.strictObject({
      leaderLeaseMs: timeMs,
      nodeLeaseMs: timeMs,
      selfStopMs: timeMs,
      takeOverMarginMs: timeMs,
    }),
  }),
  /** The node takes part from now on: its heartbeats begin. */
  z.strictObject({ type: z.literal('node.ready') }),
  z.strictObject({ type: z.literal('node.status'), text: z.string().max(2000) }),
  /** Every role is handed over and every component stopped: the guard may end the node process and itself. */
  z.strictObject({
    type: z.literal('node.left'),
    /** The cluster's configuration no longer has this node. */
    isRemoved: z.boolean().optional(),
  }),
])

/** How the end of a peer was learnt; see liveness.ts for what each proves. */
export const endings = ['closed', 'reset', 'refused', 'said', 'fenced', 'operator'] as const

/** `guard.unprivileged`: heartbeats run without real-time priority; `watchdog.unusable`: the watchdog device is not fed. */
export const guardProblemCodes = ['guard.unprivileged', 'watchdog.unusable'] as const

/** `node.hung`: the node process made no progress, and was killed for it; `node.ended`: how a life of it ended. */
export const guardNoteCodes = ['node.hung', 'node.ended'] as const
/** The oldest are forgotten first. */
export const guardNoteCountMax = 32

/** A node process hears from its guard at least so often: at the default `hungAfterMs` every 100 ms. */
export function reportIntervalMaxMs({ hungAfterMs }: { readonly hungAfterMs: number }): number {
  return Math.max(100, hungAfterMs / 15)
}

/** And a guard that the node process makes progress: every 40 ms. */
export function progressIntervalMs({ hungAfterMs }: { readonly hungAfterMs: number }): number {
  return Math.max(40, hungAfterMs / 37.5)
}

const silentForMs = timeMs
const heartbeatEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('peer.heard'), node: name, incarnation, returnCount: z.number().int() }),
  z.strictObject({ type: z.literal('peer.suspected'), node: name, silentForMs }),
  z.strictObject({ type: z.literal('peer.confirmedSilent'), node: name, silentForMs, waitedMs: timeMs }),
  z.strictObject({ type: z.literal('leader.heard'), leader: name, epoch, vice: name.nullable() }),
])

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
  /** Raised by the heartbeats, but for what leases gained and lost: that is seen from the reports. */
  z.strictObject({ type: z.literal('heartbeat.event'), event: heartbeatEvent }),
  /**
   * Until when this node may act as master (of this epoch) and keep its primaries, as far as the guard knows: what is read late
   * is too short. Times are CLOCK_MONOTONIC (sharedTime.ts); null: no such lease. Comes at least every `reportIntervalMaxMs`, so that its absence tells of a
   * guard that hangs.
   */
  z.strictObject({
    type: z.literal('lease.report'),
    epoch,
    leaderUntilMs: timeMs.nullable(),
    nodeUntilMs: timeMs.nullable(),
    /** What that lease leaves for stopping when it has ended. */
    selfStopMs: timeMs,
    /** A leader has a promise of this node. */
    isPromised: z.boolean(),
    alive: z.array(name),
    /** Heard, while their node process stands still. */
    stalled: z.array(name),
    /** When each link of each peer last brought a heartbeat; null: no news. */
    linkHeardMs: z.record(name, z.array(timeMs.nullable())).nullable(),
  }),
  z.strictObject({ type: z.literal('lease.dropped'), epoch }),
  /** From here on the guard goes by what it was told last; leases that have become shorter by that were reported before. */
  z.strictObject({ type: z.literal('configured') }),
  /** null: free to vote, and nothing is promised any more in an earlier epoch than the one asked for. */
  z.strictObject({ type: z.literal('promise.answer'), id: z.number().int(), untilMs: timeMs.nullable() }),
  /** All that keeps the guard from protecting this node as it should. */
  z.strictObject({
    type: z.literal('guard.problems'),
    problems: z.array(z.strictObject({ code: z.enum(guardProblemCodes), text: z.string().max(500) })),
  }),
  /** For the black box: what happened to earlier lives of the node process. Told once a life takes part. */
  z.strictObject({
    type: z.literal('guard.notes'),
    notes: z
      .array(
        z.strictObject({
          code: z.enum(guardNoteCodes),
          /** Wall time in microseconds: a label. */
          atUs: z.number(),
          incarnation,
          pid: z.number().int().optional(),
          exitCode: z.number().int().nullable().optional(),
          signal: z.string().nullable().optional(),
          silentForMs: timeMs.optional(),
        }),
      )
      .max(guardNoteCountMax),
  }),
  z.strictObject({ type: z.literal('node.leave') }),
])

export type NodeFrame = z.infer<typeof nodeFrame>
export type GuardFrame = z.infer<typeof guardFrame>
export type GuardProblem = FrameOf<GuardFrame, 'guard.problems'>['problems'][number]
export type GuardNote = FrameOf<GuardFrame, 'guard.notes'>['notes'][number]
export type Ending = (typeof endings)[number]

export type FrameOf<Frame extends { type: string }, Type extends Frame['type']> = Omit<
  Extract<Frame, { type: Type }>,
  'type'
>

/** Throws when the frame is too long: the caller has to bound what it puts in. */
export function encodeFrame(frame: NodeFrame | GuardFrame): Uint8Array {
  const body = encodeBody(frame)
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
      frames.push(this.#schema.parse(decodeBody(bytes.subarray(4, 4 + length))))
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
