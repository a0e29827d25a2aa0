/** What a program holds for one assignment: the role it was told last, and what came with it. */
import type { AssignmentName } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { Peer } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'

export interface HeldRole {
  readonly assignment: AssignmentName
  readonly role: Role
  readonly token: Token
  readonly peers: readonly Peer[]
}

export class Held implements HeldRole {
  readonly assignment: AssignmentName
  role: Role
  token: Token
  peers: readonly Peer[]
  /** Of the present primary role, kept while it hands over: what checkpoints are sent under. */
  primaryToken: Token | null = null
  #command = new AbortController()

  constructor({ assignment, role, token, peers }: HeldRole) {
    this.assignment = assignment
    this.role = role
    this.token = token
    this.peers = peers
  }

  /** Takes a command; the one before counts no more. Returns what the new one is aborted by. */
  told({ role, token, peers }: HeldRole): AbortSignal {
    this.abort()
    this.#command = new AbortController()
    this.role = role
    this.token = token
    this.peers = peers
    if (role === 'primary') this.primaryToken = token
    else if (role !== 'quiescing') this.primaryToken = null
    return this.#command.signal
  }

  abort(): void {
    this.#command.abort()
  }
}
