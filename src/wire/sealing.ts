/**
 * Seals datagrams with AES-256-GCM (NIST SP 800-38D), so that what is damaged, forged or meant for another cluster does
 * not open. Layout: format (1 byte), nonce (12), ciphertext, tag (16).
 *
 * The key is derived by HKDF (RFC 5869) from the cluster's secret. Without a secret it is derived from the cluster's
 * name: that keeps out damage and neighbours, not attackers. The cluster's name is authenticated with every datagram.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

export interface Sealer {
  seal(plain: Uint8Array): Uint8Array
  /** The plain text, or null for anything this cluster did not seal. Never throws. */
  open(datagram: Uint8Array): Uint8Array | null
}

const format = 1
const nonceBytes = 12
const noncePrefixBytes = 8
const tagBytes = 16
const bodyOffset = 1 + nonceBytes

/** By how much a sealed datagram is longer than its plain text. */
export const sealOverheadBytes = bodyOffset + tagBytes

/** More than UDP can carry is not worth a look. */
const datagramBytesMax = 65_535

const nonceCounterMax = 0xffff_ffff

export function createSealer({ cluster, secret }: { cluster: string; secret: string | null }): Sealer {
  const key = deriveKey({ cluster, secret })
  const clusterBytes = Buffer.from(cluster, 'utf8')
  const nextNonce = createNonces()

  return {
    seal(plain) {
      const nonce = nextNonce()
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      cipher.setAAD(clusterBytes)
      const datagram = Buffer.allocUnsafe(sealOverheadBytes + plain.length)
      datagram[0] = format
      nonce.copy(datagram, 1)
      cipher.update(plain).copy(datagram, bodyOffset)
      cipher.final()
      cipher.getAuthTag().copy(datagram, bodyOffset + plain.length)
      return datagram
    },

    open(datagram) {
      const { length } = datagram
      if (length < sealOverheadBytes || length > datagramBytesMax || datagram[0] !== format) return null
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, datagram.subarray(1, bodyOffset))
        decipher.setAAD(clusterBytes)
        decipher.setAuthTag(datagram.subarray(length - tagBytes))
        const plain = decipher.update(datagram.subarray(bodyOffset, length - tagBytes))
        decipher.final()
        return plain
      } catch {
        // The tag does not fit: the ordinary end of a forged or damaged datagram.
        return null
      }
    },
  }
}

/** A secret that happens to be some cluster's name must not give the key of that cluster without a secret: hence `info`. */
function deriveKey({ cluster, secret }: { cluster: string; secret: string | null }): KeyObject {
  const info = secret === null ? 'datagram key without secret' : 'datagram key'
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret ?? cluster, 'rolecall', info, 32)))
}

/**
 * All nodes share the key, so a nonce must be unique among them: a random prefix a process, then a counter; a new prefix
 * when the counter is used up. The buffer given out is reused by the next call.
 */
function createNonces(): () => Buffer {
  const nonce = Buffer.alloc(nonceBytes)
  let count = nonceCounterMax
  return () => {
    if (count === nonceCounterMax) {
      randomBytes(noncePrefixBytes).copy(nonce)
      count = 0
    } else {
      count += 1
    }
    nonce.writeUInt32BE(count, noncePrefixBytes)
    return nonce
  }
}
