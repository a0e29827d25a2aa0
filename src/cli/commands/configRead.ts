/** `rolecall config get`, `list`, `history`. */
import { toPlain } from '../../manage/plainJson.ts'
import type { KeyEntry } from '../../manage/repositoryClient.ts'
import type { GetFlags, HistoryFlags, ListFlags } from '../configFlags.ts'
import type { CliContext } from '../context.ts'
import { renderValue } from '../keyFile.ts'
import { table } from '../render/table.ts'
import { answered, connectRepository, printJson } from '../repository.ts'

/** Text as it is, everything else as YAML. */
export async function get(this: CliContext, flags: GetFlags, key: string): Promise<void> {
  const repository = await connectRepository(this, flags)
  const { entry, readAt } = await answered(this, flags, repository.get(key, { isStale: flags.stale }))
  if (flags.json) printJson(this, { key: entry.key, value: entry.plain, revision: entry.revision, readAt })
  else this.process.stdout.write(typeof entry.value === 'string' ? `${entry.value}\n` : renderValue(entry.value))
}

export async function list(this: CliContext, flags: ListFlags, prefix = ''): Promise<void> {
  const format = flags.json ? 'json' : (flags.output ?? 'table')
  const repository = await connectRepository(this, flags)
  const asJson = { json: format === 'json' }
  const { entries, revision } = await answered(this, asJson, repository.list(prefix, { isStale: flags.stale }))
  if (format === 'json') return printJson(this, { revision, entries: entries.map(asPlain) })
  if (entries.length === 0) return void this.process.stderr.write(`rolecall: nothing${below(prefix)}\n`)
  const lines = format === 'name' ? entries.map(({ key }) => key) : tableOf(entries)
  this.process.stdout.write(`${lines.join('\n')}\n`)
}

/** Oldest first. From where on it is complete is said on stderr. */
export async function history(this: CliContext, flags: HistoryFlags, prefix = ''): Promise<void> {
  const repository = await connectRepository(this, flags)
  const { changes, revision, oldest } = await answered(this, flags, repository.history(prefix))
  if (flags.json) return printJson(this, { revision, oldest, changes: changes.map(asPlain) })
  const what = changes.length === 0 ? `no change${below(prefix)} is remembered` : 'all changes'
  this.process.stderr.write(`rolecall: ${what} after revision ${oldest}, up to ${revision}\n`)
  if (changes.length > 0) this.process.stdout.write(`${tableOf(changes).join('\n')}\n`)
}

function asPlain({ key, plain, revision }: KeyEntry) {
  return { key, value: plain, revision }
}

function below(prefix: string): string {
  return prefix === '' ? '' : ` at or below ${prefix}`
}

function tableOf(entries: readonly KeyEntry[]): string[] {
  return table({
    header: ['REVISION', 'KEY', 'VALUE'],
    rows: entries.map(({ key, value, revision }) => [String(revision), key, inOneLine(value)]),
  })
}

const shownCharacters = 60

/** JSON on one line, cut where it is long; null: deleted. */
export function inOneLine(value: unknown): string {
  if (value === null) return 'deleted'
  const text = JSON.stringify(toPlain(value))
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters - 1)}…` : text
}
