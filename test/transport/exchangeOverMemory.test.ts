import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { DropReason, MessageMeta, Network } from '../../src/transport/network.ts'
import { msgpackCodec } from '../../src/wire/codec.ts'
import { ManualClock } from '../support/manualClock.ts'
import { MemoryHub, type MemoryHubOptions } from './memoryHub.ts'

type Text = { readonly text: string }

const parse = (body: unknown): Text | null =>
  typeof body === 'object' && body !== null && 'text' in body && typeof body.text === 'string'
    ? { text: body.text }
    : null

/** A network that notes what happens to it. */
interface Noted {
  readonly network: Network<Text>
  readonly heard: string[]
  readonly metas: MessageMeta[]
  readonly lives: string[]
  readonly dropped: string[]
  /** Who said that this life has ended. */
  readonly ended: string[]
  /** Lives that were before this one, or have its number, and who said so. */
  readonly later: string[]
}

interface Opening {
  readonly react?: (text: string, network: Network<Text>) => void
  readonly mark?: number
}

function world(options: Partial<MemoryHubOptions> = {}) {
  const clock = new ManualClock()
  const hub = new MemoryHub({ clock, seed: 1, ...options })
  function open(self: string, incarnation = 1, { react, mark }: Opening = {}): Noted {
    const heard: string[] = []
    const metas: MessageMeta[] = []
    const lives: string[] = []
    const dropped: string[] = []
    const ended: string[] = []
    const later: string[] = []
    const network = hub.open<Text>({
      self,
      incarnation,
      ...(mark !== undefined && { mark }),
      peers: ['n1', 'n2', 'n3'].filter((name) => name !== self),
      codec: msgpackCodec(parse),
      onMessage(from, { text }, meta) {
        heard.push(`${from} ${text}`)
        metas.push(meta)
        react?.(text, network)
      },
      onPeerIncarnation: (node, now, previous) => lives.push(`${node} ${previous} -> ${now}`),
      onEndedLife: (by) => ended.push(by),
      onLaterLife: (known, by) => later.push(`${by} ${known}`),
      onDropped: (to: string, messages: readonly Text[], reason: DropReason) =>
        dropped.push(`${to} ${reason}: ${messages.map(({ text }) => text).join(', ')}`),
    })
    return { network, heard, metas, lives, dropped, ended, later }
  }
  return { clock, hub, open }
}

