/** The file with the tokens that let in. */
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { newToken } from './tokens.ts'

export class TokenFileError extends Error {
  override readonly name = 'TokenFileError'
}

const sizeBytesMax = 65_536
const tokenLengthMin = 16

/** Throws a `TokenFileError`. */
export function readTokens(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new TokenFileError(`there is no token file ${path}`)
  if ((found.mode & 0o077) !== 0) throw new TokenFileError(`${path} can be read by others: chmod 600 ${path}`)
  if (found.size > sizeBytesMax) throw new TokenFileError(`${path} has more than ${sizeBytesMax} bytes`)
  const tokens = textOf(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const short = tokens.findIndex((token) => token.length < tokenLengthMin)
  if (short >= 0) throw new TokenFileError(`a token in ${path} has fewer than ${tokenLengthMin} characters`)
  if (tokens.length === 0) throw new TokenFileError(`there is no token in ${path}`)
  return tokens
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new TokenFileError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

/** Makes it, with one token, where it is not there. Throws a `TokenFileError`. */
export function ensureTokenFile(path: string): void {
  const text = `# Whoever shows this signs in to the console of this node (docs/http.md).\n${newToken()}\n`
  try {
    if (statSync(path, { throwIfNoEntry: false })) return
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
    chmodSync(path, 0o600)
  } catch (error) {
    throw new TokenFileError(`${path} cannot be made: ${(error as Error).message}`)
  }
}
