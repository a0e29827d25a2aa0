/**
 * The node process's side of its guard: components are started and stopped through it, and what it sees comes back as
 * calls. When the guard has gone, so must all that hung on it: the components are killed and this process ends
 * (`exitCodes.guardLost`). Nothing else may write to this process's stdout.
 */
import { getLogger } from '@logtape/logtape'
import { type Clock, realClock } from '../engine/clock.ts'
import { exitCodes } from './exitCodes.ts'
import { signalGroup } from './processGroup.ts'
import { encodeFrame, type FrameOf, FrameReader, type GuardFrame, guardFrame, type NodeFrame } from './protocol.ts'
import { fromShared, toShared } from './sharedTime.ts'

const logger = getLogger(['rolecall', 'guard'])

type Of<Type extends GuardFrame['type']> = FrameOf<GuardFrame, Type>
type To<Type extends NodeFrame['type']> = FrameOf<NodeFrame, Type>

export interface GuardHandlers {
  onStarted(started: Of<'component.started'>): void
  onStartFailed(failed: Of<'component.startFailed'>): void
  /** Nothing of the process group is left. */
  onExited(exited: Of<'component.exited'>): void
  /** It resists SIGKILL; `onExited` follows if it ends after all. */
  onStopFailed(failed: Of<'component.stopFailed'>): void
  onPeerEnded(ended: Of<'peer.ended'>): void
  /** Hand over every role, stop every component, then call `left`. */
  onLeave(): void
}

export interface GuardClient {
  spawn(order: To<'component.spawn'>): void
  stop(order: To<'component.stop'>): void
  /** By this process's clock, as every time here. */
  setLease(lease: To<'lease.set'>): void
  setActive(active: To<'component.active'>): void
  ready(): void
  status(text: string): void
  left(): void
}

const statusLengthMax = 2000

export function connectGuard(handlers: GuardHandlers, clock: Clock = realClock): GuardClient {
  const output = Bun.stdout.writer()
  const groupIds = new Map<string, number>()
  let hasLeft = false

  const send = (frame: NodeFrame): void => {
    const bytes = encodeFrame(frame)
    output.write(bytes)
    void output.flush()
  }
  const dispatch = (frame: GuardFrame): void => {
    switch (frame.type) {
      case 'component.started':
        groupIds.set(keyOf(frame), frame.pid)
        handlers.onStarted(frame)
        break
      case 'component.startFailed':
        handlers.onStartFailed(frame)
        break
      case 'component.exited':
        groupIds.delete(keyOf(frame))
        handlers.onExited({ ...frame, atMs: fromShared(frame.atMs, clock) })
        break
      case 'component.stopFailed':
        handlers.onStopFailed(frame)
        break
      case 'peer.ended':
        handlers.onPeerEnded(frame)
        break
      case 'node.leave':
        handlers.onLeave()
        break
    }
  }
  const end = (): void => {
    for (const groupId of groupIds.values()) signalGroup(groupId, 'SIGKILL')
    if (!hasLeft) logger.fatal('the guard has gone: components killed')
    process.exit(hasLeft ? exitCodes.left : exitCodes.guardLost)
  }

  const reader = new FrameReader<GuardFrame>(guardFrame)
  process.stdin.on('data', (piece: Buffer) => {
    for (const frame of reader.take(piece)) dispatch(frame)
  })
  process.stdin.on('end', end)
  process.stdin.on('error', end)

  return {
    spawn: (order) => send({ type: 'component.spawn', ...order }),
    stop: (order) => send({ type: 'component.stop', ...order }),
    setLease: ({ untilMs }) => send({ type: 'lease.set', untilMs: toShared(untilMs, clock) }),
    setActive: (active) => send({ type: 'component.active', ...active }),
    ready: () => send({ type: 'node.ready' }),
    status: (text) => send({ type: 'node.status', text: text.slice(0, statusLengthMax) }),
    left() {
      hasLeft = true
      send({ type: 'node.left' })
    },
  }
}

function keyOf({ component, task, incarnation }: Of<'component.exited'> | Of<'component.started'>): string {
  return `${component} ${task ?? ''} ${incarnation}`
}
