/**
 * `rolecall replay` on a real recording: why, until when, what differs, and for other programs. The machines have changed since it was
 * made, or will: what needs them to run again is in rerun.test.ts.
 */
import { afterAll, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApplication, run } from '@stricli/core'
import { catalogue } from '../../machines/index.ts'
import type { CliContext } from '../../src/cli/context.ts'
import { exitCodeOfStricli, exitCodes } from '../../src/cli/exitCodes.ts'
import { exitCodeOf } from '../../src/cli/failure.ts'
import { makeReplayCommand } from '../../src/cli/replay.ts'
import type { OtlpTraces } from '../../src/export/otlp.ts'
import type { Trace } from '../../src/export/traceEvents.ts'
import { openRecordings } from '../../src/recorder/openRecordings.ts'
import type { Catalogue } from '../../src/recorder/replay.ts'
import { readSegment } from '../../src/recorder/segmentReader.ts'
import { makeDirectory, removeDirectories } from './support.ts'

afterAll(removeDirectories)

const folder = join(import.meta.dir, '../recordings')
const failover = join(folder, 'failover.tar.gz')
const nodeLoss = join(folder, 'nodeLoss.tar.gz')

async function replay(words: string[], machines: Catalogue = catalogue) {
  const said = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof said) => ({ write: (text: string) => (said[name] += text) })
  const process: CliContext['process'] = { stdout: stream('stdout'), stderr: stream('stderr'), env: {} }
  const application = buildApplication(
    makeReplayCommand(async () => machines),
    { name: 'replay', determineExitCode: exitCodeOf, scanner: { caseStyle: 'allow-kebab-for-camel' } },
  )
  await run(application, words, { process } as never)
  return { ...said, exitCode: exitCodeOfStricli(Number(process.exitCode ?? 0)) }
}

const json = async (words: string[]) => JSON.parse((await replay([...words, '--json'])).stdout)

test('lists the incidents, and explains one by its name, its assignment, or a moment', async () => {
  const { incidents } = await json([failover, '--incidents'])
  const failed = incidents.find(({ code }: { code: string }) => code === 'component.failed')
  const told = await replay([failover, '--explain', 'ledger'])
  expect(told.exitCode).toBe(exitCodes.ok)
  expect(told.stdout).toStartWith(
    'n1/ledger failed (process.exited: signal SIGKILL); n2/ledger is primary of ledger now\n',
  )
  expect(told.stdout.split('\n').length).toBeLessThan(30)
  expect(told.stdout).toMatch(/took {2}detected .* → decided .* → committed .* → commanded .* → served .* in all/)
  for (const word of [failed.id, 'n1/ledger', new Date(failed.startUs / 1000 + 1).toISOString()]) {
    expect((await replay([failover, '--explain', word])).stdout).toBe(told.stdout)
  }
  const document = await json([failover, '--explain', failed.id])
  expect(document).toMatchObject({ id: failed.id, incident: failed })
  expect(document.milestones.map(({ reached }: { reached: string }) => reached)).toEqual([
    'detected',
    'decided',
    'committed',
    'commanded',
    'served',
  ])
  expect(document.milestones.at(-1).atMs).toBeCloseTo(failed.outageMs, 1)
})

test('a step, or --full, shows every step; what is not there is suggested', async () => {
  const { incidents } = await json([failover, '--incidents'])
  const [{ id }] = incidents
  const chain = await json([failover, '--explain', id, '--full'])
  expect(chain).toMatchObject({ rootId: id })
  const all = chain.lines.reduce((sum: number, { repeatCount }: { repeatCount: number }) => sum + repeatCount, 0)
  expect(all).toBe(incidents[0].recordIds.length)
  expect((await json([failover, '--explain', chain.lines.at(-1).id])).lines.length).toBeGreaterThan(3)
  const near = await replay([failover, '--explain', 'ledgr'])
  expect(near).toMatchObject({ exitCode: exitCodes.noSuch })
  expect(near.stderr).toContain("did you mean 'ledger'?")
  const step = await replay([failover, '--explain', 'n1:1:99999'])
  expect(step.stderr).toContain('the last incidents are')
})

