import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import { invocation, peer, TestServer, token } from '../agents/sdk/support.ts'
import { root } from './support.ts'

// A real process, on whatever machine: a bound, not a measure.
setDefaultTimeout(60_000)

const python = Bun.which('python3')

/** Sends a checkpoint for each assignment it is primary of, and is well as long as nobody looks closely. */
const program = `
import threading
from rolecall import CheckpointError, Rolecall, RolecallError

def on_role(command):
    if command.role == "primary":
        rolecall.checkpoint({"of": command.assignment}, assignment=command.assignment)
        rolecall.report_load(40.4, assignment=command.assignment)

def on_checkpoint(checkpoint):
    if checkpoint.command.assignment != checkpoint.assignment:
        raise RolecallError("mixed-up")

def on_self_test():
    raise RolecallError("disk.bad", "sector 7")

rolecall = Rolecall(on_role, on_checkpoint=on_checkpoint, on_reset=lambda: None, on_self_test=on_self_test, release="2.1")
rolecall.start()
threading.Event().wait()
`

let server: TestServer
let child: Subprocess | null = null
afterEach(async () => {
  child?.kill('SIGKILL')
  await child?.exited
  server?.close()
})

test.skipIf(!python)(
  'the client in Python serves several assignments, resets and tests itself (skipped without python3)',
  async () => {
    server = new TestServer({ isShared: () => true })
    const carried: unknown[] = []
    server.carry = async ({ from, to, data }) => {
      carried.push([from, to, data])
      return { ok: true }
    }
    child = Bun.spawn([python!, '-c', program], {
      env: {
        PATH: process.env.PATH,
        PYTHONPATH: join(root, 'examples/python'),
        PYTHONDONTWRITEBYTECODE: '1',
        ROLECALL_SOCKET: server.path,
        ROLECALL_COMPONENT: 'n1/pool',
        ROLECALL_INCARNATION: '1',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    expect(await server.heard('registered')).toMatchObject({ component: 'n1/pool', release: '2.1' })
    const of = (assignment: string) => ({ component: `n1/pool/${assignment}` as const, assignment })
    const peers = [peer('n2/pool/web1', 'secondary', 7)]
    server.server.invoke(invocation({ ...of('web2'), role: 'secondary' }))
    await server.heard('roleDone')
    server.server.invoke(invocation({ ...of('web1'), role: 'primary', peers }))
    expect(await server.heard('roleDone', 2)).toMatchObject({ component: 'n1/pool/web1', role: 'primary' })
    expect(carried).toEqual([['n1/pool/web1', 'n2/pool/web1', '{"of":"web1"}']])
    expect(await server.heard('load')).toMatchObject({ component: 'n1/pool/web1', loadPercent: 40 })
    const checkpoint = { from: 'n2/pool/web2', to: 'n1/pool/web2', token: token(7), data: '1' } as const
    expect(await server.server.deliverCheckpoint(checkpoint)).toEqual({ ok: true })
    const life = { component: 'n1/pool', incarnation: 1, timeLimitMs: 20_000 } as const
    expect(await server.server.run({ ...life, kind: 'reset' })).toBeNull()
    expect(await server.server.run({ ...life, kind: 'selfTest' })).toEqual({
      code: 'disk.bad',
      detail: 'disk.bad: sector 7',
    })
  },
)
