/**
 * The node process's side of its guard: components are started and stopped through it, and what it sees comes back as
 * calls. Guard and node process live and die together: when the guard has gone, or hangs, so must all that hung on it.
 *
 *   this process ends by itself  the components are killed first: the guard would do it, unless it hangs
 *   guard gone                   the components are killed, and this process ends (`exitCodes.guardLost`)
 *   guard silent                 no more leases are reported: what acts under one is told to stop when it ends, and what
 *                                has not stopped `selfStopMs` later is killed from here
 *   silent for hungAfterMs + selfStopMs   the components and the guard are killed, and this process ends
 *
 * What is decided is in `createGuardClient`, which simulations share; `connectGuard` gives it this process's pipes.
 */
import { getLogger } from '@logtape/logtape'
import type { Timing } from '../../machines/model/configuration.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import { type Clock, realClock } from '../engine/clock.ts'
import { exitCodes } from './exitCodes.ts'
import type { Mastership } from './heartbeatLeases.ts'
import { LeaseBackstop } from './leaseBackstop.ts'
import { reportBy } from './leaseReports.ts'
import { signalGroup } from './processGroup.ts'
import { encodeFrame, type FrameOf, FrameReader, type GuardFrame, guardFrame, type NodeFrame } from './protocol.ts'
import { createSharedTime, type SharedTime } from './sharedTime.ts'
import { SilenceWatch } from './silenceWatch.ts'

const logger = getLogger(['rolecall', 'guard'])

type Of<Type extends GuardFrame['type']> = FrameOf<GuardFrame, Type>
type To<Type extends NodeFrame['type']> = FrameOf<NodeFrame, Type>

/** By this process's clock, as every time here. */
export type LeaseReport = Of<'lease.report'>

export interface GuardHandlers {
  onStarted(started: Of<'component.started'>): void
  onStartFailed(failed: Of<'component.startFailed'>): void
  /** Nothing of the process group is left. */
  onExited(exited: Of<'component.exited'>): void
  /** It resists SIGKILL; `onExited` follows if it ends after all. */
  onStopFailed(failed: Of<'component.stopFailed'>): void
  onPeerEnded(ended: Of<'peer.ended'>): void
  onHeartbeatEvent(event: Of<'heartbeat.event'>['event']): void
  onLeaseReport(report: LeaseReport): void
  onLeaseDropped(epoch: number): void
  onPromiseAnswer(answer: Of<'promise.answer'>): void
  onProblems(problems: Of<'guard.problems'>['problems']): void
  /** What the guard saw of earlier lives of this process. */
  onNotes(notes: Of<'guard.notes'>['notes']): void
  /** Hand over every role, stop every component, then call `left`. */
  onLeave(): void
}

export interface GuardClient {
  /**
   * Whether the guard's process is there at this moment. Other nodes take its end for this node's soon after the kernel has told
   * them (`endedGraceMs`), and this process may have stood still meanwhile: what was granted through a guard ends with it.
   */
  isGuardAlive(): boolean
  spawn(order: To<'component.spawn'>): void
  stop(order: To<'component.stop'>): void
  setActive(active: To<'component.active'>): void
  setMastership(mastership: Mastership): void
  dropLease(epoch: number): void
  askPromise(question: To<'promise.ask'>): void
  accept(returned: { node: NodeName; incarnation: Incarnation; returnCount: number }): void
  /** The peer is off, on the word of a fence agent or an operator: judged by the heartbeats, then told by `onPeerEnded`. */
  fenced(ended: To<'peer.fenced'>): void
  configure(cluster: To<'configure'>): void
  /** The guard goes by what `configure` told it last; leases that have become shorter by that are known here. */
  isConfigured(): boolean
  /** To be called at least every `progressIntervalMs` for as long as the event loop turns. */
  progress(count: number): void
  ready(): void
  status(text: string): void
  left(how?: { isRemoved: boolean }): void
}

export interface GuardClientPorts {
  readonly clock: Clock
  readonly sharedTime: SharedTime
  readonly timing: Pick<Timing, 'selfStopMs' | 'hungAfterMs'>
  readonly send: (frame: NodeFrame) => void
  readonly killGroup: (groupId: number) => void
  readonly killGuard: () => void
  /** Asks the kernel, not what has been read so far. */
  readonly isGuardAlive: () => boolean
  /** Does not return. */
  readonly exit: (exitCode: number) => void
}

const statusLengthMax = 2000

interface Started {
  readonly component: string
  readonly groupId: number
  readonly isExclusive: boolean
}

