/**
 * How a node comes to its cluster: an empty disk founds it with the others or waits to be admitted, one that knows its cluster
 * tells who asks (`machines/logic/formation.ts`). Says hello to all until it has a log; then only answers.
 */
import * as rules from '../../machines/logic/formation.ts'
import { isCompatible, type ProtocolRange, releaseProtocols } from '../../machines/logic/protocol.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { HelloMessage } from '../wire/messages/hello.ts'

export interface JoiningOptions {
  readonly self: NodeName
  /** Id of the store here. */
  readonly disk: string
  readonly expected: rules.Formation['expected']
  /** Every other node and arbiter. */
  readonly peers: () => readonly NodeName[]
  /** What is known of the cluster here; null: the disk is empty. */
  readonly founded: () => NonNullable<HelloMessage['founded']> | null
  /** The operator's word: those who are missing have never been part of the cluster. */
  readonly isForced: boolean
  /** Default: those of this release. */
  readonly protocols?: ProtocolRange
  readonly clock: Pick<Clock, 'setTimer'>
  /** A datagram, lost or late at will. */
  readonly send: (to: NodeName, message: HelloMessage) => void
  /** Writes the first entry of the log. `founded` tells of it from then on. */
  readonly found: (founders: readonly rules.Founder[]) => void
  /** What a node's release understands. False: it is not heeded. Default: by what this release understands. */
  readonly onProtocols?: (node: NodeName, protocols: ProtocolRange) => boolean
  /** Which disk a node has now. */
  readonly onDisk: (node: NodeName, disk: string) => void
  /** It belongs to another cluster: nothing it says is heeded. */
  readonly onForeign: (node: NodeName, cluster: string) => void
}

const helloIntervalMs = 200
/** To those that have not answered once this node has a log. */
const knownIntervalMs = 1000

/** The same on every founder. */
export function clusterIdOf(founders: readonly rules.Founder[]): string {
  const text = JSON.stringify(founders.map(({ name, disk, kind }) => [name, disk, kind]))
  return new Bun.CryptoHasher('sha256').update(text).digest('hex').slice(0, 32)
}

export class Joining {
  readonly #options: JoiningOptions
  #formation: rules.Formation
  /** Those that said hello in their present lives. */
  readonly #greeted = new Set<NodeName>()
  #cancel = () => {}

  constructor(options: JoiningOptions) {
    this.#options = options
    this.#formation = rules.unformed(options)
  }

  /** Says hello to all, and again as long as the log is empty; then to those that have not said it. */
  start(): void {
    this.#cancel()
    this.#tryToFound()
    const { founded, peers, clock } = this.#options
    const isFounded = founded() !== null
    const silent = peers().filter((peer) => !isFounded || !this.#greeted.has(peer))
    for (const peer of silent) this.#say(peer, { isAnswer: false })
    this.#cancel =
      silent.length === 0 ? () => {} : clock.setTimer(isFounded ? knownIntervalMs : helloIntervalMs, () => this.start())
  }

  /** It was heard again, perhaps in a life of another release or with another disk. */
  returned(node: NodeName): void {
    if (this.#greeted.delete(node)) this.start()
  }

  stop(): void {
    this.#cancel()
  }

  receive(from: NodeName, message: HelloMessage): void {
    const { founded, onDisk, onForeign } = this.#options
    const own = founded()
    const { protocols } = message
    const isSpoken = this.#options.onProtocols?.(from, protocols) ?? isCompatible(protocols, this.#protocols)
    if (!isSpoken) {
      if (!message.isAnswer) this.#say(from, { isAnswer: true })
      return
    }
    if (own && message.founded && own.cluster !== message.founded.cluster) {
      onForeign(from, message.founded.cluster)
      return
    }
    onDisk(from, message.disk)
    this.#greeted.add(from)
    if (own === null) this.#learn(from, message)
    if (!message.isAnswer) this.#say(from, { isAnswer: true })
  }

  /** Who is waited for before the cluster can be founded; none when it is, or when others have founded it. */
  get missing(): readonly NodeName[] {
    return this.#options.founded() === null ? rules.missingFrom(this.#formation) : []
  }

  /** The disk is empty, and the cluster is not: a leader has to admit this node. */
  get isWaitingForAdmission(): boolean {
    return this.#options.founded() === null && this.#formation.isFoundedElsewhere
  }

  #learn(from: NodeName, { disk, founded }: HelloMessage): void {
    const { formation, founders } = rules.greeted(this.#formation, from, { disk, founded })
    this.#formation = formation
    if (founders) this.#found(founders)
    else this.#tryToFound()
  }

  #tryToFound(): void {
    const { isForced, founded } = this.#options
    const founders = founded() === null ? rules.foundersOf(this.#formation, { isForced }) : null
    if (founders) this.#found(founders)
  }

  /** The others are told at once: they may lack only this. */
  #found(founders: readonly rules.Founder[]): void {
    this.#options.found(founders)
    for (const peer of this.#options.peers()) this.#say(peer, { isAnswer: true })
  }

  get #protocols(): ProtocolRange {
    return this.#options.protocols ?? releaseProtocols
  }

  #say(to: NodeName, { isAnswer }: { isAnswer: boolean }): void {
    const { disk, founded, send } = this.#options
    send(to, { type: 'hello', protocols: this.#protocols, disk, founded: founded(), isAnswer })
  }
}
