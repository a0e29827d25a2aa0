/** `rolecall bundle`: gathers what there is, and says what there is not. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { catalogue } from '../../../machines/index.ts'
import { hostFacts, makeBundle, SecretInBundleError } from '../../bundle/bundle.ts'
import { Redactor } from '../../bundle/redact.ts'
import { openConfiguration } from '../../configuration/load.ts'
import { BlackBoxNotFoundError, findBoxes, NewerRecordingError, type NodeBox } from '../../recorder/boxes.ts'
import { openRecordings } from '../../recorder/openRecordings.ts'
import type { BundleFlags } from '../bundle.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { configurationFileDefault } from '../flags.ts'
import { ownCommand } from '../ownCommand.ts'
import { version } from '../version.ts'

interface Gathered {
  readonly documents: Map<string, unknown>
  readonly missing: { path: string; why: string }[]
  readonly redactor: Redactor
  cluster: string
}

export async function bundle(this: CliContext, flags: BundleFlags, ...directories: string[]): Promise<void> {
  const { env, stderr } = this.process
  const gathered: Gathered = { documents: new Map(), missing: [], redactor: new Redactor(), cluster: 'cluster' }
  const named = flags.config ?? env.ROLECALL_CONFIG
  const file = named ?? configurationFileDefault
  const own = named !== undefined || existsSync(file) ? readConfiguration(gathered, file, flags.name) : []
  if (own.length === 0 && directories.length === 0) {
    throw new CliFailure(
      exitCodes.noSuch,
      `no black box of a node of ${file} is on this machine`,
      'name directories that hold some',
    )
  }
  await askNode(gathered, file)
  gathered.documents.set('host/facts.json', hostFacts())
  addFile(gathered, '/etc/os-release', 'host/os-release')
  const recordings = await opened([...own, ...directories])
  try {
    await write(this, { flags, gathered, boxes: recordings.boxes })
  } finally {
    recordings.close()
  }
  if (!flags.json) for (const { path, why } of gathered.missing) stderr.write(`without ${path}: ${why}\n`)
}

async function opened(paths: readonly string[]) {
  try {
    return await openRecordings(paths)
  } catch (error) {
    if (error instanceof BlackBoxNotFoundError) throw new CliFailure(exitCodes.noSuch, error.message)
    if (error instanceof NewerRecordingError) throw new CliFailure(exitCodes.data, error.message)
    throw error
  }
}

/** The state directories that this machine has of the file's nodes. Throws a `ConfigurationError`. */
function readConfiguration(gathered: Gathered, file: string, name: string | undefined): string[] {
  const { configuration } = openConfiguration(file)
  gathered.redactor.learn(configuration.secret)
  gathered.cluster = configuration.cluster
  const { nodes, types, components, assignments } = configuration
  gathered.redactor.spare([configuration.cluster, ...[nodes, types, components, assignments].flatMap(Object.keys)])
  // As parsed: comments may hold anything, and are left out.
  gathered.documents.set('configuration.json', parse(readFileSync(file, 'utf8')))
  gathered.documents.set('configuration-effective.json', configuration)
  const names = Object.keys(configuration.nodes)
  if (name !== undefined && !names.includes(name))
    throw new CliFailure(exitCodes.noSuch, `no node '${name}' in ${file}`)
  const boxes = (name === undefined ? names : [name]).map((node) =>
    join(configuration.stateDirectory, node, 'black-box'),
  )
  return boxes.filter(hasBox)
}

function hasBox(directory: string): boolean {
  try {
    return findBoxes([directory]).length > 0
  } catch (error) {
    if (error instanceof BlackBoxNotFoundError) return false
    throw error
  }
}

/** What it prints for an operator, by the name of the answer. `log` is that of the cluster, with as much of it as is told at once. */
const questions: Readonly<Record<string, readonly string[]>> = {
  status: ['status'],
  members: ['members'],
  problems: ['problems'],
  'config-history': ['config', 'history'],
  log: ['log', '--limit', '5000'],
}
const answerTimeoutMs = 10_000
const answerLengthMax = 64 * 1024 ** 2

async function askNode(gathered: Gathered, file: string): Promise<void> {
  const answers = Object.entries(questions).map(async ([name, words]) => {
    const path = `node/${name}.json`
    const { text, error, isComplete } = await askFor([...words, '--json', '--config', file])
    const document = text.length > answerLengthMax ? undefined : documentOf(text)
    const why = error.trim().split('\n')[0]!.slice(0, 300) || 'it says nothing'
    if (document === undefined) gathered.missing.push({ path, why: text === '' ? why : 'it is no JSON, or too large' })
    else gathered.documents.set(path, name === 'log' ? [document].flat() : document)
    if (document !== undefined && !isComplete)
      gathered.missing.push({ path, why: `not all of it was said within ${answerTimeoutMs / 1000} s` })
  })
  await Promise.all(answers)
}

interface Answer {
  readonly text: string
  readonly error: string
  readonly isComplete: boolean
}

async function askFor(words: readonly string[]): Promise<Answer> {
  const asked = Bun.spawn([...ownCommand(), ...words], {
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: 'ignore',
    timeout: answerTimeoutMs,
    killSignal: 'SIGKILL',
  })
  const [text, error] = await Promise.all([new Response(asked.stdout).text(), new Response(asked.stderr).text()])
  await asked.exited
  return { text, error, isComplete: asked.signalCode === null }
}

/** Parsed, so that it is redacted by what it means: one document, or one a line. undefined: it is neither. */
function documentOf(text: string): unknown {
  const whole = parsed(text)
  if (whole !== undefined) return whole
  const lines = text.split('\n').map(parsed)
  return lines[0] === undefined ? undefined : lines.filter((document) => document !== undefined)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // also the last line of an answer that was cut short
  }
}

function addFile({ documents, missing }: Gathered, file: string, path: string): void {
  try {
    documents.set(path, readFileSync(file, 'utf8'))
  } catch (error) {
    missing.push({ path, why: (error as Error).message })
  }
}

async function write(
  { process }: CliContext,
  { flags, gathered, boxes }: { flags: BundleFlags; gathered: Gathered; boxes: readonly NodeBox[] },
): Promise<void> {
  const now = new Date()
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const output = resolve(flags.output ?? `rolecall-${gathered.cluster}-${stamp}.tar.gz`)
  if (existsSync(output) && !flags.force)
    throw new CliFailure(exitCodes.failed, `'${output}' is there already`, '--force writes over it')
  const { redactor, documents, missing } = gathered
  const made = await makeBundle(
    { boxes, documents, missing },
    { catalogue, redactor, version, byteCountMax: flags.size, now },
  ).catch((error: unknown) => {
    if (error instanceof SecretInBundleError)
      throw new CliFailure(
        exitCodes.failed,
        `nothing was written: ${error.message}`,
        'report this as a fault of rolecall',
      )
    throw error
  })
  try {
    writeFileSync(output, made.bytes, { mode: 0o600 })
  } catch (error) {
    throw new CliFailure(exitCodes.failed, `cannot write '${output}': ${(error as Error).message}`)
  }
  const { files, leftOut, redactedCount } = made.manifest
  if (flags.json) process.stdout.write(`${JSON.stringify({ file: output, ...made.manifest })}\n`)
  else
    process.stdout.write(
      `${output}: ${files.length} files, ${made.bytes.length} bytes, ${redactedCount} values redacted\n`,
    )
  const older = leftOut.length - missing.length
  if (older > 0) process.stderr.write(`${older} older segments left out: --size takes more\n`)
}
