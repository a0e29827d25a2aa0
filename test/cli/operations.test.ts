import { afterEach, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { forecast, type PlanDocument } from '../../machines/logic/placement/rehearse.ts'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { OperationCode } from '../../machines/model/operation.ts'
import { applyAll } from '../../src/plan/whatIf.ts'
import { afterThisTest, lonelyView, serveView, soundView, undoAll } from '../manage/support.ts'
import { settled } from '../plan/support.ts'
import { temporaryFolder } from '../support/folders.ts'
import { rolecall } from './support.ts'

afterEach(undoAll)

function socketPath(): string {
  return join(temporaryFolder('manage'), 'control.sock')
}

test('switchover, lock and unlock are asked of the node, and its answer printed', async () => {
  const path = socketPath()
  const { operations } = await serveView({ path, view: soundView, answer: { ok: true, text: 'n2/ledger is primary' } })
  const { exitCode, stdout } = await rolecall(['switchover', 'ledger', '--to', 'n2', '--socket', path])
  expect([exitCode, stdout]).toEqual([0, 'n2/ledger is primary\n'])
  await rolecall(['switchover', 'ledger', '--socket', path])
  await rolecall(['lock', 'n1/ledger', '--socket', path])
  const json = await rolecall(['unlock', 'n1/ledger', '--socket', path, '--json'])
  expect(JSON.parse(json.stdout)).toEqual({ ok: true, text: 'n2/ledger is primary' })
  expect(operations).toEqual([
    { operation: 'switchover', assignment: 'ledger', to: 'n2' },
    { operation: 'switchover', assignment: 'ledger', to: null },
    { operation: 'lock', target: { kind: 'component', component: 'n1/ledger' } },
    { operation: 'unlock', target: { kind: 'component', component: 'n1/ledger' } },
  ])
})

test('every operation, on every target, is asked as it was typed', async () => {
  const path = socketPath()
  const { operations } = await serveView({ path, view: soundView })
  const run = async (...words: string[]) => {
    expect((await rolecall([...words, '--socket', path])).exitCode).toBe(0)
    return operations.at(-1)
  }
  const component = { kind: 'component', component: 'n1/ledger' } as const
  const node = { kind: 'node', node: 'n1' } as const
  expect(await run('lock', 'node:n1', '--force')).toEqual({ operation: 'lock', target: node, isForced: true })
  expect(await run('unlock', 'cluster')).toEqual({ operation: 'unlock', target: { kind: 'cluster' } })
  expect(await run('shutdown', 'assignment:ledger', '--dry-run')).toEqual({
    operation: 'shutdown',
    target: { kind: 'assignment', assignment: 'ledger' },
    isDryRun: true,
  })
  expect(await run('restart', 'component:n1/ledger')).toEqual({ operation: 'restart', target: component })
  expect(await run('migrate', 'ledger', '--from', 'n1', '--to', 'n2')).toEqual({
    operation: 'migrate',
    assignment: 'ledger',
    from: 'n1',
    to: 'n2',
  })
  expect(await run('selftest', 'n1/ledger')).toEqual({ operation: 'selfTest', component: 'n1/ledger' })
  expect(await run('maintenance', 'on', 'group:web')).toEqual({
    operation: 'maintenance',
    target: { kind: 'group', group: 'web' },
    isOn: true,
  })
  expect(await run('maintenance', 'off', 'node:n1')).toEqual({ operation: 'maintenance', target: node, isOn: false })
})

test('a target that is none: 64; one that is not there: 105', async () => {
  const path = socketPath()
  await serveView({ path, view: soundView })
  const unknown = await rolecall(['lock', 'shelf:a', '--socket', path])
  expect([unknown.exitCode, unknown.stderr]).toEqual([64, expect.stringContaining("found 'shelf:a'")])
  const absent = await rolecall(['lock', 'node:n4', '--socket', path])
  expect([absent.exitCode, absent.stderr]).toEqual([105, "rolecall: no node 'n4'; did you mean 'n1'?\n"])
})

test('a dry run prints the plan; one that takes a service away exits with 113', async () => {
  const before = settled()
  const planOf = (components: ComponentId[]) => {
    const after = applyAll(
      before,
      components.map((component) => ({ what: 'lock', target: { kind: 'component', component } })),
    )
    return forecast({ before, after, events: components.map((component) => `lock ${component}`) })
  }
  const run = async (plan: PlanDocument, ...words: string[]) => {
    const path = socketPath()
    await serveView({ path, view: soundView, answer: { ok: true, text: 'it can be done', plan } })
    return rolecall(['lock', 'n1/ledger', '--dry-run', '--socket', path, ...words])
  }
  const harmless = await run(planOf(['n1/ledger']))
  expect(harmless.stdout).toMatchSnapshot()
  expect(harmless.exitCode).toBe(0)
  expect((await run(planOf(['n1/web', 'n2/web']))).exitCode).toBe(113)
  const json = await run(planOf(['n1/ledger']), '--json')
  expect(JSON.parse(json.stdout).plan).toEqual(JSON.parse(JSON.stringify(planOf(['n1/ledger']))))
})

const refusals: Record<OperationCode, number> = {
  'no-such': 105,
  'no-quorum': 106,
  'needs-force': 107,
  unavailable: 69,
  'timed-out': 124,
  refused: 1,
}

for (const [code, exitCode] of Object.entries(refusals)) {
  test(`refused as ${code}: exit ${exitCode}`, async () => {
    const path = socketPath()
    await serveView({ path, view: soundView, answer: { ok: false, code: code as OperationCode, text: 'it cannot be' } })
    const outcome = await rolecall(['lock', 'n1/ledger', '--socket', path])
    expect(outcome).toEqual({ exitCode, stdout: '', stderr: 'rolecall: it cannot be\n' })
    const json = await rolecall(['lock', 'n1/ledger', '--socket', path, '--json'])
    expect([json.exitCode, JSON.parse(json.stdout)]).toEqual([exitCode, { ok: false, code, text: 'it cannot be' }])
  })
}

test('a name that is not there: 105, with a suggestion', async () => {
  const path = socketPath()
  await serveView({ path, view: soundView })
  const run = async (...words: string[]) => {
    const { exitCode, stderr } = await rolecall([...words, '--socket', path])
    return [exitCode, stderr]
  }
  const noAssignment = [105, "rolecall: no assignment 'ledgr'; did you mean 'ledger'?\n"]
  expect(await run('switchover', 'ledgr')).toEqual(noAssignment)
  expect(await run('where', 'ledgr')).toEqual(noAssignment)
  const noComponent = [105, "rolecall: no component 'ledger'; there is n1/ledger, n2/ledger, n3/ledger\n"]
  expect(await run('lock', 'ledger')).toEqual(noComponent)
  expect(await run('switchover', 'ledger', '--to', 'm2')).toEqual([105, "rolecall: no node 'm2'; did you mean 'n2'?\n"])
})

test('where prints the endpoint and nothing else', async () => {
  const path = socketPath()
  const { change } = await serveView({ path, view: soundView })
  const where = (...words: string[]) => rolecall(['where', 'ledger', '--socket', path, ...words])
  expect(await where()).toEqual({ exitCode: 0, stdout: 'http://127.0.0.1:8101\n', stderr: '' })
  expect(JSON.parse((await where('--json')).stdout)).toEqual({
    assignment: 'ledger',
    primary: 'n1/ledger',
    endpoint: 'http://127.0.0.1:8101',
  })
  const ledger = soundView.assignments[0]!
  change({
    ...soundView,
    assignments: [{ ...ledger, primary: null, endpoint: null, health: 'unserved', reason: 'it starts' }],
  })
  expect(await where()).toEqual({
    exitCode: 69,
    stdout: '',
    stderr: "rolecall: no primary of 'ledger' is ready: it starts\n",
  })
  change({ ...soundView, assignments: [{ ...ledger, endpoint: null }] })
  expect((await where()).exitCode).toBe(69)
  change(lonelyView)
  expect((await where()).exitCode).toBe(106)
})

test('a connection that breaks after the operation was sent: 112', async () => {
  const path = socketPath()
  const breaker = createServer((socket) => socket.once('data', () => socket.destroy()))
  await new Promise<void>((resolve) => breaker.listen(path, resolve))
  afterThisTest(() => breaker.close())
  const { exitCode, stderr } = await rolecall(['switchover', 'ledger', '--socket', path])
  expect(exitCode).toBe(112)
  expect(stderr).toContain('it may have been carried out')
})
