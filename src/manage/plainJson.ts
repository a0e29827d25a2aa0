/**
 * Values of the repository as JSON, and back. JSON knows fewer kinds: bytes become `{"$base64": "…"}`, numbers that JSON lacks
 * `{"$number": "NaN"}`; a map that looks like one of these is wrapped as `{"$map": {…}}`.
 */

const markers: readonly string[] = ['$base64', '$number', '$map']

/** What `JSON.stringify` writes without loss. */
export function toPlain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $base64: Buffer.from(value).toString('base64') }
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toPlain)
  const plain = mapped(value, toPlain)
  return isMarked(value) ? { $map: plain } : plain
}

/** Throws a sentence for a marker with something else than what belongs there. */
export function fromPlain(plain: unknown): unknown {
  if (typeof plain !== 'object' || plain === null) return plain
  if (Array.isArray(plain)) return plain.map(fromPlain)
  if (!isMarked(plain)) return mapped(plain, fromPlain)
  const [[marker, content]] = Object.entries(plain) as [[string, unknown]]
  if (marker === '$base64' && typeof content === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(content))
    return new Uint8Array(Buffer.from(content, 'base64'))
  if (marker === '$number' && ['NaN', 'Infinity', '-Infinity'].includes(content as string)) return Number(content)
  if (marker === '$map' && typeof content === 'object' && content !== null) return mapped(content, fromPlain)
  throw new Error(`${marker} with something that does not belong there`)
}

function isMarked(map: object): boolean {
  const names = Object.keys(map)
  return names.length === 1 && markers.includes(names[0]!)
}

function mapped(map: object, change: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]))
}
