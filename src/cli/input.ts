import type { CliContext } from './context.ts'
import { exitCodes } from './exitCodes.ts'
import { CliFailure } from './failure.ts'

/** More than any transaction or file of keys has. */
const inputBytesMax = 128 * 1024 * 1024

/** All of stdin, as text. */
export async function readInput({ process }: CliContext): Promise<string> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of process.stdin ?? []) {
    const bytes = Buffer.from(piece)
    sizeBytes += bytes.length
    if (sizeBytes > inputBytesMax) throw new CliFailure(exitCodes.data, `stdin has more than ${inputBytesMax} bytes`)
    pieces.push(bytes)
  }
  return Buffer.concat(pieces).toString()
}
