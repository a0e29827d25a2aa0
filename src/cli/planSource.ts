/** What `rolecall plan` begins with: a file, what was observed, or a running cluster; with changes to its configuration. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import { freshInput, reconfigured, settle } from '../../machines/logic/placement/rehearse.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { openConfiguration } from '../configuration/load.ts'
import { isRecord } from '../configuration/size.ts'
import {
  type ConfigurationEntry,
  changedBy,
  configurationPrefix,
  entriesOf,
  type FileConfiguration,
  isComplete,
  validateTree,
} from '../configuration/tree.ts'
import { connectControl } from '../manage/controlClient.ts'
import { repositoryOf } from '../manage/repositoryClient.ts'
import { readObserved } from '../plan/checkObserved.ts'
import { inputOf } from '../plan/observed.ts'
import { observedSchema } from '../plan/observedSchema.ts'
import { connect, withHint } from './connect.ts'
import type { CliContext } from './context.ts'
import { exitCodes } from './exitCodes.ts'
import { CliFailure } from './failure.ts'
import { configurationFileDefault } from './flags.ts'
import { parseFile, parseValue } from './keyFile.ts'
import type { PlanFlags } from './plan.ts'
import { answered } from './repository.ts'

export interface PlanSource {
  /** Before the changes to the configuration. */
  readonly before: PlanInput
  /** With them, and nothing else. */
  readonly input: PlanInput
}

/**
 * `isCalm`: nothing but the beginning is asked for, so that a cluster that is only configured is planned from its first start on.
 * Otherwise what is asked about happens to one that has come to rest.
 */
export async function planSource(context: CliContext, flags: PlanFlags, of: { isCalm: boolean }): Promise<PlanSource> {
  if (flags.running || flags.name !== undefined || flags.socket !== undefined) return runningSource(context, flags)
  const file = flags.config ?? context.process.env.ROLECALL_CONFIG ?? configurationFileDefault
  const opened = openConfiguration(file, { isSecretNeeded: false })
  const before = startOf(opened.configuration, flags, of)
  const changes = changesOf(flags.add ?? [])
  if (changes.length === 0) return { before, input: before }
  return { before, input: reconfigured(before, changed(entriesOf(opened.file), changes, opened.file)) }
}

function startOf(configuration: Configuration, flags: PlanFlags, { isCalm }: { isCalm: boolean }): PlanInput {
  const { observed } = flags
  if (observed !== undefined) return readObserved({ file: observed, text: read(observed), configuration })
  const fresh = freshInput(configuration)
  return isCalm ? fresh : settle(fresh)
}

const timeoutDefaultMs = 35_000

/** The configuration is that of the repository; the secret is nobody's business here. */
async function runningSource(context: CliContext, flags: PlanFlags): Promise<PlanSource> {
  if (flags.observed !== undefined)
    throw new CliFailure(exitCodes.usage, '--observed and a running cluster exclude each other')
  const timeoutMs = flags.timeout ?? timeoutDefaultMs
  const { path } = await connect(flags, { environment: context.process.env, timeoutMs })
  const target = { path, timeoutMs }
  const listed = await answered(
    context,
    { json: false },
    repositoryOf(target).list(configurationPrefix, { isStale: false }),
  )
  if (!isComplete(listed.entries))
    throw new CliFailure(exitCodes.unavailable, 'the cluster has not taken its configuration over yet', 'try again')
  const cluster = listed.entries.find(({ key }) => key === `${configurationPrefix}/cluster`)?.value
  const local: FileConfiguration = { raw: { cluster }, nodeOrder: [], directory: dirname(resolve('.')), secret: null }
  const answer = await connectControl(target)
    .observed()
    .catch((error) => {
      throw withHint(error)
    })
  const before = inputOf(observedSchema.parse(answer), changed(listed.entries, [], local))
  const changes = changesOf(flags.add ?? [])
  const input = changes.length === 0 ? before : reconfigured(before, changed(listed.entries, changes, local))
  return { before, input }
}

function changed(
  entries: readonly ConfigurationEntry[],
  changes: readonly ConfigurationEntry[],
  local: FileConfiguration,
): Configuration {
  const { configuration, problems } = validateTree(changedBy(entries, changes), local)
  if (configuration) return configuration
  const lines = problems.map(
    ({ key, message, suggestion }) => `  ${key}: ${message}${suggestion ? `; ${suggestion}` : ''}`,
  )
  throw new CliFailure(exitCodes.configuration, `the configuration would be wrong:\n${lines.join('\n')}`)
}

/** Keys with or without `configuration/` before them. A file may also have sections, as a configuration file has. */
function changesOf(added: readonly string[]): ConfigurationEntry[] {
  return added.flatMap((each) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(each) ?? []
    if (key !== undefined) return [{ key: keyOf(key), value: parseValue(value!, `the value of ${key}`) }]
    return parseFile(read(each), each).flatMap((entry) => entriesIn(entry.key, entry.value))
  })
}

/** What has no slash is a section, of which the names stand below. */
function entriesIn(key: string, value: unknown): ConfigurationEntry[] {
  if (key.includes('/') || !isRecord(value)) return [{ key: keyOf(key), value }]
  return Object.entries(value).map(([name, each]) => ({ key: keyOf(`${key}/${name}`), value: each }))
}

function keyOf(written: string): string {
  return written.startsWith(`${configurationPrefix}/`) ? written : `${configurationPrefix}/${written}`
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliFailure(exitCodes.configuration, `cannot read ${file}: ${(error as Error).message}`)
  }
}
