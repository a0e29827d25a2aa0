/** A cluster of three nodes with a hot pair, something that only runs somewhere, and what could do harm twice or not. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import { freshInput, settle } from '../../machines/logic/placement/rehearse.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { temporaryFolder } from '../support/folders.ts'

export const threeNodes = `cluster: demo
nodes:
  n1: { links: [10.0.0.1:7101] }
  n2: { links: [10.0.0.2:7101] }
  n3: { links: [10.0.0.3:7101] }
types:
  ledger: { aware: true, command: [./ledger] }
  web: { command: [./web], standby: cold }
components:
  ledger: { type: ledger, nodes: [n1, n2, n3] }
  web: { type: web, nodes: [n2, n1] }
assignments:
  ledger: { component: ledger, redundancy: 2N }
  web: { component: web, redundancy: none }
`

export function fileOf(text: string, name = 'rolecall.yaml'): string {
  const file = join(temporaryFolder('plan'), name)
  writeFileSync(file, text)
  return file
}

export function configurationOf(text = threeNodes): Configuration {
  return loadConfiguration(fileOf(text), { isSecretNeeded: false })
}

/** Everything is started, and nothing is left to do. */
export function settled(text = threeNodes): PlanInput {
  return settle(freshInput(configurationOf(text)))
}