test('stops at a moment, with every machine as it was, and all of one', async () => {
  const { incidents } = await json([failover, '--incidents'])
  const { id } = incidents.find(({ code }: { code: string }) => code === 'component.failed')
  const before = await json([failover, '--until', stepBefore(id)])
  const stateOf = (of: typeof before, name: string) => of.actors.find(({ actor }: { actor: string }) => actor === name)
  expect(stateOf(before, 'component/n1/ledger')).toMatchObject({ state: 'primary.ready' })
  const after = await json([failover, '--until', id])
  expect(stateOf(after, 'component/n1/ledger')).toMatchObject({ state: 'offline.stopped', recordId: id })
  const one = await replay([failover, '--until', id, '--actor', 'n1:crim'])
  expect(one.stdout).toStartWith('n1:crim  crim version ')
  expect(one.stdout).not.toContain('n2:crim')
  const table = await replay([failover, '--until', id])
  expect(table.stdout).toContain('component/n1/ledger')
  expect((await replay([failover, '--until', 'tomorrow'])).exitCode).toBe(exitCodes.noSuch)
})

const stepBefore = (id: string) => id.replace(/\d+$/, (sequence) => String(Number(sequence) - 1))

test('compares runs: the same with itself, and where two went different ways', async () => {
  const same = await replay(['--diff', failover, failover])
  expect(same).toMatchObject({ exitCode: exitCodes.ok })
  expect(same.stdout).toStartWith('the same')
  const other = await replay(['--diff', failover, nodeLoss])
  expect(other.exitCode).toBe(exitCodes.failed)
  expect(other.stdout).toContain('the same for')
  const lives = await json(['--diff', `${nodeLoss}#n1:1`, `${nodeLoss}#n1:2`])
  expect(lives).toMatchObject({ isSame: false, first: { node: 'n1' } })
  expect((await replay(['--diff', failover])).exitCode).toBe(exitCodes.usage)
  expect((await replay(['--diff', failover, failover, '--actor', 'n1:crim'])).exitCode).toBe(exitCodes.ok)
  expect((await replay(['--diff', failover, failover, '--actor', 'nothing'])).exitCode).toBe(exitCodes.noSuch)
})

test('a recording of other versions of the machines is shown, and said to be', async () => {
  const raised = { ...catalogue, crim: { ...catalogue.crim, version: catalogue.crim.version + 1 } }
  const told = await replay([failover, '--explain', 'ledger'], raised)
  expect(told.exitCode).toBe(exitCodes.ok)
  expect(told.stderr).toContain('recorded by another version of the machines')
  expect(told.stderr).toContain(`this program has version ${raised.crim.version}`)
  expect(told.stdout).toContain('n2/ledger is primary of ledger and serves')
  const { incidents } = await json([failover, '--incidents'])
  const states = JSON.parse((await replay([failover, '--until', incidents[0].id, '--json'], raised)).stdout)
  const crim = states.actors.find(({ actor }: { actor: string }) => actor === 'crim')
  expect(crim).toMatchObject({ isExact: false })
})

test('a recording of a later format is refused, with the file', async () => {
  const recordings = await openRecordings([failover])
  const [segment] = recordings.boxes[0]!.lives[0]!.segments
  const bytes = readFileSync(segment!.path)
  expect(readSegment(segment!.path).header).not.toBeNull()
  bytes.writeUInt16LE(77, 4)
  bytes.writeUInt32LE(0, 8)
  bytes.writeUInt32LE(Bun.hash.crc32(bytes.subarray(0, bytes.readUInt16LE(6))), 8)
  recordings.close()
  const file = join(makeDirectory(), 'later.rcbb')
  writeFileSync(file, bytes)
  const told = await replay([file])
  expect(told.exitCode).toBe(exitCodes.data)
  expect(told.stderr).toContain(`'${file}' is of format 77`)
})

