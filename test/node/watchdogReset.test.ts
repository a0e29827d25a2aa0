import { expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wasWatchdogReset } from '../../src/node/watchdogReset.ts'

test('the bit of a reset by the card, of any watchdog; none, or one that says nothing, is no reset', () => {
  const root = mkdtempSync(join(tmpdir(), 'rolecall-watchdog-'))
  try {
    expect(wasWatchdogReset(join(root, 'none'))).toBe(false)
    mkdirSync(join(root, 'watchdog0'))
    writeFileSync(join(root, 'watchdog0', 'bootstatus'), '1\n')
    expect(wasWatchdogReset(root)).toBe(false)
    mkdirSync(join(root, 'watchdog1'))
    writeFileSync(join(root, 'watchdog1', 'bootstatus'), '33\n')
    expect(wasWatchdogReset(root)).toBe(true)
  } finally {
    rmSync(root, { recursive: true })
  }
})
