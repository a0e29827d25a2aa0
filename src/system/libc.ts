/**
 * The few calls into libc that neither Bun nor Node.js has: locks that die with their holder, Unix datagrams (sd_notify),
 * the machine's monotonic clock, socket options, real-time priority, the watchdog's ioctl, room and memory maps of files, and a look at why a
 * connection was refused. Linux with glibc only; elsewhere `libc` is null and what builds on it does without.
 */
import { dlopen, type Pointer, ptr } from 'bun:ffi'

const symbols = {
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  connect: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  sendto: { args: ['i32', 'ptr', 'u64', 'i32', 'ptr', 'u32'], returns: 'i64' },
  poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' },
  getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
  setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
  close: { args: ['i32'], returns: 'i32' },
  ioctl: { args: ['i32', 'u64', 'ptr'], returns: 'i32' },
  sched_setscheduler: { args: ['i32', 'i32', 'ptr'], returns: 'i32' },
  clock_gettime: { args: ['i32', 'ptr'], returns: 'i32' },
  flock: { args: ['i32', 'i32'], returns: 'i32' },
  mmap: { args: ['ptr', 'u64', 'i32', 'i32', 'i32', 'i64'], returns: 'ptr' },
  munmap: { args: ['ptr', 'u64'], returns: 'i32' },
  fallocate: { args: ['i32', 'i32', 'i64', 'i64'], returns: 'i32' },
} as const

function open() {
  try {
    return process.platform === 'linux' ? dlopen('libc.so.6', symbols).symbols : null
  } catch {
    // No glibc: as documented, callers do without.
    return null
  }
}

export const libc = open()

/** The address of a buffer's bytes. The caller keeps the buffer alive over the call it passes this to. */
export function addressOf(bytes: NodeJS.TypedArray): Pointer {
  return ptr(bytes)
}

export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
/** Never inherited by what is spawned, and never blocking. */
export const SOCK_FLAGS = 0o2000000 | 0o4000
