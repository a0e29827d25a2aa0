/**
 * Three members of corosync at its defaults, each in a network namespace of its own (it takes a whole machine for itself), with a
 * private /run. What the first says is read from its log: the members of each configuration that it forms.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { processTree, signalAll } from '../../src/demo/processes.ts'
import { Namespaces } from '../../test/support/namespaces.ts'
import type { DetectionPeer } from './detectionPeer.ts'
import type { Skipped } from './repositoryPeer.ts'

const wholeTimeoutMs = 60_000

export async function startCorosync(directory: string): Promise<DetectionPeer | Skipped> {
  const program = Bun.which('corosync') ?? Bun.which('corosync', { PATH: '/usr/sbin' })
  if (program === null) return { peer: 'corosync', why: 'it is not installed (corosync)' }
  const why = Namespaces.unavailable()
  if (why !== null) return { peer: 'corosync', why: `no network namespaces: ${why}` }
  const names = ['m1', 'm2', 'm3']
  const spaces = new Namespaces(names)
  const logFile = (name: string) => join(directory, `${name}.log`)
  const members = names.map(
    (name, index) =>
      `  node {\n    ring0_addr: ${spaces.addressOf(name, 0)}\n    name: ${name}\n    nodeid: ${index + 1}\n  }`,
  )
  const start = (name: string) => {
    const file = join(directory, `${name}.conf`)
    mkdirSync(join(directory, name), { recursive: true })
    writeFileSync(
      file,
      `totem {
  version: 2
  cluster_name: detection
  transport: knet
  crypto_cipher: none
  crypto_hash: none
}
nodelist {
${members.join('\n')}
}
quorum {
  provider: corosync_votequorum
}
system {
  state_dir: ${join(directory, name)}
}
logging {
  to_stderr: no
  to_syslog: no
  to_logfile: yes
  logfile: ${logFile(name)}
}
`,
    )
    const run = `mount -t tmpfs tmpfs /run && exec "${program}" -f -c "${file}"`
    return Bun.spawn(
      ['setpriv', '--pdeathsig', 'KILL', '--', 'nsenter', `--net=${spaces.fileOf(name)}`].concat([
        'unshare',
        '--mount',
        'setpriv',
        '--pdeathsig',
        'KILL',
        '--',
        'sh',
        '-c',
        run,
      ]),
      { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    )
  }
  spaces.make()
  const children = new Map(names.map((name) => [name, start(name)]))
  const matches = (pattern: RegExp) => [...readLog(logFile('m1')).matchAll(pattern)]
  const lastMembers = () =>
    matches(/Members\[\d+\]: ([\d ]+)/g)
      .at(-1)?.[1]
      ?.trim() ?? ''
  const end = async (name: string) => {
    const child = children.get(name)!
    signalAll(processTree(child.pid), 'SIGKILL')
    await child.exited
  }
  return {
    name: 'corosync',
    pollMs: 5,
    async untilWhole() {
      const endNs = Bun.nanoseconds() + wholeTimeoutMs * 1e6
      while (lastMembers() !== '1 2 3') {
        if (Bun.nanoseconds() > endNs)
          throw new Error(`corosync: not whole in time: ${readLog(logFile('m1')).slice(-500)}`)
        await Bun.sleep(50)
      }
      await Bun.sleep(1000)
    },
    strike: (signal) => signalAll(processTree(children.get('m3')!.pid), signal),
    isNoticed: () => lastMembers() === '1 2',
    async mend() {
      await end('m3')
      children.set('m3', start('m3'))
    },
    givenUpCount: () => matches(/Members left: /g).length,
    async stop() {
      await Promise.all(names.map(end))
      spaces.remove()
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
