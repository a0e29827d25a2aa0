/** Puts a node together: every part with what it needs of the others. */
import { join } from 'node:path'
import { decidedNames } from '../../machines/crim/keys.ts'
import { catalogue } from '../../machines/index.ts'
import { leaseTimingOf } from '../../machines/logic/lease.ts'
import type { LogEntry } from '../../machines/logic/replicatedLog.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { ComponentId, NodeName } from '../../machines/model/ids.ts'
import { type ComponentStatus, upAvailabilities } from '../../machines/model/status.ts'
import type { NodeContext } from '../../machines/node.ts'
import type { AgentEvent } from '../agents/agent.ts'
import { createProcessAgent, sdkSocketPath } from '../agents/process/agent.ts'
import type { FileConfiguration } from '../configuration/tree.ts'
import { Engine } from '../engine/engine.ts'
import { createFenceRunner } from '../fence/runner.ts'
import type { GuardHandlers } from '../guard/client.ts'
import { exitCodes } from '../guard/exitCodes.ts'
import { logger } from '../log/log.ts'
import { Ccr } from '../repository/ccr.ts'
import { isUnder } from '../repository/keys.ts'
import { createReplica } from '../repository/replica.ts'
import type { Outcome } from '../repository/tree.ts'
import { msgpackCodec } from '../wire/codec.ts'
import { type PeerMessage, parsePeerMessage } from '../wire/messages/index.ts'
import { counted, forgetCluster, outdated } from './afresh.ts'
import { Causes } from './causes.ts'
import { Checkpoints } from './checkpoints.ts'
import { clusterLogOf, tapOf } from './clusterLog.ts'
import { type Effect, perform, reportAll } from './effects.ts'
import { fenceReported, requestOperation } from './fencing.ts'
import { receive } from './inbound.ts'
import { addressesOf, foreign, joiningOf, tellGuard } from './joining.ts'
import { Leaving } from './leaving.ts'
import { Notes } from './notes.ts'
import { actingCrim } from './observing.ts'
import { Operations } from './operations.ts'
import { actorOf, type Parts } from './parts.ts'
import type { NodePorts } from './ports.ts'
import { protocolsHere } from './protocol.ts'
import { Publisher } from './publisher.ts'
import { Reconfiguration } from './reconfigure.ts'
import { selfTestsOf } from './selfTests.ts'
import { heard, peerEnded } from './sightEvents.ts'
import { GuardSight } from './sightGuard.ts'
import { answerSurvey } from './survey.ts'
import { RecordTap } from './tap.ts'

