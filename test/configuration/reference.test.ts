import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { configurationReference, exampleConfiguration, referenceFile } from '../../scripts/generateDocs.ts'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { writeConfiguration } from './support.ts'

test('docs/configuration.md is what the schema gives: bun scripts/generateDocs.ts', () => {
  expect(readFileSync(referenceFile, 'utf8')).toBe(configurationReference())
})

test('its example is a configuration', () => {
  const { types, nodes } = loadConfiguration(writeConfiguration(exampleConfiguration), { isSecretNeeded: false })
  expect([Object.keys(nodes), types.ledger!.standby]).toEqual([['n1', 'n2', 'n3'], 'hot'])
})
