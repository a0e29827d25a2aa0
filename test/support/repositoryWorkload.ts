/** Clients of the configuration repository on several nodes at once, and the history of what they did and were told (SPEC D5). */
import { ControlError } from '../../src/manage/controlClient.ts'
import { type RepositoryClient, repositoryOf } from '../../src/manage/repositoryClient.ts'
import type { Operation, Recorded, Result } from '../../src/simulate/checkers/history.ts'

/** Of these failures it is known that nothing was done. What else went wrong may have been done. */
const certain: readonly string[] = ['no-quorum', 'overloaded', 'busy', 'unavailable', 'invalid', 'refused', 'quota']

/** Transactions go over the keys of one pair, so that the history falls into parts that are judged by themselves. */
const keyPairs = [
  ['work/a', 'work/b'],
  ['work/c', 'work/d'],
  ['work/e', 'work/f'],
] as const

/** Longer than a node takes to say that it is too late. */
const timeoutMs = 10_000
const pauseMs = { from: 2, to: 20 }

export class RepositoryWorkload {
  readonly history: Recorded[] = []
  readonly #running: Promise<void>[] = []
  #isEnding = false

  /** `sockets`: the control sockets of the nodes, by name; `clientCount` clients on each. */
  constructor({ sockets, clientCount }: { sockets: Readonly<Record<string, string>>; clientCount: number }) {
    for (const [node, path] of Object.entries(sockets))
      for (let number = 1; number <= clientCount; number++)
        this.#running.push(this.#run(`${node}/${number}`, repositoryOf({ path, timeoutMs })))
  }

  /** No new operations; resolves when those under way are over. */
  async end(): Promise<void> {
    this.#isEnding = true
    await Promise.all(this.#running)
  }

  /** How many operations that began after then were answered. */
  answeredSince(atMs: number): number {
    return this.history.filter(({ invokeMs, result }) => invokeMs >= atMs && result !== null).length
  }

  async #run(process: string, repository: RepositoryClient): Promise<void> {
    const seen = new Map<string, number>()
    for (let count = 1; !this.#isEnding; count++) {
      const operation = operationOf(`${process}#${count}`, seen)
      const invokeMs = performance.now()
      const outcome = await perform(repository, operation)
      const returnMs = performance.now()
      if (outcome === 'unknown') this.history.push({ process, operation, invokeMs, returnMs: null, result: null })
      else if (outcome !== 'nothing') {
        this.history.push({ process, operation, invokeMs, returnMs, result: outcome })
        if (outcome.type === 'read' && operation.type === 'get') seen.set(operation.key, outcome.revision)
      }
      await Bun.sleep(pauseMs.from + Math.random() * (pauseMs.to - pauseMs.from))
    }
  }
}

/** Half are reads; conditions are on what this client saw last, which often holds. */
function operationOf(value: string, seen: ReadonlyMap<string, number>): Operation {
  const pair = keyPairs[Math.floor(Math.random() * keyPairs.length)]!
  const key = pair[Math.floor(Math.random() * pair.length)]!
  const luck = Math.random()
  if (luck < 0.5) return { type: 'get', key }
  if (luck < 0.7) return { type: 'set', key, value }
  if (luck < 0.72) return { type: 'delete', key }
  const revisionOf = (of: string) => seen.get(of) ?? 0
  if (luck < 0.9) return { type: 'compareAndSet', key, revision: revisionOf(key), value }
  return {
    type: 'transaction',
    conditions: [{ key, revision: revisionOf(key) }],
    writes: pair.map((each) => ({ key: each, value })),
  }
}

/** `nothing`: it is certain that nothing was done. */
async function perform(repository: RepositoryClient, operation: Operation): Promise<Result | 'unknown' | 'nothing'> {
  try {
    if (operation.type === 'get') return readResult(await repository.get(operation.key, { isStale: false }))
    const answer = await repository.transact(transactionOf(operation))
    if (answer.ok) return { type: 'written', revision: answer.revision }
    if (answer.code === 'conflict') return { type: 'refused' }
    return certain.includes(answer.code) ? 'nothing' : 'unknown'
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    return operation.type === 'get' || error.code === 'unreachable' ? 'nothing' : 'unknown'
  }
}

function readResult(answer: Awaited<ReturnType<RepositoryClient['get']>>): Result | 'nothing' {
  if (answer.ok) return { type: 'read', value: String(answer.entry.value), revision: answer.entry.revision }
  return answer.code === 'no-such' ? { type: 'read', value: null, revision: 0 } : 'nothing'
}

function transactionOf(operation: Exclude<Operation, { type: 'get' }>) {
  switch (operation.type) {
    case 'set':
      return { changes: [{ key: operation.key, value: operation.value }] }
    case 'delete':
      return { changes: [{ key: operation.key, value: null }] }
    case 'compareAndSet': {
      const { key, revision, value } = operation
      return { conditions: [{ key, revision }], changes: [{ key, value }] }
    }
    case 'transaction':
      return { conditions: [...operation.conditions], changes: [...operation.writes] }
  }
}
