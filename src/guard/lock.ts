/** One guard a node: a lock that the kernel drops with its holder, however that ended, so that no stale one can stay. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { libc } from '../system/libc.ts'

const LOCK_EX_NB = 2 | 4

export type Lock = { readonly isHeld: true; release(): void } | { readonly isHeld: false; readonly holder: string }

/** Takes the lock, or says who has it: what the holder wrote into the file, its process id. */
export function takeLock(path: string): Lock {
  const descriptor = openSync(path, 'a+', 0o600)
  if (libc && libc.flock(descriptor, LOCK_EX_NB) !== 0) {
    closeSync(descriptor)
    return { isHeld: false, holder: readFileSync(path, 'utf8').trim() }
  }
  ftruncateSync(descriptor, 0)
  writeSync(descriptor, `${process.pid}\n`)
  return { isHeld: true, release: () => closeSync(descriptor) }
}
