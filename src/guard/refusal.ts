/**
 * Asks a peer's kernel whether anybody listens at an address, and tells a refusal from all other failures. Bun's own
 * sockets do not: they report "no route to host" as ECONNREFUSED as well (Bun 1.4.5), and an unreachable node must never
 * pass for an ended one. A refusal by the peer's kernel arrives after the call, as the socket's pending error (SO_ERROR);
 * what the own kernel refuses fails in the call itself. Only the first counts.
 */
import { isIPv4 } from 'node:net'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import { AF_INET, AF_INET6, addressOf, libc, SOCK_FLAGS, SOCK_STREAM } from '../system/libc.ts'

/** `unknown`: no answer in time, unreachable, or a machine on which this cannot be told. Proves nothing. */
export type Knock = 'refused' | 'accepted' | 'unknown'

const SOL_SOCKET = 1
const SO_ERROR = 4
const POLLOUT = 4
const POLLHUP = 16
const ECONNREFUSED = 111
const lookIntervalMs = 1

/** Opens a connection and drops it. Resolves within `timeoutMs`. */
export async function knock(address: LinkAddress, { timeoutMs }: { timeoutMs: number }): Promise<Knock> {
  if (!libc) return 'unknown'
  const descriptor = libc.socket(isIPv4(address.host) ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_FLAGS, 0)
  if (descriptor < 0) return 'unknown'
  try {
    const bytes = addressBytes(address)
    const deadlineMs = performance.now() + timeoutMs
    libc.connect(descriptor, addressOf(bytes), bytes.length)
    let events = pollEvents(descriptor)
    while (events === 0) {
      if (performance.now() >= deadlineMs) return 'unknown'
      await Bun.sleep(lookIntervalMs)
      events = pollEvents(descriptor)
    }
    if (pendingError(descriptor) === ECONNREFUSED) return 'refused'
    return (events & POLLHUP) === 0 ? 'accepted' : 'unknown'
  } finally {
    libc.close(descriptor)
  }
}

/** 0 while the connection is on its way; with POLLHUP when there is none. */
function pollEvents(descriptor: number): number {
  const entry = new DataView(new ArrayBuffer(8))
  entry.setInt32(0, descriptor, true)
  entry.setInt16(4, POLLOUT, true)
  libc!.poll(addressOf(new Uint8Array(entry.buffer)), 1n, 0)
  return entry.getInt16(6, true)
}

function pendingError(descriptor: number): number {
  const error = new Int32Array(1)
  const length = new Uint32Array([4])
  libc!.getsockopt(descriptor, SOL_SOCKET, SO_ERROR, addressOf(error), addressOf(length))
  return error[0]!
}

/** sockaddr_in or sockaddr_in6. */
function addressBytes({ host, port }: LinkAddress): Uint8Array {
  const isFour = isIPv4(host)
  const bytes = new Uint8Array(isFour ? 16 : 28)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, isFour ? AF_INET : AF_INET6, true)
  view.setUint16(2, port)
  if (isFour) bytes.set(host.split('.').map(Number), 4)
  else for (const [index, group] of groupsOf(host).entries()) view.setUint16(8 + 2 * index, group)
  return bytes
}

/** The eight groups of an IPv6 address in any of its spellings, which the URL parser puts into one. */
function groupsOf(host: string): number[] {
  const [head = '', tail = ''] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::')
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const first = parse(head)
  const last = parse(tail)
  return [...first, ...Array(8 - first.length - last.length).fill(0), ...last]
}
