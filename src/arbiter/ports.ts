/** The world that an arbiter's seat stands on: that of a node process and of its guard in one, as far as a vote needs them. */
import type { LinkAddress } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { openHeartbeatNetwork } from '../guard/heartbeatNetwork.ts'
import type { HeartbeatNetwork, HeartbeatNetworkOptions } from '../guard/heartbeatService.ts'
import { nextIncarnation } from '../guard/incarnation.ts'
import { Liveness, type LivenessOptions, type LivenessPort } from '../guard/liveness.ts'
import { type NodePorts, realPorts as nodePorts } from '../node/ports.ts'

export interface ArbiterPorts
  extends Pick<NodePorts, 'clock' | 'seed' | 'openRecorder' | 'openNetwork' | 'openStore' | 'setAside'> {
  /** Calls back at the next turn of the event loop. */
  readonly turn: (callback: () => void) => void
  /** Durable before it returns; throws when that cannot be. */
  readonly nextIncarnation: (stateDirectory: string) => number
  /** Throws when an own link cannot be listened on. */
  readonly openLiveness: (options: LivenessOptions) => LivenessPort
  /** Rejects when a link cannot be opened. */
  readonly openHeartbeatNetwork: (
    options: HeartbeatNetworkOptions & {
      readonly self: NodeName
      readonly cluster: string
      readonly secret: string | null
      readonly ownLinks: readonly LinkAddress[]
    },
  ) => Promise<HeartbeatNetwork>
}

export const realPorts: ArbiterPorts = {
  ...nodePorts,
  turn: (callback) => void setImmediate(callback),
  nextIncarnation,
  openLiveness: (options) => new Liveness(options),
  openHeartbeatNetwork,
}
