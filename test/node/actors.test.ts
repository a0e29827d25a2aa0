/** What machines are told of the configuration is recorded, so nothing secret is in it. */
import { expect, test } from 'bun:test'
import type { ClusterLogConfiguration, Configuration } from '../../machines/model/configuration.ts'
import { withoutSecrets } from '../../src/node/actors.ts'
import { configuration } from '../support/configuration.ts'

test('machines are told no secret, no token, and not where the log is archived', () => {
  const log: ClusterLogConfiguration = {
    isEnabled: true,
    copies: null,
    spoolSizeBytes: 1,
    spoolAgeMs: 1,
    archive: 'https://rolecall:hush-archive@logs.example.com/?key=hush-key',
    archiveTokenFile: '/etc/hush-token',
  }
  const whole = { ...configuration(), secret: 'hush-secret', log } as Configuration
  const told = withoutSecrets(whole)
  expect(JSON.stringify(told)).not.toContain('hush')
  expect(told.assignments).toEqual(whole.assignments)
})
