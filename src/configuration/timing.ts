/**
 * The timings, each with its default and its bounds, and what must hold between them (DESIGN §3). The relations are data:
 * the loader checks them and the reference prints them.
 */
import type { z } from 'zod'
import { duration, mapping } from './values.ts'

const minuteMs = 60_000

function timing(defaultMs: number, bounds: { minMs: number; maxMs: number }, description: string) {
  return duration(bounds).default(defaultMs).meta({ description, type: 'duration' })
}

export const timingSchema = mapping({
  heartbeatInterval: timing(
    20,
    { minMs: 5, maxMs: minuteMs },
    'Between two heartbeats to a peer, on every link. Shorter detects sooner and costs more: a datagram a link, a peer and an interval.',
  ),
  suspectAfter: timing(
    100,
    { minMs: 15, maxMs: 10 * minuteMs },
    'Silence of a peer on all links for this long makes it suspect. Longer than the longest stall of a loaded machine, or peers are suspected for being slow.',
  ),
  confirmAfter: timing(
    20,
    { minMs: 0, maxMs: minuteMs },
    'A suspicion is confirmed after this long, unless another peer still hears the suspect: time for that peer to answer.',
  ),
  leaderLease: timing(
    130,
    { minMs: 20, maxMs: 10 * minuteMs },
    "A voter that heard the master promises no vote to another for this long. The master's own lease is 1 % shorter, for the drift of clocks.",
  ),
  nodeLease: timing(
    400,
    { minMs: 50, maxMs: 10 * minuteMs },
    'How long a node keeps its primaries without hearing a master that holds a quorum. A change of master must fit in, or it stops services that were well.',
  ),
  selfStop: timing(
    500,
    { minMs: 10, maxMs: 10 * minuteMs },
    'A node whose lease ended has stopped its exclusive primaries after this long, by killing them if need be.',
  ),
  takeOverMargin: timing(
    250,
    { minMs: 10, maxMs: 10 * minuteMs },
    'Added before another node takes over from an unreachable one, for the drift of clocks and late wake-ups. Shorter restores service sooner and trusts the machines more.',
  ),
  electionTimeout: timing(
    100,
    { minMs: 10, maxMs: 10 * minuteMs },
    'A candidate that was not elected within this time, and a random part of it more, tries again.',
  ),
  endedGrace: timing(
    5,
    { minMs: 0, maxMs: minuteMs },
    "Between the evidence that a node's processes ended and acting on it: time for the kernel to end the last of them.",
  ),
  hungAfter: timing(
    1500,
    { minMs: 200, maxMs: 10 * minuteMs },
    'A node process that makes no progress for this long hangs: its guard kills it with its components and starts it again. A guard that says nothing for this long and `selfStop` more is killed by the node process, with everything of the node. Longer than the longest stall of a loaded machine.',
  ),
  surveyTimeout: timing(
    300,
    { minMs: 10, maxMs: 10 * minuteMs },
    'A new master waits at most this long for the nodes to say what is, before it decides without the silent ones.',
  ),
})

/** All of it in milliseconds. */
export type TimingFile = z.output<typeof timingSchema>

export interface TimingRelation {
  readonly key: keyof TimingFile
  readonly formula: string
  readonly atLeastMs: (timing: TimingFile) => number
  readonly why: string
}

export const timingRelations: readonly TimingRelation[] = [
  {
    key: 'suspectAfter',
    formula: '3 × heartbeatInterval',
    atLeastMs: (t) => 3 * t.heartbeatInterval,
    why: 'two heartbeats may be lost on the way before a peer is suspected',
  },
  {
    key: 'leaderLease',
    formula: 'suspectAfter',
    atLeastMs: (t) => t.suspectAfter,
    why: 'no voter may elect another master while the peers cannot know yet that the old one is silent',
  },
  {
    key: 'electionTimeout',
    formula: '2 × heartbeatInterval',
    atLeastMs: (t) => 2 * t.heartbeatInterval,
    why: 'the votes must be able to come back',
  },
  {
    key: 'nodeLease',
    formula: 'max(suspectAfter + confirmAfter, leaderLease) + electionTimeout',
    atLeastMs: (t) => Math.max(t.suspectAfter + t.confirmAfter, t.leaderLease) + t.electionTimeout,
    why: 'a change of master must fit in, or it stops every primary of the cluster',
  },
  {
    key: 'takeOverMargin',
    formula: '2 × heartbeatInterval',
    atLeastMs: (t) => 2 * t.heartbeatInterval,
    why: "the master's word that renewed the lease may be that much younger than what the others heard of the node",
  },
  {
    key: 'hungAfter',
    formula: '5 × heartbeatInterval',
    atLeastMs: (t) => 5 * t.heartbeatInterval,
    why: 'a guard says something at least every few heartbeats',
  },
  {
    key: 'surveyTimeout',
    formula: '3 × heartbeatInterval',
    atLeastMs: (t) => 3 * t.heartbeatInterval,
    why: 'a node that is well must be able to answer',
  },
]
