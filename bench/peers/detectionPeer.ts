/** What `bench/detection.ts` asks of whatever notices that a member is gone: the third of three is struck, the first is asked. */
export interface DetectionPeer {
  readonly name: string
  readonly pollMs: number
  /** All members are there for the first. */
  untilWhole(): Promise<void>
  strike(signal: 'SIGKILL' | 'SIGSTOP'): void
  /** Whether the first has given the struck one up. */
  isNoticed(): Promise<boolean> | boolean
  mend(): Promise<void> | void
  /** How often any member was given up so far, as the first told. */
  givenUpCount(): number
  stop(): Promise<void>
}
