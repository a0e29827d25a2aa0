/** Finds ports that are free on both loopback links, for UDP and TCP alike, with the UDP port after each for heartbeats. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

export const loopbackHosts = ['127.0.0.1', '127.0.0.2'] as const

const attemptCountMax = 50

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let attempt = 0; ports.length < count; attempt++) {
    if (attempt > attemptCountMax + count) throw new Error('no free ports on the loopback links')
    const port = await someTcpPort()
    const isFree = (
      await Promise.all(
        loopbackHosts.flatMap((host) => [isTcpFree(host, port), isUdpFree(host, port), isUdpFree(host, port + 1)]),
      )
    ).every(Boolean)
    const isApart = ports.every((other) => Math.abs(other - port) > 1)
    if (isFree && isApart && port < 65_535) ports.push(port)
  }
  return ports
}

function someTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, loopbackHosts[0], () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function isTcpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

function isUdpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').once('error', () => resolve(false))
    socket.bind(port, host, () => socket.close(() => resolve(true)))
  })
}
