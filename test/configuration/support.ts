import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError, type ConfigurationProblem, loadConfiguration } from '../../src/configuration/load.ts'
import { temporaryFolder } from '../support/folders.ts'

/** A configuration file of its own folder, gone when the tests have ended. */
export function writeConfiguration(text: string, more: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder('configuration')
  for (const [name, content] of Object.entries({ 'rolecall.yaml': text, ...more }))
    writeFileSync(join(folder, name), content)
  return join(folder, 'rolecall.yaml')
}

export function problemsIn(text: string): readonly ConfigurationProblem[] {
  const file = writeConfiguration(text)
  try {
    loadConfiguration(file)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

/** `line:column path: message; suggestion`, one a problem. */
export function linesOf(problems: readonly ConfigurationProblem[]): string[] {
  return problems.map(
    ({ line, column, path, message, suggestion }) =>
      `${line}:${column} ${path}: ${message}${suggestion === null ? '' : `; ${suggestion}`}`,
  )
}

export const smallest = `cluster: demo
nodes:
  n1: { links: [127.0.0.1:7101] }
  n2: { links: [127.0.0.1:7111] }
  n3: { links: [127.0.0.1:7121] }
`
