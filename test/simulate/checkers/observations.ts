/** Streams of observations to try checkers with. */
import type { Role } from '../../../machines/model/roles.ts'
import type { Observation, ObservedEvent } from '../../../src/simulate/observation.ts'

export const at = (atMs: number, event: ObservedEvent): Observation => ({ atMs, ...event })

export const lease = (atMs: number, what: 'gained' | 'lost', node: string, epoch: number) =>
  at(atMs, { type: `leaderLease.${what}`, node, epoch })

export const nodeLease = (atMs: number, what: 'gained' | 'lost', node: string, endedAtMs = atMs) =>
  at(atMs, what === 'lost' ? { type: 'nodeLease.lost', node, endedAtMs } : { type: 'nodeLease.gained', node })

export const committed = (atMs: number, node: string, index: number, epoch: number, hash: string) =>
  at(atMs, { type: 'entry.committed', node, index, epoch, hash })

export function role(
  atMs: number,
  node: string,
  component: string,
  held: Role,
  { assignment = 'the-work', isExclusive = true } = {},
): Observation {
  return at(atMs, {
    type: 'role.changed',
    node,
    component,
    assignment,
    role: held,
    isExclusive,
    token: { epoch: 2, index: atMs },
  })
}

export function seenRepository(atMs: number, node: string, keys: Record<string, [string, number]>): Observation {
  const held = new Map(Object.entries(keys).map(([key, [value, index]]) => [key, { value, index }]))
  return at(atMs, { type: 'repository.seen', node, index: atMs, keys: held })
}

/** Nodes a and b as they should be, but for what is said otherwise: of the last node (`of`), or of all. */
export function converged({
  nodes = ['a', 'b'],
  master = 'a' as string | null,
  of = null as string | null,
  members = ['a', 'b'],
  role: held = 'primary' as Role,
  wanted = 'primary' as Role,
  strangers = [] as readonly string[],
  unsettled = [] as readonly string[],
} = {}): ObservedEvent {
  const sights = nodes.map((node) => ({ node, epoch: 2, master: of === null || of === node ? master : 'a', members }))
  return {
    type: 'cluster.seen',
    sights,
    roles: [{ node: 'a', component: 'c1', assignment: 'the-work', role: held }],
    servable: ['the-work'],
    strangers,
    placement: () => ({
      wanted: [{ node: 'a', component: 'c1', assignment: 'the-work', role: wanted }],
      unsettled,
    }),
  }
}

/** Master a is cut off; its primary stops by itself, b takes over, a comes back. */
export function goodRun(): readonly Observation[] {
  const operation = { process: 'p', invokeMs: 20, returnMs: 30, result: { type: 'written', revision: 2 } } as const
  const reading = {
    process: 'p',
    invokeMs: 2500,
    returnMs: 2510,
    result: { type: 'read', value: '1', revision: 2 },
  } as const
  return [
    at(0, { type: 'node.started', node: 'a' }),
    at(0, { type: 'node.started', node: 'b' }),
    at(1, { type: 'mastership.acquired', node: 'a', epoch: 2 }),
    lease(1, 'gained', 'a', 2),
    nodeLease(1, 'gained', 'a'),
    nodeLease(2, 'gained', 'b'),
    committed(5, 'a', 1, 2, 'noop'),
    committed(6, 'b', 1, 2, 'noop'),
    at(7, { type: 'token.taken', holder: 'c1', token: { epoch: 2, index: 1 } }),
    role(8, 'a', 'c1', 'primary'),
    role(9, 'b', 'c2', 'secondary'),
    committed(25, 'a', 2, 2, 'set k'),
    committed(26, 'b', 2, 2, 'set k'),
    at(30, { type: 'write.acknowledged', key: 'k', index: 2, value: '1' }),
    at(30, { type: 'operation.ended', operation: { ...operation, operation: { type: 'set', key: 'k', value: '1' } } }),
    at(1000, { type: 'fault.began', fault: 'cut a' }),
    lease(1130, 'lost', 'a', 2),
    lease(1140, 'gained', 'b', 3),
    at(1150, { type: 'mastership.acquired', node: 'b', epoch: 3 }),
    seenRepository(1150, 'b', { k: ['1', 2] }),
    nodeLease(1500, 'lost', 'a'),
    role(1600, 'a', 'c1', 'offline'),
    at(1900, { type: 'token.taken', holder: 'c2', token: { epoch: 3, index: 4 } }),
    role(1900, 'b', 'c2', 'primary'),
    at(2000, { type: 'fault.ended', fault: 'cut a' }),
    at(2000, { type: 'healed', nodes: ['a', 'b'] }),
    at(2100, { type: 'mastership.lost', node: 'a', epoch: 2 }),
    nodeLease(2200, 'gained', 'a'),
    at(2510, { type: 'operation.ended', operation: { ...reading, operation: { type: 'get', key: 'k' } } }),
    at(3000, converged({ master: 'a' })),
    seenRepository(9000, 'a', { k: ['1', 2] }),
    at(9000, { type: 'run.ended' }),
  ]
}
