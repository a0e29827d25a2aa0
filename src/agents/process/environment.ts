/** What programs, hooks and probes find in their environment. */
import type { ComponentInstance, ComponentType } from '../../../machines/model/configuration.ts'
import { hostOf, type NodeName, nodeOf } from '../../../machines/model/ids.ts'
import type { Peer } from '../../../machines/model/status.ts'
import { formatToken } from '../../../machines/model/token.ts'
import type { ComponentLife, RoleWords } from '../agent.ts'

export interface EnvironmentOptions {
  readonly cluster: string
  readonly node: NodeName
  readonly type: ComponentType
  readonly instance: ComponentInstance
  /** What the node process itself has; rolecall's own names and the runtime's are left out. */
  readonly base: Readonly<Record<string, string | undefined>>
  readonly socketPath: string | null
  readonly life: ComponentLife
  /** null: of a process that serves several assignments, which are told with each role. */
  readonly words: RoleWords | null
  /** Of the program, for its hooks. */
  readonly pid: number | null
}

const withheld = /^(ROLECALL_.*|BUN_BE_BUN|BUN_OPTIONS|NOTIFY_SOCKET|WATCHDOG_.*|LISTEN_.*)$/

/** Later ones win: the node's own environment, the type's, the instance's, then what rolecall says. */
export function environmentOf(options: EnvironmentOptions): Record<string, string> {
  const { cluster, node, type, instance, base, socketPath, life, words, pid } = options
  const inherited = Object.entries(base).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !withheld.test(entry[0]),
  )
  return {
    ...Object.fromEntries(inherited),
    ...type.environment,
    ...instance.environment,
    ROLECALL_CLUSTER: cluster,
    ROLECALL_NODE: node,
    ROLECALL_COMPONENT: hostOf(life.component),
    ROLECALL_INCARNATION: String(life.incarnation),
    ...(words === null ? {} : roleVariables(words, instance.endpoint)),
    ...(pid === null ? {} : { ROLECALL_PID: String(pid) }),
    ...(socketPath === null ? {} : { ROLECALL_SOCKET: socketPath }),
  }
}

function roleVariables(words: RoleWords, ownEndpoint: string | null): Record<string, string> {
  const primary = primaryOf(words, ownEndpoint)
  return {
    ROLECALL_ASSIGNMENT: words.assignment,
    ROLECALL_ROLE: words.role,
    ROLECALL_TOKEN: formatToken(words.token),
    ROLECALL_PEERS: JSON.stringify(words.peers),
    ROLECALL_PRIMARY: primary?.component ?? '',
    ROLECALL_PRIMARY_NODE: primary?.node ?? '',
    ROLECALL_PRIMARY_ENDPOINT: primary?.endpoint ?? '',
  }
}

/** Itself, or the one it is told of; null while there is none. */
function primaryOf(words: RoleWords, ownEndpoint: string | null): Pick<Peer, 'component' | 'node' | 'endpoint'> | null {
  if (words.role === 'primary')
    return { component: words.component, node: nodeOf(words.component), endpoint: ownEndpoint }
  return words.peers.find(({ role }) => role === 'primary') ?? null
}
