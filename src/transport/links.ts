/**
 * The redundant links of a node (SPEC M2): link i joins the i-th address of every node, and each datagram goes out on all
 * of them at once, so that losing one link is not noticed. One UDP socket a link.
 *
 * A link that cannot send is down for now, which is a fact to show and no exception: a lost carrier gives ENOBUFS, an
 * interface that is down ENETUNREACH, an address taken away EINVAL. It is tried again with the next datagram.
 */
import { isIP } from 'node:net'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { clearReceiveErrors, enlargeReceiveBuffer } from './socketOptions.ts'

/** What a network stands on: UDP here, memory in tests and simulations. */
export interface Links {
  readonly linkCount: number
  /** Sends a copy on each link. Returns how many links took one. */
  send(to: NodeName, datagram: Uint8Array): number
  /** Whom `send` knows from now on. Returns how their addresses are spelled. */
  setPeers(peers: Readonly<Record<NodeName, readonly LinkAddress[]>>): Readonly<Record<NodeName, readonly string[]>>
  /** Whether the last send to this peer on this link went out. */
  isSendable(to: NodeName, link: number): boolean
  /** Sends that failed, since opened. */
  readonly failureCount: number
  close(): void
}

/** The datagram is only lent: it may be overwritten after the call. */
export type DatagramHandler = (datagram: Uint8Array, link: number) => void

/**
 * `link.unavailable`: this machine does not have the address; `link.inUse`: someone else has the port; `link.invalid`: it
 * is no IP address and port.
 */
export type LinkErrorCode = 'link.unavailable' | 'link.inUse' | 'link.invalid'

export class LinkError extends Error {
  override readonly name = 'LinkError'
  readonly code: LinkErrorCode
  /** Index of the link, from 0. */
  readonly link: number
  /** `127.0.0.2:7101` */
  readonly address: string

  constructor({ code, link, address, detail }: { code: LinkErrorCode; link: number; address: string; detail: string }) {
    super(`link ${link} at ${address}: ${detail}`)
    this.code = code
    this.link = link
    this.address = address
  }
}

