import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made: string[] = []

/** Called after each test file, by `preload.ts`: a hook in a module that several files import would count for the first only. */
export function removeFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** A folder of its own, gone when the tests of the file have ended. */
export function temporaryFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `rolecall-${purpose}-`))
  made.push(folder)
  return folder
}
