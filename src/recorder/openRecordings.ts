/**
 * Opens recordings wherever they are: directories with black boxes, single segments (`.rcbb`), and bundles (`rolecall bundle`), which
 * are unpacked beside the system's temporary files until `close`. `PATH#NODE` and `PATH#NODE:LIFE` mean that part of it alone.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { BlackBoxNotFoundError, findBoxes, type NodeBox } from './boxes.ts'
import { segmentSuffix } from './names.ts'

export interface Recordings {
  readonly boxes: readonly NodeBox[]
  /** Directories and segments that hold them, what was unpacked included: for what reads by path. Parts of a path are not told apart. */
  readonly paths: readonly string[]
  /** Removes what was unpacked. */
  close(): void
}

/** A bundle whose parts take more when unpacked is not opened. */
const unpackedBytesMax = 4 * 1024 ** 3

/** Throws `BlackBoxNotFoundError` where there is nothing to read, and `NewerRecordingError`. */
export async function openRecordings(paths: readonly string[]): Promise<Recordings> {
  const unpacked: string[] = []
  const close = () => {
    process.off('exit', close)
    for (const directory of unpacked.splice(0)) rmSync(directory, { recursive: true, force: true })
  }
  // Whoever reads what is printed may stop at any time, and the program with it.
  process.on('exit', close)
  try {
    const found: NodeBox[][] = []
    const read: string[] = []
    for (const given of paths) {
      const { path, part } = partOf(given)
      const isBundle = statSync(path, { throwIfNoEntry: false })?.isFile() === true && !path.endsWith(segmentSuffix)
      if (isBundle) unpacked.push(await unpack(path))
      read.push(isBundle ? unpacked.at(-1)! : path)
      found.push(selected(findBoxes(read.slice(-1)), part, given))
    }
    return { boxes: merged(found.flat()), paths: read, close }
  } catch (error) {
    close()
    throw error
  }
}

interface Part {
  readonly node: string
  readonly incarnation: number | null
}

function partOf(given: string): { path: string; part: Part | null } {
  const match = /^(.+)#([^#:]+)(?::(\d+))?$/.exec(given)
  if (!match || existsSync(given)) return { path: given, part: null }
  const incarnation = match[3] === undefined ? null : Number(match[3])
  return { path: match[1]!, part: { node: match[2]!, incarnation } }
}

function selected(boxes: readonly NodeBox[], part: Part | null, given: string): NodeBox[] {
  if (part === null) return [...boxes]
  const of = boxes.filter(({ node }) => node === part.node)
  const kept = of.map((box) => ({
    ...box,
    lives: box.lives.filter(({ incarnation }) => part.incarnation === null || incarnation === part.incarnation),
  }))
  if (!kept.some(({ lives }) => lives.length > 0)) {
    const lives = boxes.flatMap((box) => box.lives.map(({ node, incarnation }) => `${node}:${incarnation}`))
    throw new BlackBoxNotFoundError(`'${given}' is not there; the lives are ${lives.join(', ')}`)
  }
  return kept
}

/** One box a node, each segment once, however many paths it was found at. */
function merged(boxes: readonly NodeBox[]): NodeBox[] {
  return [...Map.groupBy(boxes, ({ node }) => node)].map(([node, of]) => {
    const lives = Map.groupBy(
      of.flatMap((box) => box.lives),
      ({ incarnation }) => incarnation,
    )
    return {
      node,
      lives: [...lives]
        .sort(([a], [b]) => a - b)
        .map(([incarnation, parts]) => {
          const bySegment = new Map(parts.flatMap(({ segments }) => segments).map((file) => [file.segment, file]))
          const segments = [...bySegment.values()].sort((a, b) => a.segment - b.segment)
          return { node, incarnation, segments }
        }),
    }
  })
}

/** The bundle's black boxes, in a directory of their own. A name that leads out of it is not followed. */
async function unpack(path: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-bundle-'))
  try {
    const files = await filesIn(path)
    let byteCount = 0
    for (const [name, file] of files) {
      if (!name.endsWith(segmentSuffix) || normalize(name).startsWith('..') || name.startsWith('/')) continue
      byteCount += file.size
      if (byteCount > unpackedBytesMax)
        throw new BlackBoxNotFoundError(`'${path}' holds more than ${unpackedBytesMax} bytes`)
      const target = join(directory, normalize(name))
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, await file.bytes())
    }
    if (byteCount === 0) throw new BlackBoxNotFoundError(`there is no black box in '${path}'`)
    return directory
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

async function filesIn(path: string): Promise<Map<string, File>> {
  try {
    return await new Bun.Archive(readFileSync(path)).files()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BlackBoxNotFoundError(`'${path}' is neither a directory, nor a segment, nor a bundle: ${why}`)
  }
}