describe('network in memory', () => {
  test('nodes hear of each other when they start, and send and post are delivered once though they come by two links', () => {
    const { clock, open } = world()
    const n1 = open('n1', 5)
    const n2 = open('n2', 8)
    clock.settle()
    expect([n1.lives, n2.lives]).toEqual([['n2 0 -> 8'], ['n1 0 -> 5']])
    n1.network.send('n2', { text: 'quick' })
    expect(n1.network.post('n2', { text: 'sure' })).toBe(true)
    clock.settle()
    expect(n2.heard).toEqual(['n1 quick', 'n1 sure'])
    expect(n2.metas).toEqual([
      { incarnation: 5, link: 0, isReliable: false },
      { incarnation: 5, link: 0, isReliable: true },
    ])
    expect(n2.network.counters().refusedCount.duplicate).toBeGreaterThanOrEqual(2)
    expect(clock.timerCount).toBe(0)
  })

  test('the loss of a link is not noticed, but seen in its health', () => {
    const { clock, hub, open } = world()
    const n1 = open('n1')
    const n2 = open('n2')
    hub.isCut = ({ link }) => link === 0
    clock.advance(1000)
    n1.network.send('n2', { text: 'round the other way' })
    clock.settle()
    expect(n2.heard).toEqual(['n1 round the other way'])
    expect(n2.metas[0]?.link).toBe(1)
    const [first, second] = n2.network.links().n1!
    expect(first).toEqual({ address: 'memory:n1:0', lastHeardMs: 0.05, isSendable: true })
    expect(second!.lastHeardMs).toBeGreaterThanOrEqual(1000)
    expect(n1.network.counters().retransmittedCount).toBe(0)
  })

  test('a reply from within the handler leaves at once and carries the acknowledgement', () => {
    const { clock, open } = world()
    const n1 = open('n1')
    const n2 = open('n2', 1, { react: (text, network) => network.post('n1', { text: `re: ${text}` }) })
    clock.settle()
    const before = n2.network.counters().sentCount
    n1.network.post('n2', { text: 'question' })
    clock.settle()
    expect(n1.heard).toEqual(['n2 re: question'])
    expect(n2.network.counters().sentCount - before).toBe(2)
  })

  test('what was posted to a life that ended is dropped and told; the next life gets what is posted to it', () => {
    const { clock, hub, open } = world()
    const n1 = open('n1')
    open('n2', 1)
    clock.settle()
    hub.isCut = () => true
    n1.network.post('n2', { text: 'for the old' })
    n1.network.post('n2', { text: 'one' })
    clock.advance(100)
    hub.isCut = () => false
    const reborn = open('n2', 2)
    clock.advance(1)
    expect(n1.dropped).toEqual(['n2 restarted: for the old, one'])
    expect(n1.lives).toEqual(['n2 0 -> 1', 'n2 1 -> 2'])
    n1.network.post('n2', { text: 'for the new' })
    clock.settle()
    expect(reborn.heard).toEqual(['n1 for the new'])
  })

  test('a node that did not hear of a new life learns of it when it speaks to the old one', () => {
    const { clock, hub, open } = world()
    const n1 = open('n1')
    open('n2', 1)
    clock.settle()
    hub.isCut = () => true
    const reborn = open('n2', 2)
    clock.advance(10)
    hub.isCut = () => false
    n1.network.send('n2', { text: 'lost' })
    clock.settle()
    expect(reborn.heard).toEqual([])
    expect(reborn.network.counters().refusedCount.stale).toBe(1)
    n1.network.send('n2', { text: 'heard' })
    clock.settle()
    expect(reborn.heard).toEqual(['n1 heard'])
  })

  test('what an older life still says is refused', () => {
    const { clock, open } = world()
    const old = open('n1', 1)
    const n2 = open('n2')
    open('n1', 2)
    clock.settle()
    old.network.send('n2', { text: 'from the grave' })
    clock.settle()
    expect(n2.heard).toEqual([])
    expect(n2.network.counters().refusedCount.stale).toBeGreaterThanOrEqual(2)
  })

  test('a life that is known to have ended is not heard, and told so; the next one is', () => {
    const { clock, open } = world()
    const n2 = open('n2')
    open('n1', 4)
    clock.settle()
    n2.network.endLife('n1', 4)
    const again = open('n1', 4)
    again.network.send('n2', { text: 'counted anew' })
    clock.settle()
    expect(n2.heard).toEqual([])
    expect(again.ended).toContain('n2')
    const next = open('n1', 5)
    next.network.send('n2', { text: 'a life of its own' })
    clock.settle()
    expect(n2.heard).toEqual(['n1 a life of its own'])
    expect(next.ended).toEqual([])
  })

  test('a life with the number of one that is heard is not heard, and told so, though nobody knows that the other ended', () => {
    const { clock, open } = world()
    const n2 = open('n2')
    open('n1', 4, { mark: 1 }).network.post('n2', { text: 'before the disk was brought back' })
    clock.settle()
    const again = open('n1', 4, { mark: 2 })
    for (let count = 0; count < 100; count++) again.network.send('n2', { text: 'counted again' })
    clock.settle()
    expect(n2.heard).toEqual(['n1 before the disk was brought back'])
    expect(again.later).toEqual(['n2 4'])
    const next = open('n1', 5, { mark: 3 })
    next.network.send('n2', { text: 'a life of its own' })
    clock.settle()
    expect(n2.heard.at(-1)).toBe('n1 a life of its own')
    expect(next.later).toEqual([])
  })

  test('forget gives up at once what is outstanding, and only that', () => {
    const { clock, hub, open } = world()
    const n1 = open('n1')
    const n2 = open('n2')
    clock.settle()
    hub.isCut = () => true
    n1.network.post('n2', { text: 'outstanding' })
    n1.network.forget('n2')
    expect(n1.dropped).toEqual(['n2 forgotten: outstanding'])
    expect(n1.network.counters().droppedCount).toBe(1)
    hub.isCut = () => false
    n1.network.post('n2', { text: 'it came back' })
    clock.settle()
    expect(n2.heard).toEqual(['n1 it came back'])
  })

  test('at the bound post refuses and counts, and nothing of what was taken is lost', () => {
    const { clock, hub, open } = world()
    const n1 = open('n1')
    const n2 = open('n2')
    clock.settle()
    hub.isCut = () => true
    const taken = Array.from({ length: 5000 }, (_, index) => n1.network.post('n2', { text: `${index}` }))
    expect(taken.filter((isTaken) => isTaken).length).toBe(4096)
    expect(taken.indexOf(false)).toBe(4096)
    expect(n1.network.post('n2', { text: 'x'.repeat(2 << 20) })).toBe(false)
    expect(n1.network.counters().postRefusedCount).toBe(905)
    hub.isCut = () => false
    clock.settle()
    expect(n2.heard).toEqual(Array.from({ length: 4096 }, (_, index) => `n1 ${index}`))
  })

  test('a message of one megabyte is posted; one too long for a datagram is not sent', () => {
    const { clock, open } = world()
    const n1 = open('n1')
    const n2 = open('n2')
    clock.settle()
    const text = 'y'.repeat((1 << 20) - 20)
    expect(n1.network.post('n2', { text })).toBe(true)
    n1.network.send('n2', { text })
    clock.settle()
    expect(n2.heard).toEqual([`n1 ${text}`])
    expect(n1.network.counters().sendRefusedCount).toBe(1)
    expect(n1.network.counters().retransmittedCount).toBe(0)
  })

  test('what is not a message is refused; after close nothing is heard or sent', () => {
    const { clock, open } = world()
    const n1 = open('n1')
    const n2 = open('n2')
    clock.settle()
    n1.network.send('n2', { notText: 1 } as unknown as Text)
    clock.settle()
    expect(n2.network.counters().refusedCount.unparsable).toBe(1)
    n1.network.post('n2', { text: 'too late' })
    n2.network.close()
    n1.network.close()
    expect(n1.network.post('n2', { text: 'later still' })).toBe(false)
    clock.settle()
    expect(n2.heard).toEqual([])
    expect(clock.timerCount).toBe(0)
  })

  test('what is for a node that is no peer, or no longer, is lost; its life is a number from 1 on', () => {
    const { clock, open } = world()
    const n1 = open('n1')
    const n2 = open('n2')
    clock.settle()
    n1.network.setPeers({})
    n1.network.send('n2', { text: '' })
    expect(n1.network.post('n2', { text: '' })).toBe(false)
    n1.network.forget('n2')
    n1.network.endLife('n2', 1)
    clock.settle()
    expect(n2.heard).toEqual([])
    expect(() => open('n3', 0)).toThrow(RangeError)
  })

  test('a peer that is dropped and added again in the same life is heard on both sides', () => {
    const { clock, open } = world()
    const n1 = open('n1')
    const n2 = open('n2')
    const post = (text: string): void => {
      for (const [from, to] of [[n1, 'n2'] as const, [n2, 'n1'] as const]) {
        from.network.post(to, { text })
        from.network.send(to, { text: `${text}!` })
      }
      clock.settle()
    }
    for (let index = 0; index < 5; index++) post('before')
    n1.network.setPeers({})
    n1.network.setPeers({ n2: [] })
    n1.heard.length = 0
    n2.heard.length = 0
    post('after')
    expect(n1.heard.sort()).toEqual(['n2 after', 'n2 after!'])
    expect(n2.heard.sort()).toEqual(['n1 after', 'n1 after!'])
  })

  test('the same seed gives the same run', () => {
    const run = () => {
      const { clock, open } = world({ seed: 7, faults: { lossRate: 0.4, duplicateRate: 0.2, delayMaxMs: 30 } })
      const n1 = open('n1')
      const n2 = open('n2')
      for (let index = 0; index < 50; index++) n1.network.post('n2', { text: `${index}` })
      clock.settle()
      return [clock.nowMs(), n2.heard, n1.network.counters(), n2.network.counters()]
    }
    expect(run()).toEqual(run())
  })
})

