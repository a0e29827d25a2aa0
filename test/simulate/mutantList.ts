/** The mutants, and what it takes to see each. Texts are those of the present code: `mutants.test.ts` says when one has moved. */
import type { Mutant, SimulateConditions } from './mutants.ts'

const small: SimulateConditions = { seedCount: 20, minutes: 10, nodeCount: 3, faults: ['partition', 'crash', 'delay'] }

export const mutants: readonly Mutant[] = [
  {
    name: 'lease-from-acknowledgement',
    file: 'src/guard/heartbeatLeases.ts',
    find: 'echoed(this.#lease, { ...this.#who, voter: from, echo })',
    replace: 'echoed(this.#lease, { ...this.#who, voter: from, echo: { ...echo, sentAtMs: nowMs } })',
    shows:
      'The lease outlasts promises by the way back of the echo. Two leader leases at once need: echoes that take longer than the ' +
      'drift margins (2.6 ms of 130), delayed one way only, then a cut right after, and a vice that is elected as soon as the promise ends.',
    conditions: { ...small, faults: ['partition', 'delay'] },
  },
  {
    name: 'transfer-keeps-lease',
    file: 'src/node/effects.ts',
    find: 'return parts.sight.dropLease()',
    replace: 'return',
    shows:
      'The successor is elected at once, as a transfer frees of promises, while the old leader still holds its lease for up to ' +
      '130 ms. Needs planned hand-overs (a master is asked to leave), best while links are slow: then the old one steps down late.',
    conditions: { ...small, faults: ['handover', 'delay'] },
  },
  {
    name: 'no-promise',
    file: 'machines/logic/lease.ts',
    find: 'untilMs: Math.max(p.untilMs, to.receivedAtMs + awaitedMs(timing.leaderLeaseMs)) }',
    replace: 'untilMs: p.untilMs }',
    shows:
      'Voters elect while the leader is well. Needs somebody who campaigns though the leader lives: a one-way cut between leader ' +
      'and vice, while the third hears both; the leader keeps its quorum through the third until the moment that one votes.',
    conditions: { ...small, faults: ['oneWayCut', 'partition'] },
  },
  {
    name: 'no-boot-wait',
    file: 'machines/logic/lease.ts',
    find: 'untilMs: startedAtMs + awaitedMs(timing.leaderLeaseMs) }',
    replace: 'untilMs: startedAtMs }',
    shows:
      'A voter that forgot its promise votes. Needs a voter (guard and node) that is down for less than the lease (130 ms), with the ' +
      'leader cut off from the rest just before, and a vice that campaigns meanwhile: fast restarts, and cuts of the master alone.',
    conditions: { ...small, seedCount: 60, faults: ['partition', 'crash', 'quickRestart'] },
  },
  {
    name: 'no-drift-margin',
    file: 'machines/logic/lease.ts',
    find: 'export const clockDrift = 0.01',
    replace: 'export const clockDrift = 0',
    shows:
      'Leases overlap by up to 2.6 ms, node leases and waits by more but within the take-over margin. Needs clocks at both ends of ' +
      '±1 %: a slow leader and fast voters, latency below a millisecond (every one is slack), the leader cut off, a prompt vice.',
    conditions: { ...small, seedCount: 60, faults: ['drift', 'partition'] },
  },
  {
    name: 'vote-not-durable',
    file: 'src/repository/replicaCore.ts',
    find: 'this.options.store.saveVote({ epoch: next.epoch, votedFor: next.votedFor })',
    replace: '',
    shows:
      'A voter votes twice in an epoch: two masters of it. Needs two candidates of one epoch (split votes: five nodes, cuts that heal), ' +
      'and a voter that crashes between the two requests and is back within the candidacy; the boot wait hides it unless requests are repeated.',
    conditions: { ...small, seedCount: 100, nodeCount: 5, faults: ['partition', 'crash', 'quickRestart', 'delay'] },
  },
  {
    name: 'token-not-checked',
    file: 'machines/component.ts',
    find: "return age < 0 || (age === 0 && context.failure !== null && role !== 'offline')",
    replace: 'return age > 0 && age < 0',
    shows:
      'A command of an older mastership takes effect: tokens go back. Needs commands that overtake: a master that hands over or is ' +
      'frozen with commands on their way, delivered after those of the next. Reordering and delay of messages across a change of master.',
    conditions: { ...small, seedCount: 60, faults: ['partition', 'delay', 'reorder', 'freeze', 'handover'] },
  },
  {
    name: 'take-over-without-waiting',
    file: 'machines/node.ts',
    find: "return Math.max(0, Math.ceil(isolationWaitMs(timing) - ('waitedMs' in event ? event.waitedMs : 0)))",
    replace: 'return 0 * (event.type.length + timing.nodeLeaseMs)',
    shows:
      'Two primaries of an exclusive assignment at once. Needs a node cut off, not crashed, while it has a primary: it acts on ' +
      'until its node lease ends. Any partition of a node with an exclusive primary.',
    conditions: { ...small, faults: ['partition'] },
  },
  {
    name: 'commit-by-count',
    file: 'machines/logic/replicatedLog/leading.ts',
    find: 'const isCommitted = reached > state.commitIndex && log.epochAt(reached) === state.epoch',
    replace: 'const isCommitted = reached > state.commitIndex',
    shows:
      'Raft figure 8: an entry of an old epoch is committed by count, then replaced by a leader that never saw it. Needs five nodes, ' +
      'writes going on, three changes of leader in a row, each cut off with entries on a minority, and crashes right after committing.',
    conditions: { seedCount: 200, minutes: 20, nodeCount: 5, faults: ['partition', 'crash', 'quickRestart', 'delay'] },
  },
  {
    name: 'learner-votes',
    file: 'machines/logic/replicatedLog/election.ts',
    find: "if (from === self || !voters.includes(from) || !voters.includes(self)) return 'stranger'",
    replace: "if (from === self) return 'stranger'",
    shows:
      'One that may lack what is committed (a learner, or a voter with a wiped disk) helps to elect: acknowledged writes are lost, or two ' +
      'masters come of disjoint majorities. Needs a wiped disk, or changes of the voters, at one node while another that has the entries is cut off.',
    conditions: { ...small, seedCount: 60, nodeCount: 5, faults: ['partition', 'crash', 'wipe', 'membership'] },
  },
]
