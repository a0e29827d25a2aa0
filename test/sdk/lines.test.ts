import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { LineReader } from '../../src/sdk/lines.ts'

/** The lines that are read when the bytes arrive cut at these places. */
function readCut(bytes: Uint8Array, cuts: readonly number[], reader = new LineReader()): string[] {
  const lines: string[] = []
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  for (const [index, start] of places.entries()) {
    // One buffer for all, as some sockets have it.
    const piece = new Uint8Array(bytes.slice(start, places[index + 1] ?? bytes.length))
    reader.read(piece, (line) => lines.push(line) > 0)
    piece.fill(0)
  }
  return lines
}

const line = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\n') && text.isWellFormed())

describe('lines', () => {
  test('are the same however their bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
        const bytes = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(''))
        expect(readCut(bytes, cuts)).toEqual(lines)
      }),
    )
  })

  test('end where they are too long, whole or in pieces', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.array(fc.nat()), (length, cuts) => {
        const reader = new LineReader(100)
        const bytes = new TextEncoder().encode(`${'x'.repeat(length)}\nnext\n`)
        const lines = readCut(bytes, cuts, reader)
        const isWhole = length < 100
        expect(lines).toEqual(isWhole ? ['x'.repeat(length), 'next'] : [])
        expect(reader.error).toBe(isWhole ? null : 'line-too-long')
      }),
    )
  })

  test('are UTF-8, and nothing is read after what is not', () => {
    const reader = new LineReader()
    const lines: string[] = []
    reader.read(new Uint8Array([0x61, 0x0a, 0xc3, 0x0a, 0x62, 0x0a]), (text) => lines.push(text) > 0)
    reader.read(new Uint8Array([0x63, 0x0a]), (text) => lines.push(text) > 0)
    expect(lines).toEqual(['a'])
    expect(reader.error).toBe('not-utf-8')
  })
})
