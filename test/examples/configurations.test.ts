import { describe, expect, test } from 'bun:test'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { root } from './support.ts'

/** `topologies` has configurations without programs: `topologies.test.ts`. */
const examples = readdirSync(join(root, 'examples')).filter((name) => name !== 'topologies')

describe.each(examples)('examples/%s', (name) => {
  const directory = join(root, 'examples', name)

  test('has a configuration whose programs are there, and a README that names only files that are', () => {
    const { types, assignments } = loadConfiguration(join(directory, 'rolecall.yaml'))
    expect(Object.keys(assignments)).toHaveLength(1)
    for (const { command, hooks, probe } of Object.values(types)) {
      const programs = [command, ...Object.values(hooks), ...(probe?.kind === 'exec' ? [probe.command] : [])]
      for (const [program] of programs) if (program!.includes('/')) accessSync(program!, constants.X_OK)
    }
    const readme = readFileSync(join(directory, 'README.md'), 'utf8')
    const files = readdirSync(directory)
    for (const [, file] of readme.matchAll(/^\| `([a-z-]+(?:\.[a-z]+)?)`/gm)) expect(files).toContain(file!)
  })
})
