/**
 * Writes what came out into the `expect` of scenario files, for their authors: `sh scripts/bun test/scenarios/update.ts FILE…`. What is
 * written is then read, and judged, by a human.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { isScalar, parseDocument, Scalar } from 'yaml'
import { normalised } from './format.ts'
import { readScenario, runScenario } from './run.ts'

/** The text of the file with these blocks, and all else as it is. */
export function withOutcome(text: string, outcome: ReturnType<typeof runScenario>): string {
  const document = parseDocument(text)
  for (const [name, block] of Object.entries(outcome)) {
    const path = ['expect', name]
    const before = document.getIn(path, true)
    const isAsked = document.hasIn(path) || name === 'placement' || name === 'steps' || block !== ''
    if (!isAsked || (name === 'before' && !document.hasIn(path))) continue
    if (isScalar(before) && normalised(String(before.value)) === normalised(block)) continue
    const scalar = new Scalar(`${block}\n`)
    scalar.type = 'BLOCK_LITERAL'
    document.setIn(path, scalar)
  }
  return document.toString({ lineWidth: 0 })
}

if (import.meta.main)
  for (const file of process.argv.slice(2)) {
    const outcome = runScenario(readScenario(file))
    writeFileSync(file, withOutcome(readFileSync(file, 'utf8'), outcome))
  }