const log = logger('node')

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Rejects with what cannot be opened: a link (`LinkError`), the store (`StoreError`), a socket. */
export async function assemble(of: {
  configuration: Configuration
  /** What the repository begins with; without it the configuration never changes. */
  file?: FileConfiguration | undefined
  self: NodeName
  incarnation: number
  ports: NodePorts
  isFoundingForced?: boolean
}): Promise<Parts> {
  const { configuration, self, incarnation, ports } = of
  const { clock } = ports
  const { timing, stateDirectory, runtimeDirectory } = configuration
  const stateOf = (what: string) => join(stateDirectory, self, what)
  const peers = Object.keys(configuration.nodes).filter((name) => name !== self)

  const statuses = new Map<ComponentId, ComponentStatus>()
  const causes = new Causes()
  // The parts call each other only after all are there: `parts` is complete before anything is started.
  const parts = {
    self,
    incarnation,
    configuration,
    holding: leaseTimingOf(configuration.timing),
    clock,
    seed: ports.seed,
    peers,
    statuses,
    disks: new Map(),
    foreigners: new Map(),
    heardEarly: new Map(),
    ownProtocols: protocolsHere(ports.environment),
    protocols: new Map(),
    isFoundingForced: of.isFoundingForced ?? false,
    causes,
    lives: new Map(),
    addresses: new Map(Object.entries(addressesOf(configuration, self))),
    ownLinks: configuration.nodes[self]!.links,
    commandEpoch: { highest: 0 },
    openSurvey: { question: null },
    tap: new RecordTap({ self, incarnation }),
    http: { problem: () => null },
    guardProblems: { list: [] },
    exit: ports.exit,
  } as Partial<Parts> as Mutable<Parts>

  const tap = tapOf({ configuration, self, incarnation }, ports)
  const notes = new Notes({ parts: parts as Parts, ports })
  parts.notes = notes
  const box = ports.openRecorder({
    directory: stateOf('black-box'),
    cluster: configuration.cluster,
    node: self,
    incarnation,
    ...configuration.recorder,
    snapshots: () => parts.engine.snapshots(),
    wallUs: () => clock.wallUs(),
    onProblem: ({ code, detail }) => log.error('black box: {code}: {detail}', { code, detail }),
    onNote: (event) => notes.later('recorder', event),
  })
  parts.recorder = box
  parts.engine = new Engine({
    node: self,
    incarnation,
    clock,
    catalogue,
    recorder: parts.tap.on(tap ? tap.over(box) : box),
    perform: (effect, { cause }) => perform(parts, effect as Effect, cause),
    onStep: () => parts.publisher.touch(),
  })
  parts.post = (to, message, cause) =>
    parts.network.post(to, { ...message, cause, time: parts.engine.time } as unknown as PeerMessage)
  // Before the network: what it brings goes to the replica.
  const store = await ports.openStore({ directory: stateOf('repository') })
  store.onFailure(({ code, message }) => {
    log.fatal('{code}: {text}: nothing more can be kept, so this node ends', { code, text: message })
    ports.exit(exitCodes.storeFailed)
  })
  parts.network = await ports.openNetwork({
    self,
    incarnation,
    cluster: configuration.cluster,
    secret: configuration.secret,
    peers: addressesOf(configuration, self),
    ownLinks: configuration.nodes[self]!.links,
    clock,
    codec: msgpackCodec(parsePeerMessage),
    onLaterLife: (known, by) => outdated(parts, ports, { known, by }),
    onEndedLife: (by) => counted(parts, ports, by),
    onMessage: (node, message, { incarnation, link }) => receive(parts, { node, incarnation, link }, message),
  })
  const sight = new GuardSight({
    self,
    clock,
    defer: ports.defer,
    guard: () => parts.guard,
    onEvent: (event) => heard(parts, event),
    onLeaseDropped: () => parts.replica.leaseDropped(),
  })
  parts.sight = sight
  parts.guard = ports.connectGuard(guardHandlers(parts, sight), { timing })
  let reportedTo: NodeName | null = null
  parts.replica = createReplica({
    self,
    clock,
    store,
    timing: () => parts.configuration.timing,
    membership: { send: (event, cause) => parts.engine.send(actorOf.membership, { ...event }, cause ?? null) },
    send: (to, message) => parts.network.send(to, message),
    askPromise: (question, answer) => sight.askPromise(question, answer),
    isLeaderClaiming: () => sight.isPromised(),
    isLeaseDropped: () => sight.isLeaseDropped(),
    isLeaderLeaseValid: () => sight.isLeaderLeaseValid(),
    aliveVoters: () => sight.aliveNodes(),
    onApplied: (entry, _isOwn, outcome) => applied(parts, entry, outcome),
    onMembers: () => tellGuard(parts),
    onForeign: (node, cluster) => foreign(parts, node, cluster),
    onMastership: (mastership) => {
      // What was reported while there was nobody to hear it is said again.
      if (mastership.leader !== reportedTo) reportAll(parts, mastership.leader)
      reportedTo = mastership.leader
      sight.setMastership(mastership)
      parts.publisher?.touch()
    },
  })
  parts.ccr = new Ccr({
    self,
    incarnation,
    clock,
    replica: parts.replica,
    isLeaderLeaseValid: () => sight.isLeaderLeaseValid(),
    post: (to, message) => parts.network.post(to, message),
    validate: (changes) => parts.reconfiguration?.problemsOf(changes) ?? [],
  })
  parts.joining = joiningOf(parts)
  parts.checkpoints = new Checkpoints({
    post: (to, message) => parts.network.post(to, message as unknown as PeerMessage),
    isUp: (node) => node !== self && upAvailabilities.includes(availabilityOf(parts, node)),
    deliver: (checkpoint) => parts.agent.sdk.deliverCheckpoint(checkpoint),
  })
  parts.operations = new Operations({
    self,
    incarnation,
    clock,
    master: () => parts.replica.leader,
    send: (master, id, operation) => {
      if (master === self) requestOperation(parts, { id, operation }, null)
      else parts.post(master, { type: 'operation.request', id, operation }, null)
    },
  })
  parts.fences = createFenceRunner({
    configuration,
    self,
    clock,
    onReport: (report) => fenceReported(parts, report),
  })
  parts.publisher = new Publisher({
    self,
    defer: ports.defer,
    acting: () => actingCrim(parts),
    post: (to, word) => parts.post(to, { type: 'master.word', ...word }, null),
    clock,
  })
  parts.leaving = leavingOf(parts, ports)
  parts.agent = createProcessAgent({
    node: self,
    configuration,
    guard: parts.guard,
    clock,
    baseEnvironment: ports.environment,
    createSdk: (callbacks) =>
      ports.createSdk({
        path: sdkSocketPath({ runtimeDirectory, node: self }),
        callbacks: {
          ...callbacks,
          onCheckpoint: (checkpoint) => parts.checkpoints.send(checkpoint),
          onSelfTestAsked: selfTestsOf((operation) => parts.operations.request(operation), clock),
          onRecord: (record) => notes.application({ ...record, cause: causes.ofApplication(record.component) }),
        },
        isExpected: (component, life) => parts.agent.isExpected(component, life),
        isShared: (component) => parts.agent.isShared(component),
        clock,
      }),
    onEvent: (event) => agentEvent(parts, event),
  })
  parts.clusterLog = tap && clusterLogOf(parts, tap, ports)
  parts.reconfiguration = of.file ? new Reconfiguration(parts, of.file) : null
  parts.reconfiguration?.begin()
  // Before it is asked for a vote: until now the guard goes by the file.
  tellGuard(parts)
  return parts
}

