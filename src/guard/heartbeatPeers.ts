/**
 * What this node hears of the others: their lives, whether they are silent, and what to echo to each. Bounded by the
 * configured peers; a name that is not among them is refused.
 */
import { type Awareness, healthy, multiplierOf, ticked } from '../../machines/logic/awareness.ts'
import { isolatingSinceMs } from '../../machines/logic/lease.ts'
import {
  checked,
  firstHeard,
  forgiven,
  heard,
  type Suspicion,
  type SuspicionTiming,
  silenceMs,
  unheard,
  vouched,
} from '../../machines/logic/suspicion.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { Echo } from '../wire/messages/heartbeat.ts'
import type { HeartbeatEvent } from './heartbeatEvent.ts'

/** An echo as kept; whether it grants is decided when it is sent. */
export type KeptEcho = Omit<Echo, 'granting'>

interface Peer {
  /** The latest life heard of, from 1. 0: none. */
  incarnation: Incarnation
  /** That life is known to have ended: nothing more is taken from it. */
  isEnded: boolean
  suspicion: Suspicion
  echo: KeptEcho | null
  /** How often it came back, after confirmed silence or in a new life; and the last return that whoever counts its isolation has acknowledged. */
  returnCount: number
  acceptedCount: number
  /** What its node process last counted, and when that was news. */
  progress: number
  progressAtMs: number
}

/** What the judgement of silence is told. */
export interface Packet {
  readonly incarnation: Incarnation
  readonly sentAtMs: number
  readonly progress: number
}

/** refused: of an ended or older life, or of a stranger; stale: overtaken by a later one; returned: alive from now on. */
export type Hearing = 'refused' | 'stale' | 'heard' | 'returned'

export class HeartbeatPeers {
  readonly #peers: Map<NodeName, Peer>
  #timing: SuspicionTiming
  #awareness: Awareness = healthy

  constructor(names: readonly NodeName[], timing: SuspicionTiming, nowMs: number) {
    this.#timing = timing
    this.#peers = new Map(names.map((name) => [name, lifeless(nowMs)]))
  }

