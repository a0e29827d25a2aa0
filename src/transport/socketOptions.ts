/**
 * Socket options that Bun does not offer, through the C library.
 *
 * Bun sets IP_RECVERR on its UDP sockets (oven-sh/bun#28827). With it, an ICMP port-unreachable from a dead peer makes
 * the *next* send on the socket fail with ECONNREFUSED, whomever it is for, and that datagram is lost. Without it Linux
 * keeps such errors from an unconnected socket, see `__udp4_lib_err` and RFC 1122, 4.1.3.3.
 */
import { libc } from '../system/libc.ts'

const SOL_IP = 0
const IP_RECVERR = 11
const SOL_IPV6 = 41
const IPV6_RECVERR = 25
const SOL_SOCKET = 1
const SO_RCVBUF = 8

/** Room for what arrives while the event loop is busy; the kernel caps it at net.core.rmem_max. */
const receiveBufferBytes = 2 << 20

/** False: refused, or there is no such C library. */
function set(fd: number, level: number, name: number, value: number): boolean {
  return libc?.setsockopt(fd, level, name, new Int32Array([value]), 4) === 0
}

/** Keeps ICMP errors off the socket's sends. False: could not be done. */
export function clearReceiveErrors(socket: object): boolean {
  const fd = fdOf(socket)
  if (fd === null) return false
  const isCleared = set(fd, SOL_IP, IP_RECVERR, 0)
  // Fails on an IPv4 socket, which has no such option.
  return set(fd, SOL_IPV6, IPV6_RECVERR, 0) || isCleared
}

/** False: the socket keeps the system's default. */
export function enlargeReceiveBuffer(socket: object): boolean {
  const fd = fdOf(socket)
  return fd !== null && set(fd, SOL_SOCKET, SO_RCVBUF, receiveBufferBytes)
}

/** Bun's UDP sockets have an `fd` that its types do not tell of. */
function fdOf(socket: object): number | null {
  return 'fd' in socket && typeof socket.fd === 'number' && socket.fd >= 0 ? socket.fd : null
}
