/**
 * What if, asked of a node: `rolecall plan` in a process of its own, so that however long it plans, the node does its part. At most
 * two at a time, and behind everything else that wants to run: the node's own priority is above that of what it keeps running.
 */
import { getPriority, setPriority } from 'node:os'
import type { OperationCode, OperationResult } from '../../../machines/model/operation.ts'
import { exitCodeOfOperation, exitCodes } from '../../cli/exitCodes.ts'
import { ownCommand } from '../../cli/ownCommand.ts'
import { eventFlags } from '../../cli/plan.ts'
import type { PlanRequest } from '../../manage/http/contract.ts'

const runningCountMax = 2
const timeoutMs = 40_000
let runningCount = 0

export async function plan(controlSocket: string, request: PlanRequest): Promise<OperationResult> {
  if (runningCount >= runningCountMax)
    return { ok: false, code: 'unavailable', text: `${runningCountMax} plans are being made already: try again` }
  runningCount += 1
  try {
    return await run(controlSocket, request)
  } finally {
    runningCount -= 1
  }
}

async function run(controlSocket: string, request: PlanRequest): Promise<OperationResult> {
  const child = Bun.spawn([...ownCommand(), 'plan', '--json', '--socket', controlSocket, ...flagsOf(request)], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: timeoutMs,
    env: { ...process.env, ROLECALL_CONFIG: '', NO_COLOR: '1' },
  })
  putBehind(child.pid)
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code === exitCodes.ok || code === exitCodes.unsatisfied)
    return { ok: true, text: 'nothing was done', plan: JSON.parse(out) }
  if (child.signalCode) return { ok: false, code: 'timed-out', text: `no plan within ${timeoutMs / 1000} s` }
  return { ok: false, code: codeOf(code), text: err.trim().replace(/^rolecall: /, '') }
}

const behindNice = 10

function putBehind(pid: number): void {
  try {
    setPriority(pid, Math.max(behindNice, getPriority(pid)))
  } catch {
    // It has ended already.
  }
}

/** `--fail=n1`, so that no word of a request is ever taken for a flag. */
function flagsOf({ switchover = [], add = [], ...events }: PlanRequest): string[] {
  const flags = eventFlags.flatMap((flag) => (events[flag] ?? []).map((target) => `--${flag}=${target}`))
  return [...flags, ...switchover.map((each) => `--switchover=${each}`), ...add.map((each) => `--add=${each}`)]
}

function codeOf(exitCode: number): OperationCode {
  const codes = Object.entries(exitCodeOfOperation) as [OperationCode, number][]
  return codes.find(([, code]) => code === exitCode)?.[0] ?? 'refused'
}
