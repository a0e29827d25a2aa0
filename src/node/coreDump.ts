/** Where the kernel put the core of a process that died (core(5)): as far as it can be known from here. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'

/** Signals whose default action writes one. */
const coreSignals = [
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGQUIT',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
  'SIGXCPU',
  'SIGXFSZ',
] as const

export interface CoreDump {
  /** `file`: at `path`; `none`: no file was found where it would be (none may be allowed: `ulimit -c`); `piped`: another program took it. */
  readonly is: 'file' | 'none' | 'piped'
  readonly path: string | null
  readonly pattern: string
}

/** A core that is older than this is of another death. */
const ageMaxMs = 60_000

/** null: the process did not die of a signal that writes one, or the kernel does not say where. */
export function findCore(
  death: { readonly pid: number; readonly signal: string | null; readonly workingDirectory: string },
  kernel = readKernel(),
): CoreDump | null {
  if (!(coreSignals as readonly (string | null)[]).includes(death.signal) || kernel === null) return null
  const { pattern, usesPid } = kernel
  if (pattern.startsWith('|')) return { is: 'piped', path: null, pattern }
  const where = isAbsolute(pattern) ? pattern : join(death.workingDirectory, pattern)
  const isNumbered = /%[pPiI]/.test(pattern)
  const name = basename(where) + (usesPid && !isNumbered ? '.%p' : '')
  const path = newestOf(dirname(where), matcherOf(name, death.pid))
  return { is: path === null ? 'none' : 'file', path, pattern }
}

function readKernel(): { readonly pattern: string; readonly usesPid: boolean } | null {
  try {
    const read = (name: string): string => readFileSync(`/proc/sys/kernel/${name}`, 'utf8').trim()
    return { pattern: read('core_pattern'), usesPid: read('core_uses_pid') !== '0' }
  } catch {
    return null // not Linux, or not for us to read
  }
}

/** The process's number is known; what else the kernel fills in may be anything. */
function matcherOf(name: string, pid: number): RegExp {
  const parts = name.split(/(%.)/).map((part) => {
    if (part === '%%') return '%'
    if (part === '%p') return String(pid)
    return /^%./.test(part) ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`)
}

function newestOf(directory: string, matcher: RegExp): string | null {
  const since = Date.now() - ageMaxMs
  let newest: { path: string; mtimeMs: number } | null = null
  for (const name of namesIn(directory)) {
    const path = join(directory, name)
    const mtimeMs = matcher.test(name) ? statSync(path, { throwIfNoEntry: false })?.mtimeMs : undefined
    if (mtimeMs !== undefined && mtimeMs >= since && mtimeMs > (newest?.mtimeMs ?? 0)) newest = { path, mtimeMs }
  }
  return newest?.path ?? null
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return [] // gone, or not for us to read: then nothing is in reach there
  }
}
