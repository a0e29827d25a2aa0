/** What `bench/repository.ts` asks of whatever keeps values by key on three members. */
export interface RepositoryPeer {
  readonly name: string
  /** Resolves when the value is committed: durable on a majority. False or a rejection: it is not known to be. */
  write(key: string, value: string): Promise<boolean>
  /** Ends every process that was started. */
  stop(): Promise<void>
}

/** It can't be measured here, and why. */
export interface Skipped {
  readonly peer: string
  readonly why: string
}