function guardHandlers(parts: Mutable<Parts>, sight: GuardSight): GuardHandlers {
  return {
    onHeartbeatEvent: (event) => sight.onHeartbeatEvent(event),
    onLeaseReport: (report) => sight.onLeaseReport(report),
    onLeaseDropped: (epoch) => sight.onLeaseDropped(epoch),
    onPromiseAnswer: (answer) => sight.onPromiseAnswer(answer),
    onProblems(problems) {
      parts.guardProblems.list = problems
      parts.publisher?.touch()
    },
    onNotes: (notes) => parts.notes.guardSaw(notes),
    onStarted(started) {
      parts.notes.started(started)
      parts.agent.onStarted(started)
    },
    onStartFailed: (failed) => parts.agent.onStartFailed(failed),
    onExited(exited) {
      parts.agent.onExited(exited)
      parts.notes.exited(exited)
    },
    onStopFailed: (failed) => parts.agent.onStopFailed(failed),
    onPeerEnded: (ended) => peerEnded(parts, ended),
    onLeave: () => void parts.leaving.leave(),
  }
}

function agentEvent(parts: Parts, event: AgentEvent): void {
  const { component, ...rest } = event
  // One that was removed from the configuration has stopped; what is still answered for it concerns nobody.
  if (!parts.engine.has(actorOf.component(component))) return
  parts.engine.send(actorOf.component(component), rest, parts.causes.ofAgentEvent(event))
}

/** What the log decided goes to the CRIM of the node that leads; the others read it from the tree should they ever lead. */
function applied(parts: Parts, entry: LogEntry, outcome: Outcome): void {
  parts.ccr.applied(entry, outcome)
  answerSurvey(parts)
  const entries = outcome.changed.filter(({ key }) => decidedNames.some((name) => isUnder(key, name)))
  if (entries.length === 0 || !parts.replica.isLeader) return
  parts.engine.send(actorOf.crim, { type: 'repository.applied', entries }, parts.causes.ofApplied(entry.index))
}

function availabilityOf(parts: Parts, node: NodeName) {
  return (parts.engine.snapshot(actorOf.node(node)).context as NodeContext).availability
}

function leavingOf(parts: Parts, ports: NodePorts): Leaving {
  return new Leaving({
    clock: parts.clock,
    announce: () => {
      const { self, incarnation } = parts
      parts.engine.send(actorOf.crim, {
        type: 'node.changed',
        node: self,
        availability: 'leaving',
        incarnation,
        how: 'said',
      })
      for (const node of parts.peers) parts.post(node, { type: 'node.leaving' }, null)
    },
    hasMaster: () => parts.replica.leader !== null,
    // One that would not stop may act still.
    areComponentsStopped: () =>
      [...parts.statuses.values()].every(
        ({ role, phase }) => role === 'offline' && phase !== 'stopping' && phase !== 'stopFailed',
      ),
    stopComponents: () => {
      for (const component of parts.statuses.keys())
        parts.engine.send(actorOf.component(component), { type: 'node.leave' })
    },
    isMaster: () => parts.replica.isLeader,
    resign: () => parts.engine.send(actorOf.membership, { type: 'membership.stop' }),
    sayLeft: () => {
      for (const node of parts.peers) parts.post(node, { type: 'node.left' }, null)
    },
    done: () => {
      const isRemoved = parts.configuration.nodes[parts.self] === undefined && parts.replica.isReleased
      if (isRemoved) forgetCluster(parts, ports)
      parts.guard.left({ isRemoved })
    },
  })
}
