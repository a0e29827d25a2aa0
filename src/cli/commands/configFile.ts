/** `rolecall config export`, `import`: keys and values as a YAML file. */
import { readFileSync, writeFileSync } from 'node:fs'
import { toPlain } from '../../manage/plainJson.ts'
import type { KeyEntry, RepositoryClient } from '../../manage/repositoryClient.ts'
import { isUnder } from '../../repository/keys.ts'
import {
  changeCountMax,
  problemOfKey,
  refusalOf,
  reservedNames,
  type Transaction,
  transactionBytesMax,
  transactionSizeBytes,
} from '../../repository/limits.ts'
import type { ExportFlags, ImportFlags } from '../configFlags.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { readInput } from '../input.ts'
import { type FileEntry, parseFile, renderFile } from '../keyFile.ts'
import { answered, connectRepository, failureOf, printJson } from '../repository.ts'
import { inOneLine } from './configRead.ts'

/** What the cluster keeps for itself is left out unless it is named. */
export async function exportKeys(this: CliContext, flags: ExportFlags, prefix = ''): Promise<void> {
  const repository = await connectRepository(this, flags)
  const { entries, revision } = await answered(this, flags, repository.list(prefix, { isStale: flags.stale }))
  const shown = entries.filter(({ key }) => prefix !== '' || !reservedNames.includes(key.split('/')[0]!))
  const text = flags.json
    ? `${JSON.stringify(Object.fromEntries(shown.map(({ key, plain }) => [key, plain])))}\n`
    : renderFile(shown)
  if (flags.output === undefined) this.process.stdout.write(text)
  else write(flags.output, text)
  this.process.stderr.write(`rolecall: ${countOf(shown.length, 'key')}, as of revision ${revision}\n`)
}

/**
 * Writes what differs, in one transaction, on condition that nobody else changes those keys meanwhile. What does not fit into one is
 * refused, but for `--replace` outside the shared configuration, where several follow each other.
 */
export async function importKeys(this: CliContext, flags: ImportFlags, file: string): Promise<void> {
  const { prefix, replace, dryRun } = flags
  if (replace && prefix === undefined)
    throw new CliFailure(exitCodes.usage, '--replace needs --prefix', 'say below which key the rest shall be deleted')
  const name = file === '-' ? 'stdin' : file
  const wanted = parseFile(file === '-' ? await readInput(this) : read(file), name)
  for (const entry of wanted) checkEntry(entry, { name, prefix })
  const repository = await connectRepository(this, flags)
  const steps = await planOf(this, { repository, flags, wanted })
  const transactions = transactionsOf(steps, { isSplit: replace && !isUnder(prefix!, 'configuration') })
  if (dryRun || transactions.length === 0) return report(this, flags, steps, null)
  if (transactions.length > 1)
    this.process.stderr.write(`rolecall: too much for one transaction: ${transactions.length} follow each other\n`)
  let revision = 0
  for (const [place, part] of transactions.entries()) {
    const conditions = part.map(({ key, before }) => ({ key, revision: before?.revision ?? 0 }))
    const changes = part.map(({ key, value }) => ({ key, value: toPlain(value) }))
    try {
      revision = (await answered(this, flags, repository.transact({ conditions, changes }))).revision
    } catch (error) {
      if (place > 0) this.process.stderr.write(`rolecall: ${place} of ${transactions.length} transactions are done\n`)
      throw error
    }
  }
  report(this, flags, steps, revision)
}

interface Step {
  readonly key: string
  readonly value: unknown
  readonly before: KeyEntry | null
}

async function planOf(
  context: CliContext,
  of: { repository: RepositoryClient; flags: ImportFlags; wanted: readonly FileEntry[] },
): Promise<Step[]> {
  const { repository, flags, wanted } = of
  const listed = await answered(context, flags, repository.list(flags.prefix ?? '', { isStale: false }))
  const existing = new Map(listed.entries.map((entry) => [entry.key, entry]))
  const steps = wanted.map(({ key, value }) => ({ key, value, before: existing.get(key) ?? null }))
  const named = new Set(wanted.map(({ key }) => key))
  const rest = flags.replace ? listed.entries.filter(({ key }) => !named.has(key)) : []
  return [...steps, ...rest.map((before) => ({ key: before.key, value: null, before }))].filter(
    ({ value, before }) => !Bun.deepEquals(value, before?.value ?? null),
  )
}

function checkEntry({ key, value, line }: FileEntry, of: { name: string; prefix: string | undefined }): void {
  const { name, prefix = '' } = of
  const problem = problemOfKey(key) ?? (isUnder(key, prefix) ? null : `${key} is not at or below ${prefix}`)
  if (problem !== null) throw new CliFailure(exitCodes.data, `${name}:${line}: ${problem}`)
  const refusal = refusalOf({ conditions: [], changes: [{ key, value }] })
  if (refusal !== null) throw failureOf({ ok: false, ...refusal, text: `${name}:${line}: ${refusal.text}` })
}

/** As few as possible, in order, each as large as may be. */
function transactionsOf(steps: readonly Step[], { isSplit }: { isSplit: boolean }): Step[][] {
  if (steps.length === 0) return []
  const whole = refusalOf(asTransaction(steps))
  if (whole === null) return [[...steps]]
  if (!isSplit)
    throw new CliFailure(
      exitCodes.data,
      `${whole.text}, so it cannot be done at once`,
      'split the file, or use --prefix with --replace, which writes in several transactions',
    )
  const parts: Step[][] = [[]]
  let sizeBytes = 0
  for (const step of steps) {
    const stepBytes = transactionSizeBytes(asTransaction([step]))
    sizeBytes += stepBytes
    const last = parts.at(-1)!
    if (last.length > 0 && (sizeBytes > transactionBytesMax || last.length >= changeCountMax)) {
      parts.push([step])
      sizeBytes = stepBytes
    } else last.push(step)
  }
  return parts
}

function asTransaction(steps: readonly Step[]): Transaction {
  return {
    conditions: steps.map(({ key, before }) => ({ key, index: before?.revision ?? 0 })),
    changes: steps.map(({ key, value }) => ({ key, value })),
  }
}

function report(context: CliContext, flags: ImportFlags, steps: readonly Step[], revision: number | null): void {
  const { stdout, stderr } = context.process
  const changes = steps.map(({ key, value, before }) => ({
    key,
    value: toPlain(value),
    revision: before?.revision ?? 0,
  }))
  if (flags.json) return printJson(context, { ok: true, isDryRun: flags.dryRun, revision, changes })
  if (flags.dryRun)
    for (const { key, value, before } of steps)
      stdout.write(`${value === null ? '-' : before ? '~' : '+'} ${key}  ${inOneLine(value)}\n`)
  if (steps.length === 0) stderr.write('rolecall: nothing to change\n')
  else if (flags.dryRun) stderr.write(`rolecall: ${countOf(steps.length, 'key')} would change\n`)
  else stdout.write(`${countOf(steps.length, 'key')} changed at revision ${revision}\n`)
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliFailure(exitCodes.data, `cannot read ${file}: ${(error as Error).message}`)
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new CliFailure(exitCodes.failed, `cannot write ${file}: ${(error as Error).message}`)
  }
}
