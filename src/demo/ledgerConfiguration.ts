/** The demo's cluster: three nodes, two links, a 2N ledger. */
import { loopbackHosts } from './ports.ts'

export const ledgerNodes = ['n1', 'n2', 'n3'] as const

export function ledgerConfiguration(of: {
  ports: readonly number[]
  command: readonly string[]
  traceFile: string
  /** Left out: the three of the demo. */
  nodes?: readonly string[]
  /** Of their consoles. Left out: none has one. */
  consolePorts?: readonly number[]
}): string {
  const names = of.nodes ?? ledgerNodes
  const nodes = names.map(
    (name, index) =>
      `  ${name}: { links: [${loopbackHosts.map((host) => `"${host}:${of.ports[index]}"`).join(', ')}] }`,
  )
  const instances = names.map(
    (name) =>
      `      ${name}: { environment: { LEDGER_PORT: "0", LEDGER_DIRECTORY: state/ledger-${name}, LEDGER_TRACE: ${JSON.stringify(of.traceFile)} } }`,
  )
  return `cluster: demo
secret: ${crypto.randomUUID()}
http: { ${httpOf(names, of.consolePorts)} }
stateDirectory: state
runtimeDirectory: run

nodes:
${nodes.join('\n')}

types:
  ledger:
    aware: true
    standby: hot
    command: ${JSON.stringify([...of.command, 'ledger'])}
    stop: { signal: SIGTERM, timeout: 2s }
    recovery: { restarts: 10, window: 60s }

components:
  ledger:
    type: ledger
    nodes: [${names.join(', ')}]
    instances:
${instances.join('\n')}

assignments:
  ledger: { component: ledger, redundancy: 2N }
`
}

function httpOf(names: readonly string[], ports: readonly number[] | undefined): string {
  if (!ports) return 'enabled: false'
  return `nodes: { ${names.map((name, index) => `${name}: "127.0.0.1:${ports[index]}"`).join(', ')} }`
}
