/**
 * Counts the lives of the node process, so that whatever an earlier life said can be told apart (Traps 10: stale reports).
 * The number is on disk before it is used: two lives can never have the same one.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Raises the number kept in the directory and returns it; 1 for the first life. Throws when it cannot be kept. */
export function nextIncarnation(directory: string): number {
  const incarnation = lastIncarnation(pathIn(directory)) + 1
  keepIncarnation(directory, incarnation)
  return incarnation
}

/** Makes the next life the one after this. Throws when it cannot be kept. */
export function keepIncarnation(directory: string, incarnation: number): void {
  const path = pathIn(directory)
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w', 0o600)
  writeSync(file, `${incarnation}\n`)
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, path)
  const folder = openSync(directory, 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function pathIn(directory: string): string {
  return join(directory, 'incarnation')
}

function lastIncarnation(path: string): number {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
  const incarnation = Number(text)
  if (!/^\d+\n$/.test(text) || !Number.isSafeInteger(incarnation))
    throw new Error(`${path}: expected a number, found ${JSON.stringify(text.slice(0, 40))}`)
  return incarnation
}
