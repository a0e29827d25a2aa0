/** Builds `dist/rolecall`: one executable that needs nothing beside it. Talks on stderr only. */
import { mkdirSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const flags = [
  '--compile',
  '--production',
  '--bytecode',
  '--format=esm',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
]

/** Built beside its place and moved into it, so that nobody ever starts half a binary. */
async function build(entries: readonly string[], name: string): Promise<void> {
  const building = `${root}dist/.${name}-${process.pid}`
  const child = Bun.spawn([process.execPath, 'build', ...flags, ...entries, `--outfile=${building}`], {
    cwd: root,
    env: { ...process.env, BUN_BE_BUN: '1' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) {
    process.stderr.write(out + err)
    process.exit(code)
  }
  renameSync(building, `${root}dist/${name}`)
  process.stderr.write(`built dist/${name}\n`)
}

mkdirSync(`${root}dist`, { recursive: true })
// The first is the program, the others the threads it starts.
await build(
  [
    'src/main.ts',
    'src/repository/sqliteWorker.ts',
    'src/clusterLog/spoolWorker.ts',
    'src/manage/http/analysisWorker.ts',
  ],
  'rolecall',
)
