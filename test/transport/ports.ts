import { expect } from 'bun:test'
import type { LinkAddress } from '../../machines/model/configuration.ts'

/** A port of this address that nobody uses just now. */
export async function freeLink(host = '127.0.0.1'): Promise<LinkAddress> {
  const socket = await Bun.udpSocket({ hostname: host, port: 0, socket: {} })
  const { port } = socket
  socket.close()
  return { host, port }
}

/** One address for each link: 127.0.0.1, 127.0.0.2. */
export async function freeLinks(): Promise<LinkAddress[]> {
  return [await freeLink('127.0.0.1'), await freeLink('127.0.0.2')]
}

/** Waits until it is so; fails after ten seconds, which nothing here comes near. */
export async function until(isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000
  while (!isSo() && performance.now() < endMs) await Bun.sleep(1)
  expect(isSo()).toBe(true)
}
