/**
 * The entry of this folder: a configuration file in, a `Configuration` out, or a `ConfigurationError` with everything
 * that is wrong with the file at once.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Configuration } from '../../machines/model/configuration.ts'
import { convert } from './convert.ts'
import { crossCheck } from './crossChecks.ts'
import { explain } from './explain.ts'
import { ConfigurationError, type ConfigurationProblem } from './problem.ts'
import { type ConfigurationFile, configurationSchema, secretLengthMin } from './schema.ts'
import { sift } from './sift.ts'
import { isRecord, tooLarge } from './size.ts'
import { ConfigurationSource } from './source.ts'
import type { FileConfiguration } from './tree.ts'

export { checkArbiters } from './checkArbiter.ts'
export { checkLinkAddresses, checkNode } from './checkNode.ts'
export { ConfigurationError, type ConfigurationProblem, formatProblem } from './problem.ts'
export type { FileConfiguration } from './tree.ts'

export interface LoadOptions {
  /**
   * Whether to read `secretFile`. Default: true. Those who only look for a node's socket may not be allowed to, and get
   * a configuration whose `secret` is null.
   */
  readonly isSecretNeeded?: boolean
}

/** A configuration with the text it came from, for checks that name a place in it. */
export interface OpenedConfiguration {
  readonly configuration: Configuration
  /** As the file has it, for the repository. */
  readonly file: FileConfiguration
  readonly source: ConfigurationSource
}

const fileSizeMaxBytes = 1024 ** 2

/** Throws a `ConfigurationError`. */
export function loadConfiguration(file: string, options: LoadOptions = {}): Configuration {
  return openConfiguration(file, options).configuration
}

/** Throws a `ConfigurationError`. */
export function openConfiguration(file: string, options: LoadOptions = {}): OpenedConfiguration {
  const source = new ConfigurationSource(file, read(file))
  if (!source.isReadable) throw new ConfigurationError(source.problems)
  const directory = dirname(resolve(file))
  const { parsed, problems } = check(source)
  const secret = secretOf(parsed, { source, directory, isSecretNeeded: options.isSecretNeeded ?? true })
  if (!parsed || problems.length > 0 || secret.problems.length > 0)
    throw new ConfigurationError([...problems, ...secret.problems])
  const nodeOrder = source.keys(['nodes'])
  return {
    configuration: convert(parsed, { directory, nodeOrder, secret: secret.value }),
    file: { raw: source.content as FileConfiguration['raw'], nodeOrder, directory, secret: secret.value },
    source,
  }
}

function read(file: string): string {
  try {
    const sizeBytes = statSync(file).size
    if (sizeBytes <= fileSizeMaxBytes) return readFileSync(file, 'utf8')
    throw new ConfigurationError([
      wholeFile(file, `expected at most ${fileSizeMaxBytes} bytes, found ${sizeBytes}`, null),
    ])
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const hint = 'name the file with --config FILE or ROLECALL_CONFIG'
    throw new ConfigurationError([
      wholeFile(file, code === 'ENOENT' ? 'no such file' : `cannot be read: ${message}`, hint),
    ])
  }
}

function wholeFile(file: string, message: string, suggestion: string | null): ConfigurationProblem {
  return { file, line: 0, column: 0, path: '', message, suggestion, excerpt: '' }
}

/** `parsed` is there only when its structure is right; problems between its parts may remain. */
function check(source: ConfigurationSource): { parsed: ConfigurationFile | null; problems: ConfigurationProblem[] } {
  const result = configurationSchema.safeParse(source.content)
  const issues = result.success ? [] : result.error.issues
  const findings = [
    ...issues.flatMap((issue) => explain(issue, { schema: configurationSchema, source })),
    ...(isRecord(source.content) ? crossCheck(sift(source.content)) : []),
    ...tooLarge(source.content),
  ]
  const problems = [...source.problems, ...findings.map((finding) => source.problem(finding))]
  return { parsed: result.success ? result.data : null, problems }
}

interface SecretContext {
  readonly source: ConfigurationSource
  readonly directory: string
  readonly isSecretNeeded: boolean
}

function secretOf(
  parsed: ConfigurationFile | null,
  { source, directory, isSecretNeeded }: SecretContext,
): { value: string | null; problems: ConfigurationProblem[] } {
  if (!isSecretNeeded || !parsed?.secretFile) return { value: parsed?.secret ?? null, problems: [] }
  const refused = (message: string) => {
    const finding = { path: ['secretFile'], at: 'value' as const, message, suggestion: null }
    return { value: null, problems: [source.problem(finding)] }
  }
  try {
    const path = resolve(directory, parsed.secretFile)
    if (statSync(path).size > fileSizeMaxBytes) return refused(`expected a file of at most ${fileSizeMaxBytes} bytes`)
    const value = readFileSync(path, 'utf8').trim()
    if (value.length >= secretLengthMin) return { value, problems: [] }
    return refused(`expected a file with at least ${secretLengthMin} characters, found ${value.length}`)
  } catch (error) {
    return refused(`expected a file that can be read: ${(error as Error).message}`)
  }
}
