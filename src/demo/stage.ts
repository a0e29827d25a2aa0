/** The running demo: a cluster, a client that writes to it, and what was done to them so far. */
import { type ComponentId, nodeOf } from '../../machines/model/ids.ts'
import type { ClusterView } from '../../machines/model/view.ts'
import type { FaultKind } from './findings.ts'
import { ledgerNodes } from './ledgerConfiguration.ts'
import { isWhole, type LocalCluster } from './localCluster.ts'
import { signalAll } from './processes.ts'
import type { Writer } from './writer.ts'

export interface Stage {
  readonly cluster: LocalCluster
  readonly writer: Writer
  readonly wallUs: () => number
  readonly tell: (line: string) => void
  /** Programs that were killed, which could not say themselves when they stopped acting. */
  readonly killed: { readonly component: string; readonly atUs: number }[]
}

/** A fault as it happened. Times are wall time, microseconds. */
export interface Fault {
  readonly kind: FaultKind
  readonly name: string
  readonly subject: string
  readonly atUs: number
  readonly redundantUs: number
}

export interface Injection {
  readonly kind: FaultKind
  readonly name: string
  readonly subject: string
  /** Finds out whom to hit; what it returns hits them. */
  readonly prepare: () => () => void | Promise<void>
  /** Brings back what does not come back by itself. */
  readonly bringBack?: () => void
}

/** How long a killed node stays away before it is started again, as an operator or systemd would. */
const nodeAwayMs = 300
/** Between one fault and the next. */
export const settleMs = 400

/** Does one thing to the cluster, and waits until all is well again. */
export async function inject(stage: Stage, injection: Injection): Promise<Fault> {
  const { cluster, wallUs, tell } = stage
  const { kind, name, subject, bringBack } = injection
  tell(`${name}: ${subject}`)
  const strike = injection.prepare()
  const atUs = wallUs()
  await strike()
  const survivors = ledgerNodes.filter((node) => cluster.isRunning(node) && node !== subject)
  await cluster.until(`redundancy after: ${name}`, (view) => hasRecovered(view, injection), { of: survivors })
  const redundantUs = wallUs()
  tell(`  served with redundancy again after ${Math.round((redundantUs - atUs) / 1000)} ms`)
  if (bringBack) {
    await Bun.sleep(nodeAwayMs)
    bringBack()
  }
  await cluster.until(`all is back after: ${name}`, isWhole)
  tell('  what was lost is back')
  await Bun.sleep(settleMs)
  return { kind, name, subject, atUs, redundantUs }
}

/** The fault was noticed, what it hit has been replaced, and there is a secondary again. */
function hasRecovered({ assignments, nodes, components, master }: ClusterView, { kind, subject }: Injection): boolean {
  const { primary, health } = assignments[0]!
  if (master === null || health !== 'served') return false
  if (kind === 'process' || kind === 'switchover') return primary !== subject
  const isNoticed = nodes.some(({ name, availability }) => name === subject && availability !== 'alive')
  const isReplaced = components.every(
    ({ component, intendedRole }) => nodeOf(component) !== subject || intendedRole === 'offline',
  )
  return isNoticed && isReplaced && master !== subject
}

export async function primaryOf({ cluster }: Stage): Promise<ComponentId> {
  const view = await cluster.until('there is a primary', ({ assignments }) => assignments[0]!.primary !== null)
  return view.assignments[0]!.primary!
}

export async function masterOf({ cluster }: Stage): Promise<string> {
  return (await cluster.until('there is a master', ({ master }) => master !== null)).master!
}

export function killComponent(stage: Stage, component: ComponentId): Injection['prepare'] {
  return () => {
    const pids = stage.cluster.processesOfComponent(component)
    return () => kill(stage, component, pids)
  }
}

export function killNode(stage: Stage, node: string): Injection['prepare'] {
  return () => {
    const pids = stage.cluster.processesOf(node)
    return () => kill(stage, `${node}/ledger`, pids)
  }
}

function kill({ killed, wallUs }: Stage, component: string, pids: readonly number[]): void {
  signalAll(pids, 'SIGKILL')
  killed.push({ component, atUs: wallUs() })
}

export function switchOver({ cluster }: Stage, from: ComponentId): Injection['prepare'] {
  return () => async () => {
    const control = cluster.control(nodeOf(from), 10_000)
    const answer = await control.operate({ operation: 'switchover', assignment: 'ledger' })
    if (!answer.ok) throw new Error(`switch-over refused: ${answer.text}`)
  }
}
