import { expect, test } from 'bun:test'
import { Redactor } from '../../src/bundle/redact.ts'

const configuration = {
  cluster: 'demo',
  secret: 'the-clusters-secret',
  nodes: {
    n1: {
      fence: {
        agent: '/usr/sbin/fence_ipmilan',
        options: { ip: '10.0.0.1', username: 'admin', password: 'ipmi-pass' },
      },
    },
  },
  types: {
    web: {
      command: ['/usr/bin/web', '--port', '80', '--api-token', 'abcdef123456', '--db-password=hunter2hunter2'],
      environment: {
        DB_PASSWORD: 'correct-horse',
        LOG: 'info',
        PIN_KEY: '42',
        URL: 'postgres://web:in-the-url@db/web',
      },
    },
  },
}

function redactor(): Redactor {
  const made = new Redactor()
  made.learnFrom(configuration)
  return made
}

test('what is secret by its place, and only that', () => {
  const redacted = redactor().redact(configuration)
  const text = JSON.stringify(redacted)
  const gone = [
    'the-clusters-secret',
    'ipmi-pass',
    'admin',
    'abcdef123456',
    'hunter2hunter2',
    'correct-horse',
    '42',
    'in-the-url',
  ]
  for (const secret of gone) expect(text).not.toContain(secret)
  const kept = [
    'demo',
    '10.0.0.1',
    '/usr/sbin/fence_ipmilan',
    '--port',
    '80',
    '--db-password=redacted-',
    'info',
    'postgres://web:',
  ]
  for (const plain of kept) expect(text).toContain(plain)
})

test('wherever else it stands: in logs, in events, in what holds no key', () => {
  const made = redactor()
  expect(made.redactText('login with correct-horse failed at https://u:in-the-url@host/')).not.toMatch(
    /correct-horse|in-the-url/,
  )
  expect(made.redact({ event: { detail: ['exit: hunter2hunter2 is wrong'] } })).toEqual({
    event: { detail: ['exit: redacted-5 is wrong'] },
  })
  // Too short to be searched for: it would be found in times and ports.
  expect(made.redactText('port 4242')).toBe('port 4242')
})

test('the same value becomes the same placeholder, and what holds none is the same object', () => {
  const made = redactor()
  const [a, b] = [made.redact({ secret: 'the-clusters-secret' }), made.redact(['the-clusters-secret'])]
  expect(a.secret).toBe(b[0]!)
  const plain = { a: [1, { b: 'c' }], token: { epoch: 1, index: 2 } }
  expect(made.redact(plain)).toBe(plain)
  expect(made.redact(made.redact(configuration))).toEqual(made.redact(configuration))
})

test('entries of the repository by their keys', () => {
  const redacted = new Redactor().redact([
    { key: 'app/db-password', value: 'swordfish' },
    { key: 'intent/ledger', value: { roles: {} } },
    { key: 'app/colour', value: 'blue' },
  ])
  expect(redacted).toEqual([
    { key: 'app/db-password', value: 'redacted-1' },
    { key: 'intent/ledger', value: { roles: {} } },
    { key: 'app/colour', value: 'blue' },
  ])
})

test('finds what is left in bytes', () => {
  const made = redactor()
  expect(made.findIn(new TextEncoder().encode('… correct-horse …'))).toBe(true)
  expect(made.findIn(new TextEncoder().encode('… nothing …'))).toBe(false)
})

test('a secret that is a word of the machines, or a name, is replaced only where it is set', () => {
  const made = new Redactor()
  made.spare(['ledger-service'])
  const environment = { AUTH_ROLE: 'primary', AUTH_NAME: 'ledger-service' }
  made.learnFrom({ environment })
  expect(made.redact({ environment, state: 'primary.ready', component: 'n1/ledger-service' })).toEqual({
    environment: { AUTH_ROLE: 'redacted-1', AUTH_NAME: 'redacted-2' },
    state: 'primary.ready',
    component: 'n1/ledger-service',
  })
  expect(made.findIn(new TextEncoder().encode('primary.ready of ledger-service'))).toBe(false)
})

test('so many secrets that were only met are remembered as is asked for, and what was learned always', () => {
  const made = new Redactor({ metCountMax: 2 })
  made.learn('known-for-good')
  const placeholders = ['first-one', 'second-one', 'third-one'].map((password) => made.redact({ password }).password)
  expect(placeholders).toEqual(['redacted-2', 'redacted-3', 'redacted-4'])
  expect(made.redactText('known-for-good first-one second-one third-one')).toBe(
    'redacted-1 first-one redacted-3 redacted-4',
  )
  expect(made.redact({ password: 'first-one' }).password).toBe('redacted-5')
})

test('a long word is looked through once', () => {
  const word = `${'a'.repeat(3_000_000)} https://u:in-the-url@host/`
  expect(new Redactor().redactText(word)).toEndWith(' https://u:redacted-1@host/')
})

test('of a key of the repository that is said to be secret, all text; of an assignment that is only called so, nothing', () => {
  const made = new Redactor()
  const entries = [
    { key: 'app/credentials', value: { user: 'somebody-else', old: ['another-one'], count: 3 } },
    { key: 'intent/auth', value: { roles: { 'n1/auth': { role: 'primary' } } } },
    { key: 'state/assignment/auth', value: 'disabled-by-operator' },
  ]
  made.learnFrom(entries)
  const [credentials, intent, state] = made.redact(entries)
  expect(credentials!.value).toEqual({ user: 'redacted-1', old: ['redacted-2'], count: 3 })
  expect([intent, state]).toEqual(entries.slice(1))
})

test('what was redacted once stays as it is, and is no secret', () => {
  const made = new Redactor()
  const again = { secret: 'redacted-4', note: 'said redacted-4' }
  made.learnFrom(again)
  expect(made.redact(again)).toEqual(again)
  expect(made.findIn(new TextEncoder().encode('redacted-4'))).toBe(false)
})
