/** Three members of serf (SWIM with Lifeguard) in its profile `local`, the fastest; what the first says is read from its log. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../src/demo/ports.ts'
import type { DetectionPeer } from './detectionPeer.ts'
import type { Skipped } from './repositoryPeer.ts'

const wholeTimeoutMs = 60_000

export async function startSerf(directory: string): Promise<DetectionPeer | Skipped> {
  const program = Bun.which('serf')
  if (program === null) return { peer: 'serf', why: 'it is not installed (serf)' }
  const ports = await freePorts(6)
  const logFile = join(directory, 'm1.log')
  const start = (index: number) =>
    Bun.spawn(
      [
        program,
        ...['agent', '-node', `m${index + 1}`, '-profile', 'local', '-bind', `127.0.0.1:${ports[index]}`],
        ...['-rpc-addr', `127.0.0.1:${ports[index + 3]}`],
        ...(index === 0 ? [] : ['-retry-join', `127.0.0.1:${ports[0]}`, '-retry-interval', '1s']),
      ],
      {
        stdin: 'ignore',
        stdout: index === 0 ? Bun.file(logFile) : 'ignore',
        stderr: 'ignore',
      },
    )
  const children = [0, 1, 2].map(start)
  const count = (pattern: RegExp) => [...readLog(logFile).matchAll(pattern)].length
  const joined = (name: string) => count(new RegExp(`EventMemberJoin: ${name} `, 'g'))
  const failed = (name: string) => count(new RegExp(`EventMemberFailed: ${name} `, 'g'))
  return {
    name: 'serf',
    pollMs: 5,
    async untilWhole() {
      const endNs = Bun.nanoseconds() + wholeTimeoutMs * 1e6
      while (!['m2', 'm3'].every((name) => joined(name) > failed(name))) {
        if (Bun.nanoseconds() > endNs) throw new Error('serf: not whole in time')
        await Bun.sleep(50)
      }
      await Bun.sleep(500)
    },
    strike: (signal) => children[2]!.kill(signal),
    isNoticed: () => failed('m3') >= joined('m3'),
    async mend() {
      children[2]!.kill('SIGKILL')
      await children[2]!.exited
      children[2] = start(2)
    },
    givenUpCount: () => failed('m2') + failed('m3'),
    async stop() {
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(children.map((child) => child.exited))
    },
  }
}

function readLog(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
