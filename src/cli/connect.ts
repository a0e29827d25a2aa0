/** Finds the control socket that a command is meant for. */
import { join } from 'node:path'
import type { Configuration } from '../../machines/model/configuration.ts'
import { loadConfiguration } from '../configuration/load.ts'
import { suggestionFor } from '../configuration/nearest.ts'
import { type ControlClient, ControlError, connectControl } from '../manage/controlClient.ts'
import { exitCodes } from './exitCodes.ts'
import { CliFailure } from './failure.ts'
import { type ConnectionFlags, configurationFileDefault } from './flags.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where the node of that name listens. */
export function controlSocketPath(configuration: Configuration, node: string): string {
  return join(configuration.runtimeDirectory, node, 'control.sock')
}

/** A node that hangs must not keep the others from being asked. */
const lookTimeoutMs = 1000

/**
 * A client of the node that the flags name; a flag counts for more than the environment. Without a name: the first node
 * of the file that answers. Throws a `CliFailure`, or a `ConfigurationError`.
 */
export async function connect(
  flags: ConnectionFlags,
  options: { environment: Environment; timeoutMs: number },
): Promise<ControlClient> {
  const { environment, timeoutMs } = options
  const isNamed = flags.name !== undefined || flags.config !== undefined
  const socket = flags.socket ?? (isNamed ? undefined : environment.ROLECALL_CONTROL_SOCKET)
  if (socket !== undefined) return connectControl({ path: socket, timeoutMs })

  const file = flags.config ?? environment.ROLECALL_CONFIG ?? configurationFileDefault
  const configuration = loadConfiguration(file, { isSecretNeeded: false })
  const name = flags.name ?? environment.ROLECALL_NAME
  if (name !== undefined) return connectControl({ path: pathOf(configuration, { name, file }), timeoutMs })
  return firstThatAnswers(configuration, { file, timeoutMs })
}

function pathOf(configuration: Configuration, { name, file }: { name: string; file: string }): string {
  const names = Object.keys(configuration.nodes)
  if (!names.includes(name))
    throw new CliFailure(exitCodes.noSuch, `no node '${name}' in ${file}`, suggestionFor(name, names))
  return controlSocketPath(configuration, name)
}

async function firstThatAnswers(
  configuration: Configuration,
  options: { file: string; timeoutMs: number },
): Promise<ControlClient> {
  const { file, timeoutMs } = options
  const failures: ControlError[] = []
  for (const name of Object.keys(configuration.nodes)) {
    const path = controlSocketPath(configuration, name)
    try {
      await connectControl({ path, timeoutMs: Math.min(timeoutMs, lookTimeoutMs) }).view()
      return connectControl({ path, timeoutMs })
    } catch (error) {
      if (!(error instanceof ControlError)) throw error
      failures.push(error)
    }
  }
  const first = Object.keys(configuration.nodes)[0]!
  const tried = failures.map(({ message }) => `  ${message}`).join('\n')
  const hint = `start one: rolecall node --config ${file} --name ${first}\nor name another with --socket PATH`
  throw new CliFailure(
    exitCodes.unavailable,
    `none of the nodes in ${file} answers on this machine:\n${tried}\n${hint}`,
  )
}

/** For the failures of a client that was found by name or path: what to try. */
export function withHint(error: unknown): unknown {
  if (!(error instanceof ControlError) || error.code !== 'unreachable') return error
  const isForbidden = /EACCES|EPERM/.test(error.message)
  const hint = isForbidden
    ? 'ask as the user that the node runs as'
    : 'is the node running? start it with: rolecall node --name NAME'
  return new CliFailure(exitCodes.unavailable, error.message, hint)
}
