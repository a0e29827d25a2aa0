/** What one node is put together from, as its pieces see each other. */
import type { LeaseTiming } from '../../machines/logic/lease.ts'
import type { ProtocolRange } from '../../machines/logic/protocol.ts'
import type { Configuration, LinkAddress } from '../../machines/model/configuration.ts'
import type { ComponentId, Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { ComponentStatus } from '../../machines/model/status.ts'
import type { ProcessAgent } from '../agents/process/agent.ts'
import type { NodeLog } from '../clusterLog/nodeLog.ts'
import type { Clock } from '../engine/clock.ts'
import type { Engine } from '../engine/engine.ts'
import type { Cause } from '../engine/record.ts'
import type { Message } from '../engine/step.ts'
import type { FenceRunner } from '../fence/runner.ts'
import type { GuardClient } from '../guard/client.ts'
import type { GuardProblem } from '../guard/protocol.ts'
import type { BlackBox } from '../recorder/index.ts'
import type { Ccr } from '../repository/ccr.ts'
import type { Joining } from '../repository/joining.ts'
import type { Replica } from '../repository/replica.ts'
import type { Network } from '../transport/network.ts'
import type { PeerMessage } from '../wire/messages/index.ts'
import type { Causes } from './causes.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Leaving } from './leaving.ts'
import type { Notes } from './notes.ts'
import type { Operations } from './operations.ts'
import type { Publisher } from './publisher.ts'
import type { Reconfiguration } from './reconfigure.ts'
import type { Sight } from './sight.ts'
import type { SurveyQuestion } from './survey.ts'
import type { RecordTap } from './tap.ts'

export interface Parts {
  readonly self: NodeName
  readonly incarnation: number
  /** The file's, or the repository's as soon as it has one; changes while the node runs. */
  configuration: Configuration
  /** What leases are held by, while their timings change; `configuration` has what is waited by. */
  holding: LeaseTiming
  /** null: the node goes by its file alone. */
  readonly reconfiguration: Reconfiguration | null
  /** Last lives of the processes of components that have ended here. */
  readonly lives: Map<ComponentId, number>
  readonly clock: Clock
  /** Randomness for machines; see `NodePorts`. */
  readonly seed: () => number
  readonly engine: Engine
  readonly recorder: BlackBox
  readonly notes: Notes
  readonly network: Network<PeerMessage>
  readonly sight: Sight
  readonly replica: Replica
  readonly ccr: Ccr
  readonly joining: Joining
  /** Of every node that said hello: the id of its store. */
  readonly disks: Map<NodeName, string>
  /** Nodes of other clusters that speak to this one, with those. */
  readonly foreigners: Map<NodeName, string>
  /** Of this release, and of every node that said hello. */
  readonly ownProtocols: ProtocolRange
  readonly protocols: Map<NodeName, ProtocolRange>
  /** The operator's word that voters which are missing have never been part of the cluster. */
  readonly isFoundingForced: boolean
  readonly guard: GuardClient
  /** What the guard lacks to protect this node as it should. */
  readonly guardProblems: { list: readonly GuardProblem[] }
  readonly agent: ProcessAgent
  readonly causes: Causes
  readonly checkpoints: Checkpoints
  readonly operations: Operations
  readonly publisher: Publisher
  /** null: it is switched off, or the node runs in the simulator. */
  readonly clusterLog: NodeLog | null
  readonly fences: FenceRunner
  readonly leaving: Leaving
  /** Ends this process; its guard clears away what it had, and starts another. */
  readonly exit: (exitCode: number) => void
  /** The highest mastership that commanded or surveyed this node: an earlier one is refused, however late its messages come. */
  readonly commandEpoch: { highest: number }
  /** The last question of a master that waits until this node has applied as much as that one had. */
  readonly openSurvey: { question: SurveyQuestion | null }
  /** What is recorded here, for those who watch. */
  readonly tap: RecordTap
  /** Why the HTTP interface is not served where it was asked for; null: it is. */
  readonly http: { problem: () => string | null }
  /** What the components here last said of themselves. */
  readonly statuses: Map<ComponentId, ComponentStatus>
  /** Lives of peers that are heard and have no machine: of who is only in the file, it is told when it has one. */
  readonly heardEarly: Map<NodeName, Incarnation>
  /** The other nodes, and those removed that may still act. */
  peers: readonly NodeName[]
  /** Of the peers and the arbiter. */
  readonly addresses: Map<NodeName, readonly LinkAddress[]>
  readonly ownLinks: readonly LinkAddress[]
  /** Sends on the reliable channel, with the step it follows from. */
  readonly post: (to: NodeName, message: Message, cause: Cause | null) => boolean
}

export const actorOf = {
  crim: 'crim',
  membership: 'membership',
  node: (name: NodeName): string => `node/${name}`,
  fencing: (name: NodeName): string => `fencing/${name}`,
  component: (id: string): string => `component/${id}`,
}
