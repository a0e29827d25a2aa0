/** A bundle of black boxes that hold secrets: none leaves, and what leaves replays as exactly as before. */
import { afterAll, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeBundle } from '../../src/bundle/bundle.ts'
import { Redactor } from '../../src/bundle/redact.ts'
import { findBoxes } from '../../src/recorder/boxes.ts'
import { openRecordings } from '../../src/recorder/openRecordings.ts'
import { replayBoxes, replayDirectories } from '../../src/recorder/replay.ts'
import { timelineOf } from '../../src/recorder/timeline.ts'
import { catalogue, makeDirectory, removeDirectories, segmentPaths, startLamp, startNode } from '../recorder/support.ts'

afterAll(removeDirectories)

const secret = 'correct-horse-battery'
const options = { catalogue, version: '1.2.3', byteCountMax: 1e9, now: new Date(0) }

/** The secret is in events, and in the context of the lamp until three other notes have come. */
function recorded(name: string, pressCount = 20): string {
  const directory = join(makeDirectory(), name)
  const node = startNode(directory, { node: name, segmentSizeBytes: 16 * 1024, segmentCountMax: 100 })
  startLamp(node, 'lamp/a')
  node.engine.send('lamp/a', {
    type: 'lamp.note',
    text: `password ${secret}`,
    configuration: { environment: { DB_PASSWORD: secret } },
  })
  for (let index = 0; index < pressCount; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
  node.engine.send('lamp/a', { type: 'lamp.note', text: 'later' })
  return directory
}

async function bundleOf(directories: readonly string[], more: Partial<typeof options> = {}) {
  const documents = new Map<string, unknown>([
    ['node/status.json', { text: `it said ${secret}` }],
    ['host/os-release', `NAME="${secret}"\n`],
  ])
  const missing = [{ path: 'node/log.json', why: `no ${secret}` }]
  const parts = { boxes: findBoxes(directories), documents, missing }
  return await makeBundle(parts, { ...options, ...more, redactor: new Redactor() })
}

test('no secret in any file of it; exact again', async () => {
  const directory = recorded('n1')
  expect(readFileSync(segmentPaths(directory)[0]!).includes(secret)).toBe(true)
  const { bytes, manifest } = await bundleOf([directory])
  const raw = Buffer.from(Bun.gunzipSync(bytes as Uint8Array<ArrayBuffer>))
  expect(raw.includes(secret)).toBe(false)
  expect(raw.includes('redacted-1')).toBe(true)
  expect(manifest).toMatchObject({ format: 'rolecall-bundle', version: 1, rolecall: '1.2.3' })
  expect(manifest.redactedCount).toBeGreaterThan(3)

  const file = join(makeDirectory(), 'bundle.tar.gz')
  writeFileSync(file, bytes)
  const recordings = await openRecordings([file])
  const before = replayDirectories([directory], catalogue)
  expect(before.isExact).toBe(true)
  expect(replayBoxes(recordings.boxes, catalogue)).toMatchObject({ isExact: true, eventCount: before.eventCount })
  const [note] = timelineOf(recordings.boxes).entries.filter(({ event }) => event.type === 'lamp.note')
  expect(note!.event).toMatchObject({ text: 'password redacted-1' })
  recordings.close()
  expect(() => findBoxes([recordings.boxes[0]!.lives[0]!.segments[0]!.path])).toThrow()
})

test('bounded: the newest segments of each node, and a word on what is left out', async () => {
  const [n1, n2] = [recorded('n1', 400), recorded('n2', 400)]
  expect(segmentPaths(n1).length).toBeGreaterThan(2)
  const { manifest } = await bundleOf([n1, n2], { byteCountMax: 40_000 })
  const boxes = manifest.files.map(({ path }) => path).filter((path) => path.endsWith('.rcbb'))
  expect(boxes.some((path) => path.startsWith('boxes/n1/')) && boxes.some((path) => path.startsWith('boxes/n2/'))).toBe(
    true,
  )
  expect(boxes.length + manifest.leftOut.length - 1).toBe(segmentPaths(n1).length + segmentPaths(n2).length)
  expect(manifest.leftOut).toContainEqual({ path: 'node/log.json', why: 'no redacted-1' })
})

test('what is no bundle is not opened', async () => {
  const file = join(makeDirectory(), 'something')
  writeFileSync(file, 'hello')
  expect(openRecordings([file])).rejects.toThrow('neither a directory')
})
