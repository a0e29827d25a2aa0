/** What both processes of a node do first: find out which node they are, check that they can be it, set up the log. */
import { resolve } from 'node:path'
import type { LogLevel } from '@logtape/logtape'
import type { Configuration } from '../../machines/model/configuration.ts'
import { checkLinkAddresses, checkNode, type FileConfiguration, openConfiguration } from '../configuration/load.ts'
import { configureLogging, isLogLevel } from '../log/log.ts'
import type { CliContext } from './context.ts'
import { exitCodes } from './exitCodes.ts'
import { CliFailure } from './failure.ts'
import { configurationFileDefault, type NodeFlags } from './flags.ts'
import { hasColour } from './render/style.ts'

export interface NodeStart {
  /** Absolute, so that the node process finds it too. */
  readonly configurationFile: string
  readonly name: string
  readonly configuration: Configuration
  readonly file: FileConfiguration
}

/** Throws a `ConfigurationError` when the file, or this machine, isn't right for the node. */
export function startNode(context: CliContext, flags: NodeFlags): NodeStart {
  const { env, stderr } = context.process
  const file = flags.config ?? env.ROLECALL_CONFIG ?? configurationFileDefault
  const name = flags.name ?? env.ROLECALL_NAME
  if (name === undefined)
    throw new CliFailure(exitCodes.usage, 'which node is this?', 'give --name NAME or ROLECALL_NAME')
  const opened = openConfiguration(file)
  checkNode(opened, name)
  checkLinkAddresses(opened, name)
  configureLogging({ level: logLevelOf(flags, env), node: name, stream: stderr, hasColour: hasColour(stderr, env) })
  return { configurationFile: resolve(file), name, configuration: opened.configuration, file: opened.file }
}

export function logLevelOf(flags: Pick<NodeFlags, 'logLevel'>, environment: CliContext['process']['env']): LogLevel {
  const level = flags.logLevel ?? environment.ROLECALL_LOG_LEVEL ?? 'info'
  if (isLogLevel(level)) return level
  throw new CliFailure(exitCodes.usage, `ROLECALL_LOG_LEVEL is '${level}', which is no level`, 'try info')
}
