import type { CliContext } from '../context.ts'
import { version } from '../version.ts'

export default function showVersion(this: CliContext, flags: { readonly json: boolean }): void {
  const { stdout } = this.process
  stdout.write(
    flags.json
      ? `${JSON.stringify({ rolecall: version, bun: Bun.version })}\n`
      : `rolecall ${version} (bun ${Bun.version})\n`,
  )
}
