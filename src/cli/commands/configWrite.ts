/** `rolecall config set`, `delete`. */
import { toPlain } from '../../manage/plainJson.ts'
import { refusalOf } from '../../repository/limits.ts'
import type { DeleteFlags, SetFlags } from '../configFlags.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import { readInput } from '../input.ts'
import { parseValue } from '../keyFile.ts'
import { answered, connectRepository, failureOf, printJson } from '../repository.ts'

export async function set(this: CliContext, flags: SetFlags, key: string, word: string): Promise<void> {
  const { ifRevision, ifAbsent, text } = flags
  if (ifAbsent && ifRevision !== undefined)
    throw new CliFailure(exitCodes.usage, '--if-absent and --if-revision exclude each other')
  const source = word === '-' ? await readInput(this) : word
  const value = text ? source : parseValue(source, word === '-' ? 'stdin' : 'VALUE')
  if (value === null)
    throw new CliFailure(exitCodes.data, 'null is no value', `to delete: rolecall config delete ${key}`)
  const revision = ifAbsent ? 0 : ifRevision
  const conditions = revision === undefined ? [] : [{ key, revision }]
  const refusal = refusalOf({ changes: [{ key, value }], conditions: [] })
  if (refusal) throw failureOf({ ok: false, ...refusal })
  const repository = await connectRepository(this, flags)
  const transaction = { conditions, changes: [{ key, value: toPlain(value) }] }
  const done = await answered(this, flags, repository.transact(transaction))
  if (flags.json) printJson(this, done)
  else this.process.stdout.write(`${key} set at revision ${done.revision}\n`)
}

/** A key that is not there is most likely misspelt: 105. */
export async function remove(this: CliContext, flags: DeleteFlags, key: string): Promise<void> {
  const repository = await connectRepository(this, flags)
  const { ifRevision } = flags
  if (ifRevision === undefined) await answered(this, flags, repository.get(key, { isStale: false }))
  const conditions = ifRevision === undefined ? [] : [{ key, revision: ifRevision }]
  const done = await answered(this, flags, repository.transact({ conditions, changes: [{ key, value: null }] }))
  if (flags.json) printJson(this, done)
  else this.process.stdout.write(`${key} deleted at revision ${done.revision}\n`)
}