test('whatever the losses, everything posted arrives once and in order', () => {
  const faults = fc.record({
    lossRate: fc.double({ min: 0, max: 0.9, noNaN: true }),
    duplicateRate: fc.double({ min: 0, max: 0.5, noNaN: true }),
    delayMinMs: fc.constant(0),
    delayMaxMs: fc.double({ min: 0, max: 100, noNaN: true }),
  })
  const messages = fc.array(fc.record({ length: fc.nat({ max: 5000 }), waitMs: fc.nat({ max: 50 }) }), {
    maxLength: 25,
  })
  fc.assert(
    fc.property(faults, fc.nat(), fc.integer({ min: 1, max: 2 }), messages, (chosen, seed, linkCount, posted) => {
      const { clock, open } = world({ seed, linkCount, faults: chosen })
      const both = [open('n1'), open('n2')] as const
      for (const [index, { length, waitMs }] of posted.entries()) {
        const text = `${index} ${'z'.repeat(length)}`
        expect(both[0].network.post('n2', { text })).toBe(true)
        expect(both[1].network.post('n1', { text })).toBe(true)
        clock.advance(waitMs)
      }
      clock.settle()
      const texts = posted.map(({ length }, index) => `${index} ${'z'.repeat(length)}`)
      expect(both[0].heard).toEqual(texts.map((text) => `n2 ${text}`))
      expect(both[1].heard).toEqual(texts.map((text) => `n1 ${text}`))
      for (const { dropped } of both) expect(dropped).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('across restarts nothing leaks into another life, and each message is either delivered or told to be dropped', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('post' as const), waitMs: fc.nat({ max: 30 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), waitMs: fc.nat({ max: 100 }) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.nat(), (steps, seed) => {
      const faults = { lossRate: 0.3, duplicateRate: 0.2, delayMinMs: 0, delayMaxMs: 60 }
      const { clock, open } = world({ seed, faults })
      const n1 = open('n1')
      const lives = [open('n2', 1)]
      const posted: string[] = []
      for (const { kind, waitMs } of steps) {
        if (kind === 'restart') {
          lives.at(-1)!.network.close()
          lives.push(open('n2', lives.length + 1))
        } else {
          // Told by which life n1 knew when it posted.
          const known = n1.lives.length === 0 ? 'first' : n1.lives.at(-1)!.split(' ').at(-1)
          posted.push(`${posted.length}:${known}`)
          n1.network.post('n2', { text: posted.at(-1)! })
        }
        clock.advance(waitMs)
      }
      // One message more, so that n1 hears of the last life even if every hello was lost.
      n1.network.post('n2', { text: 'last:' })
      clock.settle()
      const delivered = lives.map(({ heard }) => heard.map((line) => line.slice('n1 '.length)))
      const firstKnown = n1.lives[0]!.split(' ').at(-1)
      for (const [index, texts] of delivered.entries()) {
        for (const text of texts.filter((each) => each !== 'last:')) {
          expect(text.split(':')[1] === 'first' ? firstKnown : text.split(':')[1]).toBe(`${index + 1}`)
        }
        expect(texts).toEqual([...new Set(texts)])
      }
      const order = (text: string) => Number.parseInt(text, 10)
      for (const texts of delivered) {
        const numbers = texts.filter((each) => each !== 'last:').map(order)
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      }
      const dropped = n1.dropped.flatMap((line) => line.slice('n2 restarted: '.length).split(', '))
      const accounted = new Set([...delivered.flat(), ...dropped])
      expect(posted.filter((text) => !accounted.has(text))).toEqual([])
    }),
    { numRuns: 60 },
  )
})
