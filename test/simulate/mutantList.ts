/** The mutants, and what it takes to see each. Texts are those of the present code: `mutants.test.ts` says when one has moved. */
import type { SimulationOptions } from '../../src/simulate/simulation.ts'
import type { Mutant } from './mutants.ts'

const small: SimulationOptions = { nodeCount: 3, isEveryFault: true, heartbeatIntervalMs: 50, minutes: 1 }

/** Of seeds that mix the models. */
const mixed: SimulationOptions = { ...small, heartbeatIntervalMs: 20, profile: 'mixed' }

/** What a log that is not the same everywhere comes out as. The rules themselves refuse to replace what is committed: they throw. */
const logCheckers = ['log-matching', 'acknowledged-writes-durable', 'repository-linearizable', 'nothing-thrown']

export const mutants: readonly Mutant[] = [
  {
    name: 'lease-from-acknowledgement',
    edits: [
      {
        file: 'src/guard/heartbeatLeases.ts',
        find: 'echoed(this.#lease, { ...this.#who, voter: from, echo })',
        replace: 'echoed(this.#lease, { ...this.#who, voter: from, echo: { ...echo, sentAtMs: nowMs } })',
      },
    ],
    shows:
      'The lease outlasts the promises by the time that the echo took. Needs a leader that is cut off just after an echo, and a vice ' +
      'that is elected as soon as the promises end.',
    by: ['one-leader-lease'],
    seeds: [1, 2, 3, 4, 5, 6, 7, 8],
    options: { ...small, heartbeatIntervalMs: 100, faults: ['master-cut'], faultRate: 4 },
  },
  {
    name: 'transfer-keeps-lease',
    edits: [
      { file: 'src/node/effects.ts', find: 'return parts.sight.dropLease()', replace: 'return' },
      {
        file: 'src/node/assemble.ts',
        find: 'isLeaseDropped: () => sight.isLeaseDropped(),',
        replace: 'isLeaseDropped: () => true,',
      },
    ],
    shows:
      'The successor is elected at once, as a transfer frees of promises, while the old leader still holds its lease. Needs a master ' +
      'that leaves in order.',
    by: ['one-leader-lease'],
    seeds: [1, 2, 3, 4, 5, 6, 7, 8],
    options: { ...small, faults: ['leave'], faultRate: 3 },
  },
  {
    name: 'no-promise',
    edits: [
      {
        file: 'machines/logic/lease.ts',
        find: 'untilMs: Math.max(p.untilMs, to.receivedAtMs + awaitedMs(timing.leaderLeaseMs)) }',
        replace: 'untilMs: p.untilMs }',
      },
    ],
    shows:
      'Voters elect while the leader is well. Needs somebody who campaigns though the leader lives: it does not hear the leader, the ' +
      'third does.',
    by: ['one-leader-lease'],
    seeds: [1, 2, 3, 4],
    options: { ...small, faults: ['pair', 'master-cut'], faultRate: 2 },
  },
  {
    name: 'no-boot-wait',
    edits: [
      {
        file: 'machines/logic/lease.ts',
        find: 'untilMs: startedAtMs + awaitedMs(timing.leaderLeaseMs) }',
        replace: 'untilMs: startedAtMs }',
      },
    ],
    shows:
      'A voter that forgot its promise votes. Needs one that does not hear the leader and campaigns, and a voter that is down for less ' +
      'than the lease and hears it before the leader.',
    by: ['one-leader-lease'],
    seeds: [15, 1, 2, 3, 4, 5, 6, 7],
    options: { ...small, heartbeatIntervalMs: 100, minutes: 2, faults: ['usurper'], faultRate: 2 },
  },
  {
    name: 'no-drift-margin',
    edits: [
      {
        file: 'machines/logic/lease.ts',
        find: 'export const clockDrift = 0.01',
        replace: 'export const clockDrift = 0',
      },
    ],
    shows:
      'Leases overlap by up to 2 % of their length. Needs clocks at both ends of ±1 %: a slow leader, fast voters; a leader that is ' +
      'not heard but hears; and a prompt vice. In these seeds the first node is slow and the others are fast.',
    by: ['one-leader-lease'],
    seeds: [54, 56, 135, 101, 119, 400],
    options: { ...small, heartbeatIntervalMs: 200, minutes: 0.6, faults: ['drift', 'master-cut'], faultRate: 8 },
  },
  {
    name: 'vote-not-durable',
    edits: [
      {
        file: 'src/repository/elections.ts',
        find: 'outbox.say(() => this.#core.send(from.name, reply))',
        replace: 'this.#core.send(from.name, reply)',
      },
    ],
    shows:
      'A voter votes twice in an epoch, which is won twice. Needs a slow disk, a winner that is cut off, and a voter that is restarted ' +
      'before its vote is on its disk, and is then asked by one that has not heard of the election.',
    by: ['one-master-an-epoch', 'nothing-thrown'],
    seeds: [1, 2, 3, 4, 5, 6],
    options: { ...small, faults: ['lost-vote'] },
  },
  {
    name: 'token-not-checked',
    edits: [
      {
        file: 'machines/component.ts',
        find: "return age < 0 || (age === 0 && context.failure !== null && role !== 'offline')",
        replace: "return age === 0 && context.failure !== null && role !== 'offline'",
      },
      { file: 'src/node/inbound.ts', find: 'if (message.epoch < parts.commandEpoch.highest) return', replace: '' },
    ],
    shows:
      'A command of an older mastership takes effect: tokens go back. Needs a command that is on its way until after another master has ' +
      'decided anew. Both places that refuse it, by the epoch of its master and by its token, stand in for each other here.',
    by: ['tokens-never-go-back'],
    seeds: [1, 2, 3, 4, 5, 6, 7, 8],
    options: { ...small, faults: ['late-command'], faultRate: 2 },
  },
  {
    name: 'take-over-without-waiting',
    edits: [
      {
        file: 'machines/node.ts',
        find: "return Math.max(0, Math.ceil(isolationWaitMs(timing) - ('waitedMs' in event ? event.waitedMs : 0)))",
        replace: 'return 0 * (event.type.length + isolationWaitMs(timing))',
      },
    ],
    shows:
      'Two primaries of an exclusive assignment act at once. Needs a node that is cut off, not crashed, while it has a primary: it acts on ' +
      'until its node lease ends.',
    by: ['one-exclusive-primary'],
    seeds: [1, 2, 3, 4],
    options: { ...small, faults: ['master-cut', 'partition'], faultRate: 2 },
  },
  {
    name: 'commit-by-count',
    edits: [
      {
        file: 'machines/logic/replicatedLog/leading.ts',
        find: 'const isCommitted = reached > state.commitIndex && log.epochAt(reached) === state.epoch',
        replace: 'const isCommitted = reached > state.commitIndex',
      },
    ],
    shows:
      'Figure 8 of Raft: an entry of an old epoch is committed by count, then replaced by a leader that never saw it.',
    by: logCheckers,
    seeds: [2, 1, 3, 4, 5, 6],
    options: { ...small, faults: ['figure-8'] },
  },
  {
    name: 'learner-votes',
    edits: [
      {
        file: 'machines/logic/replicatedLog/election.ts',
        find: 'if (members.length === 0) return false',
        replace: 'if (members.length === 0) return true',
      },
      {
        file: 'machines/logic/replicatedLog/election.ts',
        find: 'if (memberOf(askedOf(state), from) === null) return state',
        replace: 'if (!membersOf(state).some(({ name }) => name === from.name)) return state',
      },
    ],
    shows:
      'One whose disk was replaced, and that is no voter until it was made one anew, helps to elect: what is committed is lost. ' +
      'Needs a candidate that missed something, and the loss of the disk of one that had it.',
    by: logCheckers,
    seeds: [4, 1, 2, 3, 5, 6, 7, 8],
    options: { ...small, faults: ['disk-replaced'], faultRate: 3 },
  },
  {
    name: 'end-of-an-earlier-life',
    edits: [
      {
        file: 'src/node/effects.ts',
        find: 'const commandedLife = commandedLifeOf(parts, node)',
        replace: 'const commandedLife = 0',
      },
    ],
    shows:
      'A new master takes the end of an earlier life of a node for that of one which its predecessor made primary. Needs a node that ' +
      'restarts, is made primary, and is not yet heard by the one that the mastership is handed to.',
    by: ['one-exclusive-primary'],
    seeds: [6, 23, 18],
    options: { ...small, minutes: 0.4, faults: ['leave', 'restart', 'late'], faultRate: 4 },
  },
  {
    name: 'room-of-what-stops',
    edits: [
      {
        file: 'machines/logic/placement/orderRoom.ts',
        find: 'return this.#whyTooHeavy(place, role) ?? this.#whyNotServed(place, role) ?? this.#whyTooNear(place)',
        replace: 'return this.#whyNotServed(place, role) ?? this.#whyTooNear(place)',
      },
    ],
    shows:
      'What starts is given the room of what still stops. Needs nodes that do not hold all, and something important that displaces ' +
      'what is less so.',
    by: ['node-capacity'],
    seeds: [7, 1, 2, 3, 4],
    options: { ...mixed, parts: ['capacity'], faults: ['power', 'operator', 'callbacks'], faultRate: 4 },
  },
  {
    name: 'either-role-at-once',
    edits: [
      {
        file: 'machines/logic/placement/orderRoom.ts',
        find: 'if (unlike === 0 || limits.isMixed || ',
        replace: 'if (unlike >= 0 || limits.isMixed || ',
      },
    ],
    shows: 'A program that is primary for some or secondary for others is both. Needs N+M, and standbys that move on.',
    by: ['serving-limits'],
    seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    options: { ...mixed, parts: ['n-plus-m'], faults: ['power', 'operator', 'callbacks'], faultRate: 4 },
  },
  {
    name: 'apart-only-in-the-end',
    edits: [
      {
        file: 'machines/logic/placement/orderRoom.ts',
        find: 'if (this.#held[place.of.slot] !== 0) return null',
        replace: 'if (place.of.slot >= 0) return null',
      },
    ],
    shows: 'One comes where another, from which it is to be apart, has not left yet. Needs both to move at once.',
    by: ['hard-apart'],
    seeds: [9, 1, 2, 3, 4, 5, 6, 7, 8, 10],
    options: { ...mixed, parts: ['apart'], faults: ['power', 'operator', 'callbacks'], faultRate: 4 },
  },
  {
    name: 'dependents-do-not-wait',
    edits: [
      {
        file: 'machines/logic/placement/orderSponsors.ts',
        find: 'if (!sponsor || count >= needed || !isExpected',
        replace: 'if (!sponsor || count >= 0 * needed || !isExpected',
      },
    ],
    shows: 'A dependent starts beside its sponsor. Shows at the first start.',
    by: ['sponsors-first'],
    seeds: [1, 2, 3, 4, 5, 6, 7, 8],
    options: { ...mixed, minutes: 0.1, parts: ['dependency'], faults: [] },
  },
  {
    name: 'decided-anew-at-take-over',
    edits: [
      {
        file: 'src/node/effects.ts',
        find: 'entries: decidedEntries(parts), atMs',
        replace: "entries: decidedEntries(parts).filter(({ key }) => !key.startsWith('intent/')), atMs",
      },
    ],
    shows:
      'A new master does not go by what its predecessor decided. Needs a change of master, and shows best when nothing else happens.',
    by: ['hand-over-changes-nothing'],
    seeds: [1, 2],
    options: { ...mixed, minutes: 0.1, parts: ['n-plus-m'], faults: [] },
  },
  {
    name: 'lives-begin-anew',
    edits: [
      {
        file: 'src/node/actors.ts',
        find: 'firstIncarnation: Math.max(incarnation * incarnationsPerLife, lives.get(component) ?? 0) + 1,',
        replace: 'firstIncarnation: Math.max(0 * incarnation * incarnationsPerLife, lives.get(component) ?? 0) + 1,',
      },
    ],
    shows: 'The first process under a new life of its node is taken for an old one. Needs a node that restarts.',
    by: ['incarnations-never-go-back'],
    seeds: [1, 2, 3],
    options: { ...mixed, minutes: 0.3, faults: ['kill-node', 'restart'], faultRate: 3 },
  },
]
