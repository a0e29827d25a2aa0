import { tokenFileOf, urlOf } from '../../configuration/http.ts'
import { loadConfiguration } from '../../configuration/load.ts'
import { suggestionFor } from '../../configuration/nearest.ts'
import { realClock } from '../../engine/clock.ts'
import { recordingBackend } from '../../manage/http/recordingBackend.ts'
import { isLoopback, serveHttp } from '../../manage/http/server.ts'
import { digestOf, newToken } from '../../manage/http/tokens.ts'
import { BlackBoxNotFoundError, NewerRecordingError } from '../../recorder/boxes.ts'
import type { ConsoleFlags } from '../console.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { configurationFileDefault } from '../flags.ts'
import { version } from '../version.ts'

export default async function console(this: CliContext, flags: ConsoleFlags, ...paths: string[]): Promise<void> {
  if (paths.length === 0) return printAddress(this, flags)
  await serveRecordings(this, flags, paths)
}

const answerTimeoutMs = 1000

/** Of the node that is named, or of the first of the file whose console answers. */
async function printAddress({ process }: CliContext, flags: ConsoleFlags): Promise<void> {
  const { env, stdout, stderr } = process
  const file = flags.config ?? env.ROLECALL_CONFIG ?? configurationFileDefault
  const configuration = loadConfiguration(file, { isSecretNeeded: false })
  const { http, nodes } = configuration
  if (!http?.isEnabled)
    throw new CliFailure(
      exitCodes.configuration,
      `${file} has no console: http.enabled is false`,
      'write enabled: true',
    )
  const name = flags.name ?? env.ROLECALL_NAME
  const names = Object.keys(nodes)
  if (name !== undefined && !names.includes(name))
    throw new CliFailure(exitCodes.noSuch, `no node '${name}' in ${file}`, suggestionFor(name, names))
  for (const node of name === undefined ? names : [name]) {
    const url = urlOf(http, node)
    if (!(await isAnswered(url, { cluster: configuration.cluster, node }))) continue
    const tokenFile = tokenFileOf(configuration, node)
    stdout.write(flags.json ? `${JSON.stringify({ url, node, tokenFile })}\n` : `${url}\n`)
    stderr.write(`sign in with the token in ${tokenFile}\n`)
    if (flags.open) openBrowser(url)
    return
  }
  const where = name === undefined ? `of the nodes in ${file}` : `of ${name}`
  throw new CliFailure(
    exitCodes.unavailable,
    `no console ${where} answers on this machine`,
    `rolecall status --config ${file}`,
  )
}

/** By that node itself, not by one of another cluster that has the port. */
async function isAnswered(url: string, expected: { cluster: string; node: string }): Promise<boolean> {
  try {
    const init = { signal: AbortSignal.timeout(answerTimeoutMs), tls: { rejectUnauthorized: false } }
    const session = (await (await fetch(`${url}v1/session`, init)).json()) as { cluster?: unknown; node?: unknown }
    return session.cluster === expected.cluster && session.node === expected.node
  } catch {
    return false
  }
}

async function serveRecordings(context: CliContext, flags: ConsoleFlags, paths: readonly string[]): Promise<void> {
  const { stdout, stderr } = context.process
  const backend = await opened(recordingBackend({ paths, version, nowUs: realClock.wallUs }))
  try {
    // Whoever else reaches it shows what was made up for this time.
    const token = isLoopback(flags.listen.host) ? null : newToken()
    const gate = { tokenDigests: token === null ? [] : [digestOf(token)], readOnlyReason }
    const server = listening(flags, () => serveHttp({ ...flags.listen, backend, gate }))
    stdout.write(flags.json ? `${JSON.stringify({ url: server.url })}\n` : `${server.url}\n`)
    if (token !== null) stderr.write(`sign in with the token ${token}, which goes to this address in the clear\n`)
    stderr.write('serving until interrupted\n')
    if (flags.open) openBrowser(server.url)
    await interrupted()
    await server.stop()
  } finally {
    backend.close()
  }
}

const readOnlyReason = 'these are recordings: there is no cluster to change'

async function opened<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening
  } catch (error) {
    if (error instanceof BlackBoxNotFoundError) throw new CliFailure(exitCodes.noSuch, error.message)
    if (error instanceof NewerRecordingError) throw new CliFailure(exitCodes.data, error.message)
    throw error
  }
}

function listening<T>({ listen }: ConsoleFlags, serve: () => T): T {
  try {
    return serve()
  } catch (error) {
    const text = `cannot listen on ${listen.host}:${listen.port}: ${(error as Error).message}`
    throw new CliFailure(exitCodes.unavailable, text, 'another port, with --listen ADDRESS:PORT')
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

/** Not there, or no desktop: the address was printed. */
function openBrowser(url: string): void {
  const program = Bun.which('xdg-open') ?? Bun.which('open')
  if (program) Bun.spawn([program, url], { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }).unref()
}
