import { expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { loadConfiguration } from '../../src/configuration/load.ts'
import { problemsIn, smallest, writeConfiguration } from './support.ts'

const hourMs = 3_600_000

test('the cluster log is on unless it is switched off, and archives nothing unless it is told where', () => {
  expect(loadConfiguration(writeConfiguration(smallest)).log).toEqual({
    isEnabled: true,
    copies: null,
    spoolSizeBytes: 128 * 1024 ** 2,
    spoolAgeMs: 168 * hourMs,
    archive: null,
    archiveTokenFile: null,
  })
})

test('an archive is a directory, from the folder of the file on, or a URL as it is', () => {
  const toDirectory = writeConfiguration(
    `${smallest}log: { archive: archive, copies: 3, spoolAge: 1h, enabled: false }\n`,
  )
  expect(loadConfiguration(toDirectory).log).toMatchObject({
    isEnabled: false,
    copies: 3,
    spoolAgeMs: hourMs,
    archive: join(dirname(toDirectory), 'archive'),
  })
  const toEndpoint = writeConfiguration(
    `${smallest}log: { archive: "https://logs.example.com/a?b=c", archiveTokenFile: token }\n`,
  )
  expect(loadConfiguration(toEndpoint).log).toMatchObject({
    archive: 'https://logs.example.com/a?b=c',
    archiveTokenFile: join(dirname(toEndpoint), 'token'),
  })
})

test('what is wrong is said with what is right', () => {
  const of = (section: string) =>
    problemsIn(`${smallest}log: ${section}\n`).map(({ path, message }) => `${path}: ${message}`)
  expect(of('{ archive: "ftp://logs.example.com" }')).toEqual([
    expect.stringContaining('log.archive: expected a directory, or a URL that begins with http:// or https://'),
  ])
  expect(of('{ archive: "https://" }')).toHaveLength(1)
  expect(of('{ copies: 1 }')).toEqual([expect.stringContaining('log.copies: expected a whole number from 2')])
  expect(of('{ archives: here }')).toHaveLength(1)
})
