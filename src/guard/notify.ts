/**
 * sd_notify(3): tells systemd (or whatever set NOTIFY_SOCKET) how far the node is. Bun has no Unix datagrams, hence libc.
 * A message that cannot be sent is lost: the service manager has its own time limits for that.
 */
import { AF_UNIX, addressOf, libc, SOCK_DGRAM, SOCK_FLAGS } from '../system/libc.ts'

export interface Notifier {
  /** READY=1: the node takes part in the cluster. */
  ready(): void
  /** STATUS=: one line for `systemctl status`. */
  status(text: string): void
  /** STOPPING=1 */
  stopping(): void
  close(): void
}

const silent: Notifier = { ready() {}, status() {}, stopping() {}, close() {} }

/** sockaddr_un holds no more. */
const pathLengthMax = 107
const statusLengthMax = 500

/**
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them from `environment` so that no child speaks for
 * the node. With a watchdog, WATCHDOG=1 is sent at half its time for as long as this process's event loop turns.
 */
export function createNotifier(environment: Record<string, string | undefined>): Notifier {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: watchdogUs, WATCHDOG_PID: watchdogPid } = environment
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name]
  const address = path ? addressFor(path) : null
  if (!libc || !address) return silent
  const { socket, sendto, close } = libc
  const descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_FLAGS, 0)
  if (descriptor < 0) return silent

  const send = (text: string): void => {
    const bytes = Buffer.from(text)
    sendto(descriptor, addressOf(bytes), BigInt(bytes.length), 0, addressOf(address), address.length)
  }
  const isWatched = Number(watchdogUs) > 0 && (!watchdogPid || Number(watchdogPid) === process.pid)
  const watchdog = isWatched ? setInterval(() => send('WATCHDOG=1'), Number(watchdogUs) / 2000) : null
  return {
    ready: () => send('READY=1'),
    status: (text) => send(`STATUS=${text.replaceAll('\n', ' ').slice(0, statusLengthMax)}`),
    stopping: () => send('STOPPING=1'),
    close() {
      if (watchdog) clearInterval(watchdog)
      close(descriptor)
    },
  }
}

/** sockaddr_un; `@name` is an abstract address, which starts with a zero byte. null: not an address. */
function addressFor(path: string): Uint8Array | null {
  const name = Buffer.from(path)
  if (!/^[/@]./.test(path) || name.length > pathLengthMax) return null
  const isAbstract = path.startsWith('@')
  if (isAbstract) name[0] = 0
  const address = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1))
  new DataView(address.buffer).setUint16(0, AF_UNIX, true)
  address.set(name, 2)
  return address
}
