/**
 * Everything a supporter needs, in one file (docs/replay.md): a tar archive, compressed with gzip, of the black boxes, the
 * configuration, what the node says of itself, and facts of the machine, with a manifest of what is in it and what was left out.
 * No secret leaves in it; it is built in memory and looked through before it is written.
 */
import { cpus, hostname, loadavg, release, totalmem, type } from 'node:os'
import { type Life, type NodeBox, unlessGone } from '../recorder/boxes.ts'
import { segmentFileName } from '../recorder/names.ts'
import type { Catalogue } from '../recorder/replay.ts'
import { usedBytesIn } from '../recorder/segmentReader.ts'
import type { Redactor } from './redact.ts'
import { LifeRedaction, learnFromLife } from './redactLife.ts'

const bundleFormat = 'rolecall-bundle'
const bundleVersion = 1

export interface BundleManifest {
  readonly format: typeof bundleFormat
  readonly version: typeof bundleVersion
  readonly createdAt: string
  readonly rolecall: string
  readonly bun: string
  readonly host: {
    readonly name: string
    readonly system: string
    readonly cpuCount: number
    readonly memoryBytes: number
  }
  /** `boxes/n1/n1.0000000003.00000012.rcbb`, … */
  readonly files: readonly { readonly path: string; readonly byteCount: number }[]
  readonly leftOut: readonly { readonly path: string; readonly why: string }[]
  /** Values that were replaced. */
  readonly redactedCount: number
}

export interface BundleParts {
  readonly boxes: readonly NodeBox[]
  /** Texts and documents by their path in the bundle; not redacted yet. */
  readonly documents: ReadonlyMap<string, unknown>
  /** What could not be had, and why. */
  readonly missing: readonly { readonly path: string; readonly why: string }[]
}

export interface BundleOptions {
  readonly catalogue: Catalogue
  readonly redactor: Redactor
  readonly version: string
  /** Of the black boxes, before compression; the newest segments are taken. */
  readonly byteCountMax: number
  readonly now: Date
}

export interface Bundle {
  readonly manifest: BundleManifest
  /** `.tar.gz` */
  readonly bytes: Uint8Array
}

/** A secret would have left: a fault of this program, and nothing is written. */
export class SecretInBundleError extends Error {
  readonly code = 'bundle.secret'
}

export async function makeBundle(parts: BundleParts, options: BundleOptions): Promise<Bundle> {
  const { redactor } = options
  const { kept, leftOut } = newest(parts.boxes, options.byteCountMax)
  for (const document of parts.documents.values()) redactor.learnFrom(document)
  // Also what is left out may name a secret that stands in what is not.
  for (const life of parts.boxes.flatMap(({ lives }) => lives)) learnFromLife(life, redactor)
  const files = new Map<string, Uint8Array>()
  for (const [path, document] of parts.documents) files.set(path, bytesOf(document, redactor))
  for (const life of kept) addLife(files, life, options)
  const manifest = redactor.redact(manifestOf(files, { ...options, leftOut: [...leftOut, ...parts.missing] }))
  files.set('manifest.json', bytesOf(manifest, redactor))
  for (const [path, bytes] of files) {
    if (redactor.findIn(bytes)) throw new SecretInBundleError(`'${path}' of the bundle still holds a secret`)
  }
  const archive = new Bun.Archive(Object.fromEntries(files), { compress: 'gzip' })
  return { manifest, bytes: await archive.bytes() }
}

function addLife(files: Map<string, Uint8Array>, life: Life, { catalogue, redactor }: BundleOptions): void {
  const redaction = new LifeRedaction(life, catalogue, redactor)
  for (const segment of life.segments) {
    const path = `boxes/${encodeURIComponent(life.node)}/${segmentFileName(segment)}`
    const bytes = unlessGone(segment.path, () => redaction.segment(segment))
    if (bytes) files.set(path, bytes)
  }
}

/** The newest segments of each node in turn, as many as fit. Where an older one is left out so are all before it: there is no hole. */
function newest(boxes: readonly NodeBox[], byteCountMax: number) {
  const queues = boxes.map(({ lives }) => lives.flatMap((life) => life.segments.map((segment) => ({ life, segment }))))
  const taken = new Map<Life, Set<Life['segments'][number]>>()
  const leftOut: { path: string; why: string }[] = []
  let left = byteCountMax
  for (let queue = queues.shift(); queue; queue = queues.shift()) {
    const next = queue.pop()
    if (!next) continue
    const byteCount = unlessGone(next.segment.path, usedBytesIn) ?? 0
    if (byteCount > left) {
      leftOut.push(
        ...[...queue, next].map(({ segment }) => ({ path: segment.path, why: 'too large for the bundle: older' })),
      )
      continue
    }
    left -= byteCount
    taken.set(next.life, (taken.get(next.life) ?? new Set()).add(next.segment))
    queues.push(queue)
  }
  const kept = boxes
    .flatMap(({ lives }) => lives)
    .filter((life) => taken.has(life))
    .map((life) => ({ ...life, segments: life.segments.filter((segment) => taken.get(life)!.has(segment)) }))
  return { kept, leftOut }
}

function bytesOf(document: unknown, redactor: Redactor): Uint8Array {
  const text =
    typeof document === 'string'
      ? redactor.redactText(document)
      : `${JSON.stringify(redactor.redact(document), null, 2)}\n`
  return new TextEncoder().encode(text)
}

function manifestOf(
  files: ReadonlyMap<string, Uint8Array>,
  { redactor, version, now, leftOut }: BundleOptions & { readonly leftOut: BundleManifest['leftOut'] },
): BundleManifest {
  return {
    format: bundleFormat,
    version: bundleVersion,
    createdAt: now.toISOString(),
    rolecall: version,
    bun: Bun.version,
    host: { name: hostname(), system: `${type()} ${release()}`, cpuCount: cpus().length, memoryBytes: totalmem() },
    files: [...files].map(([path, bytes]) => ({ path, byteCount: bytes.length })),
    leftOut,
    redactedCount: redactor.redactedCount,
  }
}

/** What the machine is like, and how it does. */
export function hostFacts(): unknown {
  return {
    hostname: hostname(),
    system: type(),
    release: release(),
    loadAverage: loadavg(),
    cpus: cpus().map(({ model }) => model),
  }
}
