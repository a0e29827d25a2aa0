/** A bundle of a running cluster whose configuration is full of secrets: none is in it, and it says why it failed over. */
import { afterEach, expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BundleManifest } from '../../src/bundle/bundle.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import { signalAll } from '../../src/demo/processes.ts'
import { findBoxes } from '../../src/recorder/boxes.ts'
import { cleanUp, rolecall, slow, startLedger } from '../support/system.ts'

afterEach(cleanUp)

const secrets = {
  environment: 'correct-horse-battery',
  instance: 'staple-of-instance',
  fence: 'ipmi-swordfish',
  argument: 'token-in-argument',
}

function withSecrets(text: string): string {
  return text
    .replace(
      /^( {2}n\d: \{ links: \[.*\])/gm,
      `$1, fence: { agent: /bin/false, options: { ip: 10.0.0.9, password: ${secrets.fence} } }`,
    )
    .replace(
      /command: \[(.*), ?"ledger"\]/,
      `command: [sh, -c, 'exec "$0" ledger', $1, --api-token, ${secrets.argument}]`,
    )
    .replace('    aware: true', `    aware: true\n    environment: { DB_PASSWORD: ${secrets.environment} }`)
    .replaceAll('LEDGER_PORT: "0"', `LEDGER_PORT: "0", SERVICE_TOKEN: ${secrets.instance}`)
}

slow('what a supporter needs, and no secret', async () => {
  const cluster = await startLedger({ change: withSecrets })
  const first = await cluster.primaryOf('ledger')
  signalAll(cluster.processesOfComponent(first), 'SIGKILL')
  await cluster.until(
    'another is primary, and the fallen is back',
    (view) => view.assignments[0]!.primary !== first && isWhole(view),
  )

  const file = join(cluster.directory, 'bundle.tar.gz')
  const made = await rolecall(['bundle', '--config', cluster.configurationFile, '-o', file, '--json'])
  expect({ ...made, stdout: '' }).toMatchObject({ exitCode: 0 })
  const manifest = JSON.parse(made.stdout) as BundleManifest
  const paths = manifest.files.map(({ path }) => path)
  expect(paths).toEqual(
    expect.arrayContaining(['configuration.json', 'node/status.json', 'node/problems.json', 'host/facts.json']),
  )
  const log = await new Bun.Archive(readFileSync(file)).files('node/log.json')
  expect(JSON.parse(await log.get('node/log.json')!.text())).toContainEqual(expect.objectContaining({ kind: 'step' }))
  expect(paths.filter((path) => path.endsWith('.rcbb'))).toHaveLength(3)

  // They are in the black boxes, and were in what was gathered.
  const inBoxes = findBoxes([join(cluster.directory, 'state')]).flatMap(({ lives }) =>
    lives.flatMap(({ segments }) => segments.map(({ path }) => readFileSync(path))),
  )
  expect(inBoxes.some((bytes) => bytes.includes(secrets.instance))).toBe(true)
  const bytes = Buffer.from(Bun.gunzipSync(readFileSync(file)))
  const [, clusterSecret] = /^secret: (.+)$/m.exec(readFileSync(cluster.configurationFile, 'utf8'))!
  const found = [...Object.values(secrets), clusterSecret!].filter((secret) => bytes.includes(secret))
  expect(found).toEqual([])

  const verified = await rolecall(['replay', file, '--verify'])
  expect(verified).toMatchObject({ exitCode: 0 })
  const why = await rolecall(['replay', file, '--explain', 'ledger'])
  expect(why.stdout).toStartWith(`${first} failed (process.exited: signal SIGKILL);`)
  const again = await rolecall(['bundle', '--config', cluster.configurationFile, '-o', file])
  expect(again).toMatchObject({ exitCode: 1 })
  expect(again.stderr).toContain('is there already')
})
