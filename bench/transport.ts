/**
 * What sealing, parsing, redundancy and reliability cost: round trips of `send` and `post` over one link and two, as ratios
 * to a bare Bun.udpSocket echo measured in the same run. All in one process over loopback.
 *
 *     bun bench/transport.ts [--json]
 */
import type { LinkAddress } from '../machines/model/configuration.ts'
import { realClock } from '../src/engine/clock.ts'
import { type Network, openNetwork } from '../src/transport/network.ts'
import { msgpackCodec } from '../src/wire/codec.ts'

const warmUpCount = 2000
const roundTripCount = 8000

type Ping = {
  readonly type: string
  readonly round: number
  readonly token: { readonly epoch: number; readonly index: number }
}

interface Measured {
  readonly name: string
  readonly medianUs: number
  readonly p99Us: number
  /** Of the medians, to the bare echo. */
  readonly ratio: number
}

/** Calls `ping` over and over, each time waiting until `onPong` was called. */
async function measure(start: (onPong: () => void) => Promise<{ ping: (round: number) => void; end: () => void }>) {
  const durationsUs: number[] = []
  let pong = () => {}
  const { ping, end } = await start(() => pong())
  for (let round = 0; round < warmUpCount + roundTripCount; round++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const startedNs = Bun.nanoseconds()
    pong = () => {
      if (round >= warmUpCount) durationsUs.push((Bun.nanoseconds() - startedNs) / 1000)
      resolve()
    }
    ping(round)
    await promise
  }
  end()
  durationsUs.sort((a, b) => a - b)
  return { medianUs: durationsUs[roundTripCount >> 1]!, p99Us: durationsUs[Math.floor(roundTripCount * 0.99)]! }
}

const payload = new Uint8Array(100)

function bareEcho() {
  return measure(async (onPong) => {
    const echo = await Bun.udpSocket({
      hostname: '127.0.0.1',
      socket: {
        data(socket, datagram, port, address) {
          socket.send(datagram, port, address)
        },
      },
    })
    const client = await Bun.udpSocket({ hostname: '127.0.0.1', socket: { data: onPong } })
    return {
      ping: () => client.send(payload, echo.port, '127.0.0.1'),
      end() {
        echo.close()
        client.close()
      },
    }
  })
}

async function freeLink(host: string): Promise<LinkAddress> {
  const socket = await Bun.udpSocket({ hostname: host, socket: {} })
  const { port } = socket
  socket.close()
  return { host, port }
}

async function networkEcho({ linkCount, isReliable }: { linkCount: number; isReliable: boolean }) {
  const hosts = ['127.0.0.1', '127.0.0.2'].slice(0, linkCount)
  const nodes = { n1: await Promise.all(hosts.map(freeLink)), n2: await Promise.all(hosts.map(freeLink)) }
  const speak = (network: Network<Ping>, to: string, message: Ping) =>
    isReliable ? network.post(to, message) : network.send(to, message)
  const common = {
    incarnation: 1,
    cluster: 'bench',
    secret: 'secret',
    clock: realClock,
    codec: msgpackCodec((body) => body as Ping),
  }
  return measure(async (onPong) => {
    const n1 = await openNetwork<Ping>({
      ...common,
      ...{ self: 'n1', ownLinks: nodes.n1, peers: { n2: nodes.n2 } },
      onMessage: onPong,
    })
    const n2 = await openNetwork<Ping>({
      ...common,
      ...{ self: 'n2', ownLinks: nodes.n2, peers: { n1: nodes.n1 } },
      onMessage: (from, message) => speak(n2, from, message),
    })
    await Bun.sleep(100)
    return {
      ping: (round) => speak(n1, 'n2', { type: 'role.command', round, token: { epoch: 3, index: 4711 } }),
      end() {
        n1.close()
        n2.close()
      },
    }
  })
}

const bare = await bareEcho()
const results: Measured[] = [{ name: 'bare UDP echo', ...bare, ratio: 1 }]
for (const isReliable of [false, true]) {
  for (const linkCount of [1, 2]) {
    const name = `${isReliable ? 'post' : 'send'}, ${linkCount} ${linkCount === 1 ? 'link' : 'links'}`
    const measured = await networkEcho({ linkCount, isReliable })
    results.push({ name, ...measured, ratio: measured.medianUs / bare.medianUs })
  }
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ roundTripCount, results }))
} else {
  console.log(`round trip over loopback, ${roundTripCount} times\n`)
  console.log(`${''.padEnd(16)}${'median'.padStart(10)}${'p99'.padStart(11)}${'ratio'.padStart(8)}`)
  for (const { name, medianUs, p99Us, ratio } of results) {
    const cells = [
      `${medianUs.toFixed(1)} µs`.padStart(10),
      `${p99Us.toFixed(1)} µs`.padStart(11),
      ratio.toFixed(2).padStart(8),
    ]
    console.log(`${name.padEnd(16)}${cells.join('')}`)
  }
}