export function formatLinkAddress({ host, port }: LinkAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/** How a dead peer is kept from costing the living a datagram, see `socketOptions.ts`. Only a test turns one off. */
export interface IcmpRemedies {
  /** No errors of earlier datagrams on the socket: what suffices on Linux with glibc. */
  readonly clearsReceiveErrors: boolean
  /** A refused send is done once more, the error being that of an earlier one. */
  readonly retriesRefusedSend: boolean
}

export interface UdpLinksOptions {
  readonly own: readonly LinkAddress[]
  readonly peers: Readonly<Record<NodeName, readonly LinkAddress[]>>
  readonly onDatagram: DatagramHandler
  readonly remedies?: IcmpRemedies
}

const allRemedies: IcmpRemedies = { clearsReceiveErrors: true, retriesRefusedSend: true }

/** Throws a LinkError when a link cannot be opened; those opened before are closed again. */
export async function openUdpLinks(options: UdpLinksOptions): Promise<Links> {
  const { own, peers, onDatagram, remedies = allRemedies } = options
  for (const addresses of [own, ...Object.values(peers)]) addresses.forEach(refuseInvalid)
  const sockets: UdpSocket[] = []
  try {
    for (const [link, address] of own.entries()) {
      sockets.push(await openSocket({ link, address, onDatagram, clearsErrors: remedies.clearsReceiveErrors }))
    }
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
  return new UdpLinks(sockets, peers, remedies.retriesRefusedSend)
}

type UdpSocket = Bun.udp.Socket<'buffer'>

class UdpLinks implements Links {
  readonly #sockets: readonly UdpSocket[]
  #targets: ReadonlyMap<NodeName, readonly Target[]>
  readonly #retriesRefused: boolean
  #failureCount = 0

  constructor(
    sockets: readonly UdpSocket[],
    peers: Readonly<Record<NodeName, readonly LinkAddress[]>>,
    retriesRefused: boolean,
  ) {
    this.#sockets = sockets
    this.#targets = targetsOfAll(peers, sockets.length)
    this.#retriesRefused = retriesRefused
  }

  get linkCount(): number {
    return this.#sockets.length
  }

  get failureCount(): number {
    return this.#failureCount
  }

  send(to: NodeName, datagram: Uint8Array): number {
    let count = 0
    for (const target of this.#targets.get(to) ?? []) {
      target.isSendable = this.#sendOn(target, datagram)
      if (target.isSendable) count += 1
      else this.#failureCount += 1
    }
    return count
  }

  setPeers(peers: Readonly<Record<NodeName, readonly LinkAddress[]>>): Record<NodeName, readonly string[]> {
    for (const addresses of Object.values(peers)) addresses.forEach(refuseInvalid)
    this.#targets = targetsOfAll(peers, this.#sockets.length)
    return Object.fromEntries(Object.entries(peers).map(([name, each]) => [name, each.map(formatLinkAddress)]))
  }

  isSendable(to: NodeName, link: number): boolean {
    return this.#targets.get(to)?.[link]?.isSendable ?? false
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }

  #sendOn({ link, host, port }: Target, datagram: Uint8Array): boolean {
    const socket = this.#sockets[link]!
    if (socket.closed) return false
    try {
      return socket.send(datagram, port, host)
    } catch (error) {
      const code = systemCodeOf(error)
      if (code === null) throw error
      if (code !== 'ECONNREFUSED' || !this.#retriesRefused) return false
    }
    try {
      return socket.send(datagram, port, host)
    } catch (error) {
      if (systemCodeOf(error) === null) throw error
      return false
    }
  }
}

interface Target extends LinkAddress {
  readonly link: number
  isSendable: boolean
}

function targetsOfAll(
  peers: Readonly<Record<NodeName, readonly LinkAddress[]>>,
  linkCount: number,
): ReadonlyMap<NodeName, readonly Target[]> {
  return new Map(Object.entries(peers).map(([name, addresses]) => [name, targetsOf(addresses, linkCount)]))
}

function targetsOf(addresses: readonly LinkAddress[], linkCount: number): readonly Target[] {
  return addresses.slice(0, linkCount).map(({ host, port }, link) => ({ host, port, link, isSendable: true }))
}

interface SocketOptions {
  readonly link: number
  readonly address: LinkAddress
  readonly onDatagram: DatagramHandler
  readonly clearsErrors: boolean
}

async function openSocket({ link, address, onDatagram, clearsErrors }: SocketOptions): Promise<UdpSocket> {
  const socket = await bind({ link, address, onDatagram })
  if (clearsErrors) clearReceiveErrors(socket)
  enlargeReceiveBuffer(socket)
  return socket
}

async function bind({ link, address, onDatagram }: Omit<SocketOptions, 'clearsErrors'>): Promise<UdpSocket> {
  try {
    return await Bun.udpSocket({
      hostname: address.host,
      port: address.port,
      socket: {
        data: (_, datagram) => deliver(onDatagram, datagram, link),
        // Without a handler an ICMP error would end the process. Silence is noticed where peers are watched.
        error: () => {},
      },
    })
  } catch (error) {
    const code = systemCodeOf(error)
    const at = { link, address: formatLinkAddress(address) }
    if (code === 'EADDRNOTAVAIL') {
      throw new LinkError({ ...at, code: 'link.unavailable', detail: 'this machine does not have the address' })
    }
    if (code === 'EADDRINUSE') throw new LinkError({ ...at, code: 'link.inUse', detail: 'the port is in use' })
    throw error
  }
}

/** Bun would hand what is thrown here to the socket's error handler, where a programming error must not end. */
function deliver(onDatagram: DatagramHandler, datagram: Uint8Array, link: number): void {
  try {
    onDatagram(datagram, link)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

function refuseInvalid(address: LinkAddress, link: number): void {
  const { host, port } = address
  if (isIP(host) !== 0 && Number.isInteger(port) && port > 0 && port <= 65_535) return
  const detail = 'not an IP address and port'
  throw new LinkError({ code: 'link.invalid', link, address: formatLinkAddress(address), detail })
}

/** `ENETUNREACH` and the like; null for what is not the operating system's. */
function systemCodeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : null
}
