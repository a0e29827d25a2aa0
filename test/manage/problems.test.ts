import { expect, test } from 'bun:test'
import type { ComponentView } from '../../machines/model/view.ts'
import { problemsOf } from '../../src/manage/problems.ts'
import { administeredView, damagedView, lonelyView, soundView } from './support.ts'

function codes(problems: ReturnType<typeof problemsOf>): string[] {
  return problems.map(({ severity, code, subject, next }) => `${severity} ${code} ${subject} -> ${next ?? '-'}`)
}

test('a sound cluster has none', () => {
  expect(problemsOf(soundView)).toEqual([])
})

test('what is wrong comes worst first, each with what to type', () => {
  expect(codes(problemsOf(damagedView))).toEqual([
    'warning node.ended n1 -> rolecall node --name n1',
    'warning link.down n3 -> -',
    'warning assignment.degraded ledger -> rolecall unlock n3/ledger',
    'warning component.barred n3/ledger -> rolecall unlock n3/ledger',
  ])
  expect(codes(problemsOf(lonelyView))).toEqual([
    'critical quorum.lost demo -> rolecall node --name n1',
    'critical node.unreachable n1 -> rolecall node --name n1',
    'critical assignment.unserved ledger -> rolecall status --watch',
    'warning node.unknown n2 -> rolecall node --name n2',
  ])
})

const sound = { isSecretDefault: false, hungNodes: [], guardProblems: [] }

test('what the guard lacks, and who hangs, is said', () => {
  const guardProblems = [{ code: 'guard.unprivileged' as const, text: 'heartbeats run without real-time priority' }]
  expect(codes(problemsOf(soundView, { ...sound, hungNodes: ['n2'], guardProblems }))).toEqual([
    'warning node.hung n2 -> rolecall status --watch',
    'warning guard.unprivileged n2 -> -',
  ])
})

test('a cluster without a secret says so', () => {
  expect(codes(problemsOf(soundView, { ...sound, isSecretDefault: true }))).toEqual([
    'warning secret.default demo -> -',
  ])
})

test('two nodes that will not fail over, and a fence that failed, say what to do', () => {
  const facts = { ...sound, failoverBar: 'two nodes without a third vote' }
  expect(codes(problemsOf(soundView, facts))).toEqual(['warning failover.barred demo -> -'])
  const nodes = [{ ...soundView.nodes[0]!, availability: 'unreachable' as const }]
  const failedFences = [{ node: 'n1', detail: 'exit code 1' }]
  expect(codes(problemsOf({ ...soundView, nodes }, { ...facts, failedFences }))).toEqual([
    'critical node.unreachable n1 -> rolecall node --name n1',
    'critical fence.failed n1 -> rolecall fence confirm n1 --yes',
    'warning failover.barred demo -> rolecall fence confirm n1 --yes',
  ])
})

test('an election under way is a problem of its own, and no lost quorum', () => {
  const electing = ['critical master.unknown demo -> rolecall status --watch']
  expect(codes(problemsOf({ ...soundView, master: null }))).toEqual(electing)
  const quorum = { ...soundView.quorum, isQuorate: false }
  expect(codes(problemsOf({ ...soundView, master: null, quorum }))).toEqual(electing)
})

test('a node that leaves is told apart from one that left', () => {
  const told = (availability: 'leaving' | 'left') =>
    codes(problemsOf({ ...soundView, nodes: [{ ...soundView.nodes[0]!, availability }] }))
  expect(told('leaving')).toEqual(['warning node.leaving n1 -> rolecall status --watch'])
  expect(told('left')).toEqual(['warning node.left n1 -> rolecall node --name n1'])
})

test('of a component only the problem that explains the others is told', () => {
  const failure = { code: 'role.failed', detail: 'onPrimary: exit code 1' }
  const told = (change: Partial<ComponentView>) =>
    problemsOf({ ...soundView, components: [{ ...soundView.components[0]!, ...change }] }).map(({ code, text }) => [
      code,
      text,
    ])
  expect(told({ failure, isBarred: true, isLocked: true, phase: 'stopFailed' })).toEqual([
    ['component.stopFailed', expect.stringContaining('role.failed: onPrimary: exit code 1')],
  ])
  expect(told({ failure, isBarred: true, isLocked: true })).toEqual([
    ['component.barred', expect.stringContaining('failed too often')],
  ])
  expect(told({ failure, isLocked: true })).toEqual([['component.locked', expect.any(String)]])
  expect(told({ failure })).toEqual([['component.failed', 'fell out of its role: role.failed: onPrimary: exit code 1']])
})

test('what concerns a component with several places is told once; what concerns one of them, of that one', () => {
  const places = ['web1', 'web2'].map((assignment) => ({
    ...soundView.components[0]!,
    component: `n1/pool/${assignment}` as const,
    assignment,
  }))
  const told = (change: (index: number) => Partial<ComponentView>) =>
    codes(problemsOf({ ...soundView, components: places.map((place, index) => ({ ...place, ...change(index) })) }))
  const failure = { code: 'process.exited', detail: 'signal SIGSEGV' }
  expect(told(() => ({ isLocked: true }))).toEqual(['warning component.locked n1/pool -> rolecall unlock n1/pool'])
  expect(told(() => ({ failure }))).toEqual(['warning component.failed n1/pool -> rolecall status --watch'])
  expect(told((index) => (index === 0 ? {} : { failure }))).toEqual([
    'warning component.failed n1/pool/web2 -> rolecall status --watch',
  ])
  expect(told((index) => ({ failure: { ...failure, detail: `exit code ${index}` } }))).toHaveLength(2)
})

test('what operators have set is a problem of its own, with what ends it', () => {
  expect(codes([...administeredView.problems])).toEqual([
    'warning maintenance.on demo -> rolecall maintenance off cluster',
    'warning maintenance.on n1 -> rolecall maintenance off node:n1',
    'warning node.standby n2 -> rolecall unlock node:n2',
    'warning node.held n3 -> rolecall unlock node:n3',
    'warning assignment.locked ledger -> rolecall unlock assignment:ledger',
    'warning maintenance.on web -> rolecall maintenance off assignment:web',
    'warning maintenance.on n1/pool/web -> rolecall maintenance off n1/pool',
  ])
})
