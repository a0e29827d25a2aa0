/** Stands in for the node process: writes down what its guard says, and passes on what a test orders over a Unix socket. */
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { realClock } from '../../src/engine/clock.ts'
import { connectGuard, type GuardClient, type GuardHandlers, type LeaseReport } from '../../src/guard/client.ts'

const directory = process.env.STAND_IN_DIRECTORY!
const incarnation = Number(process.argv[process.argv.indexOf('--incarnation') + 1])
const note = (event: unknown): void => appendFileSync(join(directory, 'events'), `${JSON.stringify(event)}\n`)
const noting =
  (type: string) =>
  (event: object = {}): void =>
    note({ ...event, type })

let latest: LeaseReport | null = null
const guard = connectGuard(handlers(), { timing: JSON.parse(process.env.STAND_IN_TIMING!) })

function handlers(): GuardHandlers {
  return {
    onStarted: noting('started'),
    onStartFailed: noting('startFailed'),
    onExited: ({ atMs, ...exited }) => note({ ...exited, type: 'exited', sinceMs: realClock.nowMs() - atMs }),
    onStopFailed: noting('stopFailed'),
    onPeerEnded: noting('peerEnded'),
    onHeartbeatEvent: ({ type, ...event }) => note({ ...event, type }),
    onLeaseReport: (report) => {
      latest = report
    },
    onLeaseDropped: (epoch) => note({ type: 'leaseDropped', epoch }),
    onPromiseAnswer: ({ id, untilMs }) => note({ type: 'promiseAnswer', id, isFree: untilMs === null }),
    onNotes: (notes) => note({ type: 'notes', notes }),
    onProblems: (problems) => note({ type: 'problems', problems }),
    onLeave() {
      note({ type: 'leave' })
      if (!process.env.STAND_IN_IS_STUBBORN) guard.left()
    },
  }
}

let count = 0
guard.progress(++count)
setInterval(() => guard.progress(++count), 40)

const path = join(directory, 'orders')
rmSync(path, { force: true })
Bun.serve({
  unix: path,
  async fetch(request) {
    const [name, order] = (await request.json()) as [keyof GuardClient | 'hang' | 'exit' | 'report', never]
    if (name === 'exit') process.exit(order)
    if (name === 'hang') for (;;);
    if (name === 'report')
      return Response.json(latest && { ...latest, nodeLeaseMs: (latest.nodeUntilMs ?? 0) - realClock.nowMs() })
    guard[name](order)
    return new Response()
  },
})
const isForming = process.argv.includes('--form')
note({ type: 'up', incarnation, isForming, pid: process.pid, environment: process.env })
if (process.env.STAND_IN_EXITS) process.exit(1)