  /** Those that are new have not been heard; those that are not named are forgotten. */
  configure(names: readonly NodeName[], timing: SuspicionTiming, nowMs: number): void {
    this.#timing = timing
    for (const name of this.#peers.keys()) if (!names.includes(name)) this.#peers.delete(name)
    for (const name of names) if (!this.#peers.has(name)) this.#peers.set(name, lifeless(nowMs))
  }

  /** Silence counts from now for those never heard. */
  begin(nowMs: number): void {
    for (const peer of this.#peers.values()) if (peer.incarnation === 0) peer.suspicion = unheard(nowMs)
  }

  hear(name: NodeName, packet: Packet, nowMs: number): Hearing {
    const peer = this.#peers.get(name)
    if (!peer || packet.incarnation < peer.incarnation) return 'refused'
    if (packet.incarnation > peer.incarnation) {
      Object.assign(peer, { incarnation: packet.incarnation, isEnded: false, suspicion: firstHeard(nowMs), echo: null })
      Object.assign(peer, { progress: packet.progress, progressAtMs: nowMs })
      peer.returnCount += 1
      return 'returned'
    }
    if (peer.isEnded) return 'refused'
    if (peer.echo && packet.sentAtMs < peer.echo.sentAtMs) return 'stale'
    if (packet.progress > peer.progress) {
      peer.progress = packet.progress
      peer.progressAtMs = nowMs
    }
    const before = peer.suspicion.status
    peer.suspicion = heard(peer.suspicion, nowMs, this.#timing)
    if (before === 'alive' || peer.suspicion.status !== 'alive') return 'heard'
    if (before === 'confirmed') peer.returnCount += 1
    return 'returned'
  }

  returnCountOf(name: NodeName): number {
    return this.#peers.get(name)?.returnCount ?? 0
  }

  /** Whoever counts the time until the peer is isolated knows that it is back. An earlier return counts for nothing. */
  accept(name: NodeName, { incarnation, returnCount }: { incarnation: Incarnation; returnCount: number }): void {
    const peer = this.#peers.get(name)
    if (peer?.incarnation === incarnation && peer.returnCount === returnCount) peer.acceptedCount = returnCount
  }

  keepEcho(name: NodeName, echo: KeptEcho): void {
    this.#peers.get(name)!.echo = echo
  }

  /** What `by` says it hears; counts only if `by` is alive itself. */
  vouch(by: NodeName, hears: Readonly<Record<NodeName, number>>, nowMs: number): void {
    if (!this.isAlive(by)) return
    for (const [name, peer] of this.#peers) {
      if (name === by || !Object.hasOwn(hears, name)) continue
      peer.suspicion = vouched(peer.suspicion, nowMs - hears[name]!)
    }
  }

  /** Judges every peer's silence, forgiving what was our own lateness. `acquiredAtMs`: when this node became master, or null. */
  judge(at: { nowMs: number; lateMs: number; acquiredAtMs: number | null }): HeartbeatEvent[] {
    const { nowMs, lateMs, acquiredAtMs } = at
    this.#awareness = ticked(this.#awareness, { isLate: lateMs > 0 })
    if (lateMs > 0)
      for (const peer of this.#peers.values()) peer.suspicion = forgiven(peer.suspicion, { nowMs, lateMs })
    const multiplier = multiplierOf(this.#awareness, { isEverybodySilent: this.#isEverybodySilent(nowMs) })
    const events: HeartbeatEvent[] = []
    for (const [node, peer] of this.#peers) {
      const before = peer.suspicion.status
      peer.suspicion = checked(peer.suspicion, { nowMs, multiplier }, this.#timing)
      const { status, heardAtMs } = peer.suspicion
      if (status === before) continue
      const silentForMs = Math.floor(nowMs - heardAtMs)
      const waitedMs = Math.floor(nowMs - isolatingSinceMs({ heardAtMs, acquiredAtMs }))
      if (status === 'suspected') events.push({ type: 'peer.suspected', node, silentForMs })
      else events.push({ type: 'peer.confirmedSilent', node, silentForMs, waitedMs })
    }
    return events
  }

  /** Returns false if the evidence is about an older life, or names none while the peer is being heard. */
  end(name: NodeName, incarnation: Incarnation | null): boolean {
    const peer = this.#peers.get(name)
    if (!peer || (incarnation === null ? this.isAlive(name) : incarnation < peer.incarnation)) return false
    peer.incarnation = incarnation ?? peer.incarnation
    peer.isEnded = peer.incarnation > 0
    peer.suspicion = { ...peer.suspicion, status: 'confirmed', returningSinceMs: null }
    return true
  }

  isAlive(name: NodeName): boolean {
    return this.#peers.get(name)?.suspicion.status === 'alive'
  }

  /** Not while its silence is confirmed or its end known, nor after that before its return was acknowledged. */
  isGrantable(name: NodeName): boolean {
    const peer = this.#peers.get(name)
    return peer !== undefined && peer.suspicion.status !== 'confirmed' && peer.acceptedCount === peer.returnCount
  }

  /** Those that are heard while their node process has not moved for this long: hung, not gone. */
  stalledNames(nowMs: number, afterMs: number): NodeName[] {
    const names: NodeName[] = []
    for (const [name, { suspicion, progressAtMs }] of this.#peers)
      if (suspicion.status === 'alive' && nowMs - progressAtMs >= afterMs) names.push(name)
    return names.sort()
  }

  incarnationOf(name: NodeName): Incarnation {
    return this.#peers.get(name)?.incarnation ?? 0
  }

  echoFor(name: NodeName): KeptEcho | null {
    return this.#peers.get(name)?.echo ?? null
  }

  lastHeardMs(name: NodeName): number | null {
    const peer = this.#peers.get(name)
    return peer?.echo ? peer.suspicion.heardAtMs : null
  }

  /** How long ago each peer was heard, of those heard lately: more would clear no suspicion. */
  hears(nowMs: number): Record<NodeName, number> {
    const hears: Record<NodeName, number> = {}
    for (const [name, peer] of this.#peers) {
      const agoMs = nowMs - peer.suspicion.heardAtMs
      if (peer.echo && !peer.isEnded && agoMs < this.#timing.suspectAfterMs) hears[name] = Math.max(0, agoMs)
    }
    return hears
  }

  /** Of two or more that could be heard, none was: with a single one there is no telling whose fault it is. */
  #isEverybodySilent(nowMs: number): boolean {
    let presentCount = 0
    for (const { suspicion } of this.#peers.values()) {
      if (suspicion.status !== 'alive' && suspicion.status !== 'suspected') continue
      if (silenceMs(suspicion, nowMs) < this.#timing.suspectAfterMs) return false
      presentCount += 1
    }
    return presentCount >= 2
  }
}

function lifeless(nowMs: number): Peer {
  const counts = { returnCount: 0, acceptedCount: 0, progress: 0, progressAtMs: nowMs }
  return { incarnation: 0, isEnded: false, suspicion: unheard(nowMs), echo: null, ...counts }
}