export function createGuardClient(
  handlers: GuardHandlers,
  ports: GuardClientPorts,
): {
  readonly client: GuardClient
  readonly take: (frame: GuardFrame) => void
  readonly lost: () => void
  /** This process ends, for whatever reason: what acts here must not outlive it, even if the guard hangs. */
  readonly ending: () => void
} {
  const { clock, sharedTime, send } = ports
  let { timing } = ports
  /** Of what `configure` told the guard. */
  let unansweredCount = 0
  const exclusive = new Set<string>()
  const started = new Map<string, Started>()
  let nodeLeaseUntilMs: number | null = null
  let { selfStopMs } = ports.timing
  let hasLeft = false
  let isSilent = false

  const backstop = new LeaseBackstop({
    clock,
    selfStopMs: () => selfStopMs,
    leaseUntilMs: () => nodeLeaseUntilMs,
    // The guard does the same, if it can.
    onOver(component) {
      for (const group of started.values())
        if (group.component === component && group.isExclusive) ports.killGroup(group.groupId)
    },
  })
  const ending = (): void => {
    watch.stop()
    for (const { groupId } of started.values()) ports.killGroup(groupId)
  }
  const end = (exitCode: number): void => {
    ending()
    ports.exit(exitCode)
  }
  const watch = new SilenceWatch({
    clock,
    afterMs: () => timing.hungAfterMs,
    onSilent(silentForMs) {
      if (!isSilent) logger.error('the guard has said nothing for {silentForMs} ms: it may hang', { silentForMs })
      isSilent = true
      if (silentForMs < timing.hungAfterMs + timing.selfStopMs) return
      logger.fatal('the guard hangs: it is killed, and everything of this node with it')
      ports.killGuard()
      end(exitCodes.guardLost)
    },
  })

  function take(frame: GuardFrame): void {
    watch.heard()
    isSilent = false
    switch (frame.type) {
      case 'component.started':
        started.set(keyOf(frame), {
          component: frame.component,
          groupId: frame.pid,
          isExclusive: exclusive.has(keyOf(frame)),
        })
        return handlers.onStarted(frame)
      case 'component.startFailed':
        exclusive.delete(keyOf(frame))
        return handlers.onStartFailed(frame)
      case 'component.exited':
        started.delete(keyOf(frame))
        exclusive.delete(keyOf(frame))
        return handlers.onExited({ ...frame, atMs: sharedTime.fromShared(frame.atMs) })
      case 'component.stopFailed':
        return handlers.onStopFailed(frame)
      case 'peer.ended':
        return handlers.onPeerEnded(frame)
      case 'heartbeat.event':
        return handlers.onHeartbeatEvent(frame.event)
      case 'lease.report': {
        const report = reportBy(sharedTime.fromShared, frame)
        nodeLeaseUntilMs = report.nodeUntilMs
        selfStopMs = report.selfStopMs
        return handlers.onLeaseReport(report)
      }
      case 'lease.dropped':
        return handlers.onLeaseDropped(frame.epoch)
      case 'configured':
        unansweredCount -= 1
        return
      case 'promise.answer': {
        const { id, untilMs } = frame
        return handlers.onPromiseAnswer({ id, untilMs: untilMs === null ? null : sharedTime.fromShared(untilMs) })
      }
      case 'guard.problems':
        return handlers.onProblems(frame.problems)
      case 'guard.notes':
        return handlers.onNotes(frame.notes)
      case 'node.leave':
        return handlers.onLeave()
    }
  }

  const client: GuardClient = {
    isGuardAlive: ports.isGuardAlive,
    spawn(order) {
      if (order.isExclusive) exclusive.add(keyOf(order))
      send({ type: 'component.spawn', ...order })
    },
    stop: (order) => send({ type: 'component.stop', ...order }),
    setActive(active) {
      backstop.setActive(active.component, active.isActive)
      send({ type: 'component.active', ...active })
    },
    setMastership: ({ epoch, leader, vice, commitIndex }) =>
      send({ type: 'mastership.set', epoch, leader, vice, commitIndex }),
    dropLease: (epoch) => send({ type: 'lease.drop', epoch }),
    askPromise: (question) => send({ type: 'promise.ask', ...question }),
    accept: ({ node, incarnation, returnCount }) => send({ type: 'peer.accepted', node, incarnation, returnCount }),
    fenced: ({ node, incarnation, how }) => send({ type: 'peer.fenced', node, incarnation, how }),
    configure(cluster) {
      const { hungAfterMs = timing.hungAfterMs } = cluster.timing
      timing = { hungAfterMs, selfStopMs: cluster.holding.selfStopMs }
      selfStopMs = Math.min(selfStopMs, timing.selfStopMs)
      unansweredCount += 1
      backstop.reconsider()
      send({ type: 'configure', ...cluster })
    },
    isConfigured: () => unansweredCount === 0,
    progress: (count) => send({ type: 'node.progress', count }),
    ready: () => send({ type: 'node.ready' }),
    status: (text) => send({ type: 'node.status', text: text.slice(0, statusLengthMax) }),
    left({ isRemoved } = { isRemoved: false }) {
      hasLeft = true
      send({ type: 'node.left', isRemoved })
    },
  }
  const lost = (): void => {
    if (!hasLeft) logger.fatal('the guard has gone: components killed')
    end(hasLeft ? exitCodes.left : exitCodes.guardLost)
  }
  return { client, take, lost, ending }
}

/** Over this process's stdin and stdout. Nothing else may write to its stdout. */
export function connectGuard(
  handlers: GuardHandlers,
  { timing, clock = realClock }: { timing: GuardClientPorts['timing']; clock?: Clock },
): GuardClient {
  const output = Bun.stdout.writer()
  const guardPid = process.ppid
  const write = async (bytes: Uint8Array): Promise<void> => {
    try {
      output.write(bytes)
      await output.flush()
    } catch {
      lost()
    }
  }
  const { client, take, lost, ending } = createGuardClient(handlers, {
    clock,
    sharedTime: createSharedTime(clock),
    timing,
    send: (frame) => void write(encodeFrame(frame)),
    killGroup: (groupId) => void signalGroup(groupId, 'SIGKILL'),
    killGuard() {
      // Only while it is the parent: another process may have its number otherwise.
      if (process.ppid === guardPid) process.kill(guardPid, 'SIGKILL')
    },
    isGuardAlive: () => process.ppid === guardPid,
    exit: (exitCode) => process.exit(exitCode),
  })
  process.on('exit', ending)
  const reader = new FrameReader<GuardFrame>(guardFrame)
  process.stdin.on('data', (piece: Buffer) => {
    for (const frame of reader.take(piece)) take(frame)
  })
  process.stdin.on('end', lost)
  process.stdin.on('error', lost)
  return client
}

function keyOf({ component, task, incarnation }: Pick<To<'component.spawn'>, 'component' | 'task' | 'incarnation'>) {
  return `${component} ${task ?? ''} ${incarnation}`
}