test('a trace for Perfetto: slices without gaps, arrows that end where they say', async () => {
  const { traceEvents } = JSON.parse((await replay([nodeLoss, '--export', 'perfetto'])).stdout) as Trace
  const names = traceEvents.filter(({ name }) => name === 'process_name').map(({ args }) => args!.name)
  expect(names).toEqual(['incidents', 'n1', 'n2', 'n3'])
  const slices = traceEvents.filter(({ ph }) => ph === 'X')
  const encloses = (at: { pid: number; tid: number; ts?: number }) =>
    slices.some(({ pid, tid, ts, dur }) => pid === at.pid && tid === at.tid && ts! <= at.ts! && at.ts! < ts! + dur!)
  const starts = traceEvents.filter(({ ph }) => ph === 's')
  const ends = new Map(traceEvents.filter(({ ph }) => ph === 'f').map((event) => [event.id, event]))
  expect(starts.length).toBeGreaterThan(100)
  for (const start of starts) {
    const end = ends.get(start.id)!
    expect(end).toMatchObject({ bp: 'e', cat: start.cat!, name: start.name })
    expect(end.ts!).toBeGreaterThanOrEqual(start.ts!)
    expect([encloses(start), encloses(end)]).toEqual([true, true])
  }
  for (const track of Map.groupBy(slices, ({ pid, tid }) => `${pid}:${tid}`).values()) {
    const ordered = [...track].sort((a, b) => a.ts! - b.ts!)
    ordered.slice(1).forEach((slice, index) => {
      expect(slice.ts!).toBeGreaterThanOrEqual(ordered[index]!.ts! + ordered[index]!.dur!)
    })
  }
  const begun = traceEvents.filter(({ ph }) => ph === 'b').map(({ id }) => id)
  expect(traceEvents.filter(({ ph }) => ph === 'e').map(({ id }) => id)).toEqual(begun)
})

test('spans for OpenTelemetry: valid, nested, and sent to a collector', async () => {
  const received: { path: string; type: string | null; body: OtlpTraces }[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const { pathname: path } = new URL(request.url)
      received.push({ path, type: request.headers.get('content-type'), body: (await request.json()) as OtlpTraces })
      return path === '/v1/traces' ? Response.json({ partialSuccess: {} }) : new Response('no', { status: 415 })
    },
  })
  try {
    const sent = await replay([nodeLoss, '--export', 'otlp', '--output', `http://127.0.0.1:${server.port}/v1/traces`])
    expect(sent).toMatchObject({ exitCode: exitCodes.ok, stdout: '' })
    const spans = received.flatMap(({ body }) => body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans[0]!.spans))
    expect(sent.stderr).toContain(`sent ${spans.length} spans`)
    expect(received.every(({ path, type }) => path === '/v1/traces' && type === 'application/json')).toBe(true)
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
    const root = spans.find(({ name, parentSpanId }) => name === 'failover ledger' && parentSpanId === undefined)!
    const parts = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId)
    expect(parts.map(({ name }) => name)).toEqual(expect.arrayContaining(['detect', 'decide', 'promote', 'serve']))
    for (const { traceId, spanId, startTimeUnixNano, endTimeUnixNano } of parts) {
      expect(traceId).toBe(root.traceId)
      expect(`${traceId} ${spanId}`).toMatch(/^[0-9a-f]{32} [0-9a-f]{16}$/)
      expect(BigInt(startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(root.startTimeUnixNano))
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano))
    }
    const refused = await replay([nodeLoss, '--export', 'otlp', '--output', `http://127.0.0.1:${server.port}/other`])
    expect(refused).toMatchObject({ exitCode: exitCodes.unavailable })
    expect(refused.stderr).toContain('answers 415')
  } finally {
    await server.stop(true)
  }
  const gone = await replay([nodeLoss, '--export', 'otlp', '--output', 'http://127.0.0.1:1/v1/traces'])
  expect(gone).toMatchObject({ exitCode: exitCodes.unavailable })
})

test('the steps as lines of JSON, to a file', async () => {
  const file = join(makeDirectory(), 'steps.jsonl')
  expect(await replay([failover, '--export', 'jsonl', '--output', file])).toMatchObject({ exitCode: exitCodes.ok })
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const { entries } = await json([failover, '--limit', '100000'])
  expect(lines.map((line) => JSON.parse(line))).toEqual(entries)
})

test('ways that contradict each other are refused', async () => {
  for (const words of [
    ['--verify', '--incidents'],
    ['--full'],
    ['--output', 'x'],
    ['--explain', 'ledger', '--actor', 'crim'],
  ]) {
    expect((await replay([failover, ...words])).exitCode).toBe(exitCodes.usage)
  }
})
