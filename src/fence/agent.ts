/**
 * Speaks with a fence agent: a native command (action as last argument, exit code 0 is a confirmation) or one of the
 * fence-agents family, whose API (ClusterLabs, "FenceAgentAPI") has options as `key=value` lines on standard input, and whose
 * `status` exits with 0 for on and 2 for off. docs/fencing.md is the contract.
 */
import type { FenceConfiguration } from '../../machines/model/configuration.ts'
import type { Clock } from '../engine/clock.ts'
import { type Execution, execute } from './execute.ts'

export type FenceAction = 'off' | 'status' | 'metadata' | 'check'

export interface FenceCall {
  readonly cluster: string
  readonly node: string
  readonly fence: FenceConfiguration
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Each line that a program wrote. */
  readonly onOutput: (line: string) => void
}

export interface FenceOutcome {
  readonly isConfirmed: boolean
  /** Why not. Empty when it is. */
  readonly detail: string
}

const statusOff = 2
const statusOn = 0
/** A machine takes a moment to be off after its agent has said so; looked at this often, within the timeout. */
const statusPauseMs = 250
/** A loop of a mad agent must not fill the log. */
const outputLineCountMax = 100

/** One attempt. Confirmed only if the agent said that the node is off; never rejects. */
export async function fenceOff(call: FenceCall): Promise<FenceOutcome> {
  const { fence, clock } = call
  const endMs = clock.nowMs() + fence.timeoutMs
  const off = await run(call, 'off', fence.timeoutMs)
  if (off.exitCode !== 0) return { isConfirmed: false, detail: whyOf(off) }
  if (fence.kind === 'command') return { isConfirmed: true, detail: '' }
  for (;;) {
    const leftMs = endMs - clock.nowMs()
    if (leftMs <= 0) return { isConfirmed: false, detail: 'off succeeded, but status still says on' }
    const status = await run(call, 'status', leftMs)
    if (status.exitCode === statusOff) return { isConfirmed: true, detail: '' }
    if (status.exitCode !== statusOn) return { isConfirmed: false, detail: `status after off: ${whyOf(status)}` }
    await new Promise<void>((resolve) => clock.setTimer(statusPauseMs, resolve))
  }
}

export async function run(call: FenceCall, action: FenceAction, timeoutMs: number): Promise<Execution> {
  const { fence, node, cluster, clock, signal } = call
  const isNative = fence.kind === 'command'
  const execution = await execute({
    command: isNative ? [...fence.command, action] : fence.command,
    environment: { ROLECALL_FENCE_NODE: node, ROLECALL_FENCE_ACTION: action, ROLECALL_FENCE_CLUSTER: cluster },
    input: isNative ? '' : inputOf({ node, fence, action }),
    timeoutMs,
    clock,
    signal,
  })
  if (action !== 'metadata') {
    const lines = execution.output.split('\n').filter((line) => line.trim() !== '')
    for (const line of lines.slice(0, outputLineCountMax)) call.onOutput(line)
  }
  return execution
}

/** `port` is how most agents that serve several machines name one; without one the node's name stands for it. */
export function inputOf(of: { node: string; fence: FenceConfiguration; action: FenceAction }): string {
  const { node, fence, action } = of
  const hasPlug = 'port' in fence.options || 'plug' in fence.options
  const options = { action, nodename: node, ...(hasPlug ? {} : { port: node }), ...fence.options }
  return Object.entries(options)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

export function whyOf({ exitCode, failure, output }: Execution): string {
  const last = output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1)
  const how = failure ?? `exit code ${exitCode}`
  return last === undefined ? how : `${how}: ${last.slice(0, 200)}`
}
