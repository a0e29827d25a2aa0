import { expect, test } from 'bun:test'
import { nearest, suggestionFor } from '../../src/configuration/nearest.ts'

test('the nearest word is found over any single slip', () => {
  const keys = ['heartbeatInterval', 'suspectAfter', 'confirmAfter']
  for (const slip of [
    'hartbeatInterval',
    'heartbeattInterval',
    'haertbeatInterval',
    'heartbeatinterval',
    'heartbeetInterval',
  ]) {
    expect(nearest(slip, keys)).toBe('heartbeatInterval')
  }
})

test('nothing near is no suggestion', () => {
  expect(nearest('x', ['heartbeatInterval'])).toBeNull()
  expect(nearest('completely', ['different'])).toBeNull()
  expect(nearest('anything', [])).toBeNull()
})

test('a suggestion falls back to what there is, in part', () => {
  expect(suggestionFor('ledgr', ['ledger', 'cron'])).toBe("did you mean 'ledger'?")
  expect(suggestionFor('zzz', ['ledger', 'cron'])).toBe('there is ledger, cron')
  expect(suggestionFor('zzz', 'abcdefghij'.split(''))).toBe('there is a, b, c, d, e, f, g, h, …')
  expect(suggestionFor('zzz', [])).toBeNull()
})
