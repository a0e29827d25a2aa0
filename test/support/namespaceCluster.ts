/** Three nodes with the ledger, each in a network namespace of its own, with two networks between them. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole } from '../../src/demo/localCluster.ts'
import { Namespaces } from './namespaces.ts'
import { binary, cleanUp, clusterName, names, requireBinary, SystemCluster, temporaryDirectory } from './system.ts'

let spaces: Namespaces | null = null

/** For `afterEach`. */
export function cleanUpNamespaces(): void {
  cleanUp()
  spaces?.remove()
  spaces = null
}

/** null: they can be made here; else why not. */
export const reason = Namespaces.unavailable()
export const skipped = `(skipped without namespaces${reason === null ? '' : `: ${reason}`})`

const port = 7101

/** Started and whole. Their control sockets are files, and so within reach. */
export async function startInNamespaces(): Promise<{ cluster: SystemCluster; spaces: Namespaces }> {
  requireBinary()
  const made = new Namespaces(names)
  spaces = made
  made.make()
  const directory = temporaryDirectory()
  const name = clusterName()
  const nodes = names.map((node) => {
    const links = [0, 1].map((link) => `"${made.addressOf(node, link)}:${port}"`)
    return `  ${node}: { links: [${links.join(', ')}] }`
  })
  const instances = names.map((node) => `      ${node}: { environment: { LEDGER_DIRECTORY: state/ledger-${node} } }`)
  const configuration = `cluster: ${name}
secret: ${crypto.randomUUID()}
stateDirectory: state
runtimeDirectory: run
nodes:
${nodes.join('\n')}
types:
  ledger:
    aware: true
    standby: hot
    command: ["${binary}", ledger]
    environment: { LEDGER_PORT: "0", LEDGER_TRACE: ${join(directory, 'trace.jsonl')} }
components:
  ledger:
    type: ledger
    nodes: [${names.join(', ')}]
    instances:
${instances.join('\n')}
assignments:
  ledger: { component: ledger, redundancy: 2N }
`
  // Started as `rolecall node … --name NAME`, with the namespace of that name around it.
  const wrapper = join(directory, 'in-namespace')
  const spaceOf = made.fileOf('NODE').replace('NODE', '$node')
  writeFileSync(wrapper, `#!/bin/sh\nfor node; do :; done\nexec nsenter --net="${spaceOf}" "${binary}" "$@"\n`)
  chmodSync(wrapper, 0o755)
  const cluster = new SystemCluster({ name, directory, configuration, command: [wrapper] })
  cluster.startAll()
  await cluster.until('the cluster is whole', isWhole)
  return { cluster, spaces: made }
}
