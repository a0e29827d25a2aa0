/**
 * Files mapped into memory, and unmapped when that is asked for: what Bun maps stays mapped until its garbage is collected, and a file
 * that was removed keeps its room on the disk as long as somebody has it mapped.
 */
import { toArrayBuffer } from 'bun:ffi'
import { libc } from './libc.ts'

export interface Mapping {
  readonly bytes: Uint8Array
  /** Nothing may touch `bytes` afterwards. */
  unmap(): void
}

const PROT_READ_WRITE = 3
const MAP_SHARED = 1
/** What is no address of a process: mmap answers -1 when it fails. */
const addressMax = 2 ** 56

/** `file` is open for reading and writing, and may be closed afterwards. Throws when the file cannot be mapped. Where there is no libc to ask, Bun maps it, and unmaps it in its own time. */
export function mapShared(of: { readonly file: number; readonly path: string; readonly sizeBytes: number }): Mapping {
  const { file, path, sizeBytes } = of
  if (libc === null) return { bytes: Bun.mmap(path, { shared: true }), unmap() {} }
  const address = libc.mmap(null, BigInt(sizeBytes), PROT_READ_WRITE, MAP_SHARED, file, 0n)
  if (address === null || address <= 0 || address > addressMax) throw new Error(`${path} cannot be mapped`)
  const bytes = new Uint8Array(toArrayBuffer(address, 0, sizeBytes))
  return { bytes, unmap: () => void libc?.munmap(address, BigInt(sizeBytes)) }
}
