import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createSealer, sealOverheadBytes } from '../../src/wire/sealing.ts'

const plain = new TextEncoder().encode('the primary is dead, long live the primary')
const sealer = createSealer({ cluster: 'north', secret: 'open sesame' })

describe('sealing', () => {
  test('what one node seals another of the cluster opens', () => {
    const other = createSealer({ cluster: 'north', secret: 'open sesame' })
    const sealed = sealer.seal(plain)
    expect(sealed.length).toBe(plain.length + sealOverheadBytes)
    expect(other.open(sealed)).toEqual(Buffer.from(plain))
    expect(other.open(sealer.seal(new Uint8Array(0)))).toEqual(Buffer.alloc(0))
  })

  test('a datagram of another cluster does not open, whether by secret or by name', () => {
    const strangers = [
      { cluster: 'south', secret: 'open sesame' },
      { cluster: 'north', secret: 'open barley' },
      { cluster: 'north', secret: null },
    ]
    for (const stranger of strangers) expect(createSealer(stranger).open(sealer.seal(plain))).toBeNull()
  })

  test("a secret equal to a cluster's name is not that cluster's key without a secret", () => {
    const sealed = createSealer({ cluster: 'north', secret: 'north' }).seal(plain)
    expect(createSealer({ cluster: 'north', secret: null }).open(sealed)).toBeNull()
  })

  test('no bit can be flipped, no end cut off, nothing added', () => {
    const sealed = sealer.seal(plain)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Uint8Array.from(sealed)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(sealer.open(flipped)).toBeNull()
    }
    for (let length = 0; length < sealed.length; length++) expect(sealer.open(sealed.subarray(0, length))).toBeNull()
    expect(sealer.open(Buffer.concat([sealed, Buffer.of(0)]))).toBeNull()
    expect(sealer.open(new Uint8Array(70_000).fill(1))).toBeNull()
  })

  test('whatever arrives is refused without an exception', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => sealer.open(bytes) === null))
  })

  test('no nonce comes twice, from one sealer or from two of the same cluster', () => {
    const sealers = [sealer, createSealer({ cluster: 'north', secret: 'open sesame' })]
    const nonces = new Set<string>()
    for (let count = 0; count < 5000; count++) {
      for (const each of sealers) nonces.add(Buffer.from(each.seal(plain).subarray(1, 13)).toString('hex'))
    }
    expect(nonces.size).toBe(10_000)
  })
})
