/**
 * What the server knows of one component, over all its lives and connections: its role and peers, the role command it has
 * not answered yet, and the highest primary token it was told of. Fencing (DESIGN §3): whoever carries a lower one is
 * refused before it reaches the program. Invariant: `#highest` never falls.
 */
import type { ComponentId } from '../../../machines/model/ids.ts'
import { activeRoles } from '../../../machines/model/roles.ts'
import type { Peer } from '../../../machines/model/status.ts'
import { compareTokens, type Token, zeroToken } from '../../../machines/model/token.ts'
import type { Introduction, RoleInvocation } from './options.ts'

export interface OpenCommand {
  readonly id: number
  readonly invocation: RoleInvocation
  readonly cancelTimer: () => void
}

export class Member {
  readonly component: ComponentId
  /** The life that `peers` and `primaryToken` belong to. */
  incarnation = -1
  peers: readonly Peer[] = []
  /** Token of its present primary role, kept while it hands over; null in every other role. */
  primaryToken: Token | null = null
  command: OpenCommand | null = null
  /** The component whose program it is told by, if not its own. */
  via: ComponentId | null = null
  #highest: Token = zeroToken

  constructor(component: ComponentId) {
    this.component = component
  }

  /** Takes a role command. What it had not answered before is void. */
  invoked(command: OpenCommand): void {
    const { incarnation, role, token } = command.invocation
    this.command?.cancelTimer()
    this.command = command
    this.via = command.invocation.via?.component ?? null
    if (incarnation !== this.incarnation) this.primaryToken = null
    if (role === 'primary') this.primaryToken = token
    else if (!activeRoles.includes(role)) this.primaryToken = null
    this.#told(command.invocation)
    if (this.primaryToken) this.raise(this.primaryToken)
  }

  introduced(introduction: Introduction): void {
    if (introduction.incarnation < this.incarnation) return
    this.#told(introduction)
    if (!this.command) return
    const { peers } = introduction
    this.command = { ...this.command, invocation: { ...this.command.invocation, peers } }
  }

  /** Takes the open command if it is the one meant: an answer to an earlier one is no answer. */
  takeCommand(id: number): RoleInvocation | null {
    if (this.command?.id !== id) return null
    const { invocation, cancelTimer } = this.command
    cancelTimer()
    this.command = null
    return invocation
  }

  isStale(token: Token): boolean {
    return compareTokens(token, this.#highest) < 0
  }

  raise(token: Token): void {
    if (compareTokens(token, this.#highest) > 0) this.#highest = token
  }

  /** Whether it may send checkpoints with the token: that of its present primary role, and nobody has a later one. */
  holds(token: Token): boolean {
    return this.primaryToken !== null && compareTokens(token, this.primaryToken) === 0 && !this.isStale(token)
  }

  #told({ incarnation, peers }: { incarnation: number; peers: readonly Peer[] }): void {
    this.incarnation = incarnation
    this.peers = peers
    for (const peer of peers) if (peer.role === 'primary') this.raise(peer.token)
  }
}
