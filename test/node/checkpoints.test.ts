import { expect, test } from 'bun:test'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { Message } from '../../src/engine/step.ts'
import { Checkpoints } from '../../src/node/checkpoints.ts'

const checkpoint = { from: 'n1/a' as ComponentId, to: 'n2/a' as ComponentId, token: { epoch: 1, index: 2 }, data: '{}' }

function pair(of: { isUp?: boolean; isPosted?: boolean; result?: { ok: true } | { ok: false; code: string } } = {}) {
  const sent: Message[] = []
  const checkpoints = new Checkpoints({
    post: (_, message) => {
      sent.push(message)
      return of.isPosted ?? true
    },
    isUp: () => of.isUp ?? true,
    deliver: async () => of.result ?? { ok: true },
  })
  return { checkpoints, sent }
}

test('a checkpoint is done when the peer says that it has it (SPEC D6)', async () => {
  const { checkpoints, sent } = pair()
  const result = checkpoints.send(checkpoint)
  expect(sent[0]).toMatchObject({ type: 'checkpoint', from: 'n1/a', to: 'n2/a' })
  checkpoints.answered(Number(sent[0]!.id), null)
  expect(await result).toEqual({ ok: true })
})

test('what the peer refuses fails with its code', async () => {
  const { checkpoints, sent } = pair()
  const result = checkpoints.send(checkpoint)
  checkpoints.answered(Number(sent[0]!.id), 'stale-token')
  expect(await result).toEqual({ ok: false, code: 'stale-token' })
})

test('requests to a node that is gone fail at once (SPEC M4)', async () => {
  const { checkpoints } = pair()
  const result = checkpoints.send(checkpoint)
  checkpoints.nodeGone('n3')
  checkpoints.nodeGone('n2')
  expect(await result).toEqual({ ok: false, code: 'unreachable' })
  expect(await pair({ isUp: false }).checkpoints.send(checkpoint)).toEqual({ ok: false, code: 'unreachable' })
})

test('at the bound of the queue it is refused, not kept', async () => {
  expect(await pair({ isPosted: false }).checkpoints.send(checkpoint)).toEqual({ ok: false, code: 'overloaded' })
})

test('one that arrives is given to the program, and its answer goes back', async () => {
  const { checkpoints, sent } = pair({ result: { ok: false, code: 'stale-token' } })
  await checkpoints.receive('n1', 7, checkpoint)
  expect(sent).toEqual([{ type: 'checkpoint.answer', id: 7, code: 'stale-token' }])
})
