/** The world that a node stands on. The real one is here; the simulator has another (DESIGN §2: one engine, two worlds). */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Timing } from '../../machines/model/configuration.ts'
import { createSdkServer, type SdkServer, type SdkServerOptions } from '../agents/sdk/server.ts'
import { type SpoolClient, startSpool } from '../clusterLog/spoolClient.ts'
import { type Clock, realClock } from '../engine/clock.ts'
import { connectGuard, type GuardClient, type GuardHandlers } from '../guard/client.ts'
import { type BlackBox, openRecorder, type RecorderOptions } from '../recorder/index.ts'
import { openStore, type Store } from '../repository/store.ts'
import { type Network, type NetworkOptions, openNetwork } from '../transport/network.ts'
import type { PeerMessage } from '../wire/messages/index.ts'
import { type CoreDump, findCore } from './coreDump.ts'
import { setAside } from './outdated.ts'
import { wasWatchdogReset } from './watchdogReset.ts'

export interface NodePorts {
  readonly clock: Clock
  /** Calls back once, after what is being done now and what has come in already. */
  readonly defer: (callback: () => void) => void
  /** 32 bits that differ from node to node and from life to life. */
  readonly seed: () => number
  /** What programs inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly openRecorder: (options: RecorderOptions) => BlackBox
  readonly openNetwork: (options: NetworkOptions<PeerMessage>) => Promise<Network<PeerMessage>>
  readonly openStore: (at: { directory: string }) => Promise<Store>
  /** Left out: the node has no cluster log. */
  readonly startSpool?: () => SpoolClient
  readonly connectGuard: (handlers: GuardHandlers, options: { timing: Timing }) => GuardClient
  readonly createSdk: (options: SdkServerOptions) => SdkServer
  /** See `coreDump.ts`. */
  readonly findCore: (death: Parameters<typeof findCore>[0]) => CoreDump | null
  /** Whether a watchdog says that it reset the machine. */
  readonly wasWatchdogReset: () => boolean
  /** See `outdated.ts`. */
  readonly setAside: (stateDirectory: string, known: number) => string | null
  /** Ends the node process. */
  readonly exit: (exitCode: number) => void
}

export const realPorts: NodePorts = {
  clock: realClock,
  defer: (callback) => void setImmediate(callback),
  seed: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
  environment: process.env,
  openRecorder,
  openNetwork,
  openStore,
  startSpool,
  connectGuard,
  createSdk(options) {
    mkdirSync(dirname(options.path), { recursive: true })
    return createSdkServer(options)
  },
  findCore,
  wasWatchdogReset,
  setAside,
  exit: (exitCode) => process.exit(exitCode),
}
