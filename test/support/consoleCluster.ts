/** Three nodes with the ledger, each with its console on a port of its own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../src/demo/ports.ts'
import { names, type SystemCluster, startLedger } from './system.ts'

export interface ConsoleCluster {
  readonly cluster: SystemCluster
  readonly urlOf: (node: string) => string
  readonly tokenOf: (node: string) => string
}

/** `name`: what is shown of its own; else one that no other cluster has. */
export async function startConsoles(of: { name?: string } = {}): Promise<ConsoleCluster> {
  const ports = await freePorts(names.length)
  const listens = names.map((name, index) => `${name}: "127.0.0.1:${ports[index]}"`)
  const http = `http: { nodes: { ${listens.join(', ')} } }`
  const change = (configuration: string) => {
    const served = configuration.replace(/^http: .*$/m, http)
    return of.name === undefined ? served : served.replace(/^cluster: .*$/m, `cluster: ${of.name}`)
  }
  const cluster = await startLedger({ change })
  return {
    cluster,
    urlOf: (node) => `http://127.0.0.1:${ports[names.indexOf(node as (typeof names)[number])]}`,
    tokenOf(node) {
      const lines = readFileSync(join(cluster.directory, 'state', node, 'console.token'), 'utf8').split('\n')
      return lines.find((line) => line !== '' && !line.startsWith('#'))!.trim()
    },
  }
}

export async function answerOf<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Answer
}
