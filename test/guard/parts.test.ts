/** The guard's smaller parts. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import type { Clock } from '../../src/engine/clock.ts'
import { nextIncarnation } from '../../src/guard/incarnation.ts'
import { LeaseBackstop } from '../../src/guard/leaseBackstop.ts'
import { takeLock } from '../../src/guard/lock.ts'
import { createNotifier } from '../../src/guard/notify.ts'
import { burstCount, lineLengthMax, logLines, rateLimit } from '../../src/guard/output.ts'
import { encodeFrame, FrameReader, frameLengthMax, type NodeFrame, nodeFrame } from '../../src/guard/protocol.ts'
import { knock } from '../../src/guard/refusal.ts'
import { RestartLimit, restartCountMax, restartWindowMs } from '../../src/guard/restartLimit.ts'
import { freePort, until } from './guardBench.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rolecall-parts-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('frames come out as they went in, however the stream is cut', () => {
  const frames: NodeFrame[] = [
    { type: 'lease.drop', epoch: 12 },
    { type: 'node.progress', count: 3 },
    { type: 'node.status', text: 'secondary of n2' },
    { type: 'component.stop', component: 'n1/it', task: null, incarnation: 3, signal: 'SIGTERM', timeoutMs: 100 },
  ]
  const stream = Buffer.concat(frames.map(encodeFrame))
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: stream.length }), { maxLength: 20 }), (cuts) => {
      const reader = new FrameReader<NodeFrame>(nodeFrame)
      const edges = [0, ...cuts.sort((a, b) => a - b), stream.length]
      const out = edges.flatMap((edge, index) =>
        index === 0 ? [] : reader.take(stream.subarray(edges[index - 1], edge)),
      )
      expect(out).toEqual(frames)
    }),
  )
})

test('a frame that is too long, unknown, or has an unknown signal is refused', () => {
  const framed = (body: Uint8Array): Buffer => Buffer.concat([Buffer.from([0, 0, 0, body.length]), body])
  const take = (bytes: Uint8Array) => () => new FrameReader<NodeFrame>(nodeFrame).take(bytes)
  expect(take(Buffer.from([0, 16, 0, 1]))).toThrow('too long')
  expect(take(framed(encode({ type: 'node.unknown' })))).toThrow()
  const stop = { type: 'component.stop', component: 'n1/it', task: null, incarnation: 3, timeoutMs: 100 }
  expect(take(framed(encode({ ...stop, signal: 'SIGTERM' })))).not.toThrow()
  expect(take(framed(encode({ ...stop, signal: 'SIGNOTHING' })))).toThrow()
  expect(() => encodeFrame({ type: 'node.status', text: 'x'.repeat(frameLengthMax) })).toThrow('too long')
})

test('incarnations go up, and one that cannot be read is refused', () => {
  expect([nextIncarnation(directory), nextIncarnation(directory)]).toEqual([1, 2])
  writeFileSync(join(directory, 'incarnation'), 'seven\n')
  expect(() => nextIncarnation(directory)).toThrow('expected a number')
})

test('a lock has one holder, and says who', () => {
  const path = join(directory, 'lock')
  const lock = takeLock(path)
  expect(takeLock(path)).toEqual({ isHeld: false, holder: String(process.pid) })
  if (lock.isHeld) lock.release()
  const again = takeLock(path)
  expect(again.isHeld).toBe(true)
  if (again.isHeld) again.release()
})

test('restarts are limited within the window', () => {
  const limit = new RestartLimit()
  const delays = Array.from({ length: restartCountMax }, () => limit.next(0)!.delayMs)
  expect(delays).toEqual([...delays].sort((a, b) => a - b))
  expect(limit.next(1)).toBe(null)
  expect(limit.next(restartWindowMs)).not.toBe(null)
})

test('a kernel that refuses is told from all other failures', async () => {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const limit = { timeoutMs: 300 }
  expect(await knock({ host: '127.0.0.1', port: listener.port }, limit)).toBe('accepted')
  listener.stop(true)
  expect(await knock({ host: '127.0.0.1', port: listener.port }, limit)).toBe('refused')
  expect(await knock({ host: '2001:db8::1', port: 1 }, limit)).toBe('unknown')
})

test('output is cut into lines, long ones cut short, and floods dropped and counted', async () => {
  const lines: string[] = []
  const text = `one\ntwo\n${'x'.repeat(3 * lineLengthMax)}\n\nlast`
  await logLines(new Blob([text]).stream(), { component: 'n1/it', task: null, stream: 'stdout' }, (line) =>
    lines.push(line),
  )
  expect(lines).toEqual(['one', 'two', `${'x'.repeat(lineLengthMax)}…`, '', 'last'])

  let now = 0
  const written: string[] = []
  const limited = rateLimit(
    (line) => written.push(line),
    () => now,
  )
  for (let index = 0; index < burstCount + 5; index += 1) limited('x')
  expect(written.length).toBe(burstCount)
  now = 1000
  limited('y')
  expect(written.slice(burstCount)).toEqual(['(5 lines dropped)', 'y'])
})

/** Time by hand: timers run when it is moved past them. */
function handClock(): Clock & { moveTo(ms: number): void } {
  let now = 0
  let timers: { atMs: number; callback: () => void }[] = []
  return {
    nowMs: () => now,
    wallUs: () => 0,
    setTimer(delayMs, callback) {
      const timer = { atMs: now + delayMs, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    moveTo(ms) {
      for (;;) {
        const next = timers.filter(({ atMs }) => atMs <= ms).sort((a, b) => a.atMs - b.atMs)[0]
        if (!next) break
        timers.splice(timers.indexOf(next), 1)
        now = next.atMs
        next.callback()
      }
      now = ms
    },
  }
}

test('the backstop acts when the lease has been over for the time of a self-stop, and not while it is renewed', () => {
  const clock = handClock()
  const over: [number, string][] = []
  let leaseUntilMs: number | null = null
  const backstop = new LeaseBackstop({
    clock,
    selfStopMs: () => 100,
    leaseUntilMs: () => leaseUntilMs,
    onOver: (component) => over.push([clock.nowMs(), component]),
  })
  backstop.setActive('n1/early', true)
  clock.moveTo(90)
  expect(over).toEqual([])
  leaseUntilMs = 500
  clock.moveTo(550)
  leaseUntilMs = 1000
  clock.moveTo(1099)
  expect(over).toEqual([])
  clock.moveTo(1150)
  expect(over).toEqual([[1100, 'n1/early']])
  // It is asked again until that has ended.
  clock.moveTo(1200)
  backstop.setActive('n1/early', false)
  clock.moveTo(5000)
  expect(over.length).toBe(2)
})

test('the service manager is told, by path and by abstract name, and its watchdog fed', async () => {
  const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
s.bind(chr(0) + name[1:] if name[0] == '@' else name)
print('bound', flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`
  const python = Bun.which('python3')
  if (!python) return
  for (const name of [join(directory, 'notify'), `@rolecall-test-${freePort()}`]) {
    const child = Bun.spawn([python, '-c', receiver, name], { stdout: 'pipe' })
    let heard = ''
    void (async () => {
      for await (const piece of child.stdout) heard += new TextDecoder().decode(piece)
    })()
    await until(() => heard.includes('bound'), 'the receiver')
    const environment: Record<string, string | undefined> = { NOTIFY_SOCKET: name, WATCHDOG_USEC: '40000', KEPT: 'yes' }
    const notifier = createNotifier(environment)
    expect(environment).toEqual({ KEPT: 'yes' })
    notifier.ready()
    notifier.status('master of\ntwo')
    notifier.stopping()
    await until(() => heard.includes('WATCHDOG=1'), 'the watchdog')
    expect(heard).toStartWith('bound\nREADY=1\nSTATUS=master of two\nSTOPPING=1\n')
    notifier.close()
    child.kill()
  }
})
