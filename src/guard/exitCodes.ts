/**
 * Exit codes of `rolecall node` and of the node process it runs. After sysexits(3) and Pacemaker, like those of the
 * other commands.
 */
export const exitCodes = {
  /** Left in order: every role handed over, every component stopped. */
  left: 0,
  /** Another guard of this node is alive on this machine. */
  alreadyRunning: 69,
  /** The node process ended too often (`restartCountMax` in `restartWindowMs`). Of either process: an error in rolecall itself. */
  nodeProcessFailed: 70,
  /** Of the node process: the repository cannot be written any more, for instance because the disk is full. Started again. */
  storeFailed: 71,
  /** Of the node process: the master had everything of this node ended, since what ran here failed and has no other cure. Started again. */
  felled: 72,
  /** State or runtime directory or what is in it cannot be used, or a link address. Not tried again. */
  cannotUse: 74,
  /** Of the node process: its guard has gone, so it has killed the components and ended itself. */
  guardLost: 75,
  /** Of the node process: its disk, or its life, is of an earlier time (`src/node/afresh.ts`). Started again. */
  outdated: 76,
  /** Left in order, as the configuration of the cluster no longer has this node. To be started again only when it has. */
  removed: 77,
  /** Of the node process: what it was configured with is wrong. The guard passes it on instead of restarting it. */
  configuration: 78,
  /** Asked to leave, but the roles could not be handed over in time; everything was stopped nevertheless. */
  leaveTimedOut: 124,
  /** A second SIGINT: everything was stopped at once. */
  interrupted: 130,
} as const
