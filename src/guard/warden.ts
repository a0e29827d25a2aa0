/**
 * The last line: a shell of its own session that waits for the guard's end and then kills every process group the guard
 * had. The kernel ends a group's leader with the guard (launcher.ts), the node process ends the groups it knows
 * (client.ts); this is for what both miss, such as the grandchildren of components when guard and node process are killed
 * in one go, and for a node process that hangs. Costs one `sh` (under 2 MB) a node.
 */
import { getLogger } from '@logtape/logtape'
import { without } from './launcher.ts'

const logger = getLogger(['rolecall', 'guard'])

/** The node process has this long to end by itself. */
const graceMs = 200

const script = `
groups= node=
while read -r verb group; do
  case $verb in
    node) node=$group ;;
    started) groups="$groups $group" ;;
    ended)
      rest=
      for other in $groups; do [ "$other" = "$group" ] || rest="$rest $other"; done
      groups=$rest ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
[ -z "$node" ] || { sleep ${graceMs / 1000}; kill -s KILL -- "-$node" 2>/dev/null; }
exit 0
`

export interface Warden {
  /** The node process's group; 0: it has ended. */
  node(groupId: number): void
  started(groupId: number): void
  ended(groupId: number): void
  /** Ends it. Whatever it still knows is killed by it. */
  close(): void
}

export function startWarden(name: string): Warden {
  const shell = Bun.spawn(['/bin/sh', '-c', script, `rolecall warden of ${name}`], {
    cwd: '/',
    env: without(process.env, ['ENV']),
    detached: true,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  let isClosed = false
  shell.exited.then(() => {
    if (!isClosed)
      logger.warn('the warden has ended: if the guard is killed now, only the node process kills the components')
  })
  const tell = async (line: string): Promise<void> => {
    if (isClosed || shell.exitCode !== null || shell.signalCode !== null) return
    try {
      shell.stdin.write(`${line}\n`)
      await shell.stdin.flush()
    } catch {
      // It has just ended: said above.
    }
  }
  return {
    node: (groupId) => void tell(`node ${groupId || ''}`),
    started: (groupId) => void tell(`started ${groupId}`),
    ended: (groupId) => void tell(`ended ${groupId}`),
    close() {
      isClosed = true
      shell.stdin.end()
    },
  }
}
