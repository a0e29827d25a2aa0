import { afterEach, expect, test } from 'bun:test'
import { againDelayMs, client } from '../../../../src/manage/console/net/client.ts'

const { fetch } = globalThis
afterEach(() => {
  globalThis.fetch = fetch
})

const refusal = (retryAfter: string) =>
  Response.json({ ok: false, code: 'too-many', text: 'again' }, { status: 429, headers: { 'retry-after': retryAfter } })

/** Answers with one after the other, the last one for ever; the paths that were asked. */
function answering(...answers: readonly (() => Response)[]): string[] {
  const asked: string[] = []
  globalThis.fetch = ((path: string) => {
    asked.push(path)
    return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1]!())
  }) as never
  return asked
}

test('what a node has no time for is asked again', async () => {
  const asked = answering(
    () => refusal('0.001'),
    () => refusal('0.001'),
    () => Response.json({ incidents: [] }),
  )
  expect(await client.incidents()).toEqual({ incidents: [] })
  expect(asked).toEqual(['/v1/incidents', '/v1/incidents', '/v1/incidents'])
})

test('not for ever, and what is no question not at all', async () => {
  const asked = answering(() => refusal('0.001'))
  await expect(client.view()).rejects.toMatchObject({ status: 429, code: 'too-many' })
  expect(asked).toHaveLength(5)
  await expect(client.signIn('wrong')).rejects.toMatchObject({ status: 429 })
  await expect(client.operate({})).rejects.toMatchObject({ status: 429 })
  expect(asked).toHaveLength(7)
})

test('after as long as it says, within bounds, and not all at once', () => {
  expect([againDelayMs('2', 0), againDelayMs('2', 1)]).toEqual([2000, 4000])
  expect([againDelayMs(null, 0), againDelayMs('soon', 0), againDelayMs('0', 0), againDelayMs('600', 0)]).toEqual([
    1000, 1000, 1000, 10_000,
  ])
})
