import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Channel } from '../../src/wire/channel.ts'
import type { Frame } from '../../src/wire/frame.ts'

const limits = { fragmentBytesMax: 4 }

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const bytes = (content: string) => new Uint8Array(Buffer.from(content))

/** Two channels that know each other's lives. */
function pair(extra: { queuedCountMax?: number; queuedBytesMax?: number; messageBytesMax?: number } = {}) {
  const a = new Channel({ ...limits, ...extra })
  const b = new Channel({ ...limits, ...extra })
  a.peerIs(1)
  b.peerIs(1)
  return { a, b }
}

/** `data 0 ab|` with a bar where a message ends; `ack 3` or `ack 1+2,3` with what came early. */
function describeFrame(frame: Frame): string {
  if (frame.kind === 'hello') return 'hello'
  if (frame.kind === 'data') return `data ${frame.sequence} ${text(frame.payload)}${frame.isLast ? '|' : ''}`
  const { next, early } = frame.acknowledgement
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (early[bit >> 5]! >>> (bit & 31)) & 1)
  return `ack ${next}${bits.length > 0 ? `+${bits.map((bit) => next + 1 + bit)}` : ''}`
}

const take = (channel: Channel, nowMs: number) => channel.takeFrames(nowMs)
const says = (frames: readonly Frame[]) => frames.map(describeFrame)

function hear(channel: Channel, frames: readonly Frame[], nowMs: number): string[] {
  return frames.flatMap((frame) => (frame.kind === 'hello' ? [] : channel.receive(frame, nowMs).map(text)))
}

describe('channel', () => {
  test('a message is sent at once, acknowledged, and forgotten', () => {
    const { a, b } = pair()
    expect(a.post(bytes('go'))).toBe(true)
    const sent = take(a, 0)
    expect(says(sent)).toEqual(['data 0 go|'])
    expect(a.deadlineMs).toBe(40)
    expect(hear(b, sent, 0.1)).toEqual(['go'])
    const answer = take(b, 0.1)
    expect(says(answer)).toEqual(['ack 1'])
    expect(says(take(b, 0.1))).toEqual([])
    hear(a, answer, 0.2)
    expect(a.deadlineMs).toBeNull()
    expect(says(take(a, 1000))).toEqual([])
  })

  test('a reply carries the acknowledgement', () => {
    const { a, b } = pair()
    a.post(bytes('ask'))
    hear(b, take(a, 0), 0)
    b.post(bytes('tell'))
    const reply = take(b, 0)
    expect(says(reply)).toEqual(['data 0 tell|'])
    expect(hear(a, reply, 0)).toEqual(['tell'])
    expect(a.deadlineMs).toBeNull()
  })

  test('a long message goes in fragments, and comes out whole', () => {
    const { a, b } = pair()
    a.post(bytes('abcdefghij'))
    a.post(bytes(''))
    const sent = take(a, 0)
    expect(says(sent)).toEqual(['data 0 abcd', 'data 1 efgh', 'data 2 ij|', 'data 3 |'])
    expect(hear(b, sent.slice(0, 2), 0)).toEqual([])
    expect(says(take(b, 0))).toEqual([])
    expect(hear(b, sent.slice(2), 0)).toEqual(['abcdefghij', ''])
    expect(says(take(b, 0))).toEqual(['ack 4'])
  })

  test('what is not acknowledged is sent again after 40 ms, 80, 160, 320, 320; in the end only the oldest is tried', () => {
    const { a } = pair()
    a.post(bytes('one'))
    a.post(bytes('two'))
    const log: string[] = []
    for (let nowMs = 0; nowMs < 1500; nowMs = a.deadlineMs!) log.push(`${nowMs} ${says(take(a, nowMs))}`)
    expect(log).toEqual([
      '0 data 0 one|,data 1 two|',
      '40 data 0 one|,data 1 two|',
      '120 data 0 one|,data 1 two|',
      '280 data 0 one|,data 1 two|',
      '600 data 0 one|',
      '920 data 0 one|',
      '1240 data 0 one|',
    ])
  })

  test('when the peer is heard again after a long silence, the rest follows at once', () => {
    const { a, b } = pair()
    for (const message of ['one', 'two', 'three']) a.post(bytes(message))
    let probe: readonly Frame[] = []
    for (let nowMs = 0; nowMs < 1000; nowMs = a.deadlineMs!) probe = take(a, nowMs)
    expect(hear(b, probe, 1000)).toEqual(['one'])
    hear(a, take(b, 1000), 1000)
    expect(hear(b, take(a, 1000), 1000)).toEqual(['two', 'three'])
  })

  test('a fragment that three later ones overtook is sent again at once, and it alone', () => {
    const { a, b } = pair()
    a.post(bytes('abcdefghijklmnopqrstuvwxyz'))
    const sent = take(a, 0)
    const acks: Frame[] = []
    for (const frame of sent.slice(1, 4)) {
      hear(b, [frame], 1)
      acks.push(...take(b, 1))
    }
    expect(says(acks)).toEqual(['ack 0+1', 'ack 0+1,2', 'ack 0+1,2,3'])
    hear(a, acks.slice(0, 2), 2)
    expect(says(take(a, 2))).toEqual([])
    hear(a, acks.slice(2), 2)
    expect(says(take(a, 2))).toEqual(['data 0 abcd'])
    expect(a.retransmittedCount).toBe(1)
  })

  test('duplicates are not delivered, but answered, for the answer may have been lost', () => {
    const { a, b } = pair()
    a.post(bytes('once'))
    const sent = take(a, 0)
    expect(hear(b, sent, 0)).toEqual(['once'])
    take(b, 0)
    expect(hear(b, sent, 1)).toEqual([])
    expect(says(take(b, 1))).toEqual(['ack 1'])
  })

  test('what came early is not kept any longer than until its turn', () => {
    const { a, b } = pair()
    for (let count = 0; count < 100; count++) {
      a.post(bytes('1st'))
      a.post(bytes('2nd'))
      expect(hear(b, take(a, 0).toReversed(), 0)).toEqual(['1st', '2nd'])
      hear(a, take(b, 0), 0)
    }
  })

  test('no more than 64 fragments are under way, and the window opens while a long message arrives', () => {
    const { a, b } = pair()
    a.post(new Uint8Array(4 * 100))
    const sent = take(a, 0)
    expect(sent.length).toBe(64)
    hear(b, sent.slice(0, 8), 0)
    const acks = take(b, 0)
    expect(says(acks)).toEqual(['ack 8'])
    hear(a, acks, 0)
    expect(take(a, 0).length).toBe(8)
  })

  test('messages are refused at the bounds, and taken again when there is room', () => {
    const { a, b } = pair({ queuedCountMax: 3, queuedBytesMax: 10, messageBytesMax: 8 })
    expect(a.post(new Uint8Array(9))).toBe(false)
    expect(a.post(new Uint8Array(8))).toBe(true)
    expect(a.post(new Uint8Array(3))).toBe(false)
    expect([0, 0, 0].map((length) => a.post(new Uint8Array(length)))).toEqual([true, true, false])
    hear(b, take(a, 0), 0)
    hear(a, take(b, 0), 0)
    expect(a.post(new Uint8Array(8))).toBe(true)
  })

  test('what is posted to a peer that is not known waits for it, and asks', () => {
    const a = new Channel(limits)
    const b = new Channel(limits)
    b.peerIs(1)
    expect(a.deadlineMs).toBeNull()
    a.post(bytes('who'))
    const log: string[] = []
    for (let nowMs = 0; nowMs < 700; nowMs = a.deadlineMs!) log.push(`${nowMs} ${says(take(a, nowMs))}`)
    expect(log).toEqual(['0 hello', '40 hello', '120 hello', '280 hello', '600 hello'])
    expect(a.peerIs(4)).toEqual([])
    expect(hear(b, take(a, 700), 700)).toEqual(['who'])
  })

  test('a new life of the peer gets nothing of what the old one was meant to have', () => {
    const { a, b } = pair()
    for (const message of ['delivered', 'under way', 'waiting']) a.post(bytes(message))
    const toOldLife = take(a, 0)
    hear(b, toOldLife.slice(0, 3), 0)
    hear(a, take(b, 0), 0)
    expect(a.peerIs(2).map(text)).toEqual(['under way', 'waiting'])
    const reborn = new Channel(limits)
    reborn.peerIs(1)
    a.post(bytes('new'))
    expect(hear(reborn, take(a, 1), 1)).toEqual(['new'])
    expect(hear(reborn, toOldLife, 2)).toEqual([])
  })

  test('what is forgotten is given back, and what comes after it arrives', () => {
    const { a, b } = pair()
    a.post(bytes('abcdefgh'))
    hear(b, take(a, 0).slice(0, 1), 0)
    expect(a.forget().map(text)).toEqual(['abcdefgh'])
    expect(a.deadlineMs).toBeNull()
    a.post(bytes('later'))
    expect(hear(b, take(a, 1), 1)).toEqual(['later'])
  })

  test('acknowledgements of an older stream, or of what was never sent, change nothing', () => {
    const { a, b } = pair()
    a.post(bytes('old'))
    hear(b, take(a, 0), 0)
    const late = take(b, 0)
    a.forget()
    a.post(bytes('new'))
    take(a, 1)
    hear(a, late, 1)
    a.receive({ kind: 'ack', acknowledgement: { stream: 2, next: 9, early: [0, 0] } }, 1)
    expect(a.deadlineMs).toBe(41)
  })

  test('a message that grows beyond the bound is not taken, and does not grow', () => {
    const { a } = pair()
    const b = new Channel({ fragmentBytesMax: 4, messageBytesMax: 10 })
    b.peerIs(1)
    a.post(bytes('abcdefghijkl'))
    a.post(bytes('next'))
    const sent = take(a, 0)
    expect(hear(b, [...sent, ...sent], 0)).toEqual([])
    expect(says(take(b, 0))).toEqual(['ack 2+3'])
  })
})

/** One thing that can happen on the way between two channels. */
type Happening =
  | { readonly kind: 'post'; readonly by: 0 | 1; readonly length: number }
  | { readonly kind: 'arrive' | 'lose' | 'repeat'; readonly at: number }
  | { readonly kind: 'wait'; readonly durationMs: number }
  | { readonly kind: 'forget' | 'restart'; readonly by: 0 | 1 }

const side = fc.constantFrom(0 as const, 1 as const)
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('post'), by: side, length: fc.nat({ max: 30 }) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constantFrom('arrive', 'lose', 'repeat'), at: fc.nat({ max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), durationMs: fc.nat({ max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('forget', 'restart'), by: side }) },
)

/** A frame on its way, with the lives that an envelope would name. */
interface Underway {
  readonly to: 0 | 1
  readonly frame: Frame
  readonly lives: readonly [number, number]
}

/**
 * Two nodes and the way between them, with the rules by which `Exchange` hands frames to a channel. Each message is a
 * number, its sender and the lives it was posted in; what it promises is checked as messages arrive.
 */
class World {
  readonly lives: [number, number] = [1, 1]
  readonly underway: Underway[] = []
  readonly #channels: [Channel, Channel] = [new Channel(limits), new Channel(limits)]
  /** By sender: what was posted in the present lives and is neither delivered nor dropped, oldest first. */
  readonly #expected: [string[], string[]] = [[], []]
  readonly #delivered = new Set<string>()
  #count = 0
  #nowMs = 0

  constructor() {
    this.#introduce()
  }

  happen(what: Happening): void {
    switch (what.kind) {
      case 'post':
        this.#post(what.by, what.length)
        break
      case 'wait':
        this.#nowMs += what.durationMs
        break
      case 'forget':
        this.#channels[what.by].forget()
        this.#expected[what.by].length = 0
        break
      case 'restart':
        this.#restart(what.by)
        break
      default:
        this.#move(what)
    }
    this.#drain()
  }

  /** No more losses: everything that was promised arrives. */
  settle(): void {
    for (let round = 0; round < 500 && this.#expected.flat().length > 0; round++) {
      while (this.underway.length > 0) this.happen({ kind: 'arrive', at: 0 })
      this.happen({ kind: 'wait', durationMs: 320 })
    }
    expect(this.#expected).toEqual([[], []])
  }

  #post(by: 0 | 1, length: number): void {
    const message = `${this.#count++}:${by}:${this.lives}:${'x'.repeat(length)}`
    if (this.#channels[by].post(bytes(message))) this.#expected[by].push(message)
  }

  #move({ kind, at }: { kind: 'arrive' | 'lose' | 'repeat'; at: number }): void {
    const index = at % Math.max(1, this.underway.length)
    const found = this.underway[index]
    if (!found) return
    if (kind !== 'repeat') this.underway.splice(index, 1)
    const isOfTheseLives = found.lives[0] === this.lives[0] && found.lives[1] === this.lives[1]
    if (kind === 'lose' || !isOfTheseLives || found.frame.kind === 'hello') return
    for (const message of this.#channels[found.to].receive(found.frame, this.#nowMs)) {
      const from = found.to === 0 ? 1 : 0
      const expected = this.#expected[from]
      expect(this.#delivered.has(text(message))).toBe(false)
      this.#delivered.add(text(message))
      // A message that was forgotten may still arrive, but only before those posted later.
      if (text(message) === expected[0]) expected.shift()
      else expect(expected).not.toContain(text(message))
      expect(text(message).split(':').slice(1, 3)).toEqual([`${from}`, `${this.lives}`])
    }
  }

  #restart(by: 0 | 1): void {
    this.lives[by] += 1
    this.#channels[by] = new Channel(limits)
    this.#expected[0].length = 0
    this.#expected[1].length = 0
    this.#introduce()
  }

  #introduce(): void {
    this.#channels[0].peerIs(this.lives[1])
    this.#channels[1].peerIs(this.lives[0])
  }

  #drain(): void {
    for (const from of [0, 1] as const) {
      for (const frame of this.#channels[from].takeFrames(this.#nowMs)) {
        this.underway.push({ to: from === 0 ? 1 : 0, frame, lives: [this.lives[0], this.lives[1]] })
      }
    }
    this.underway.splice(0, this.underway.length - 200)
  }
}

test('whatever happens on the way, every message arrives once, in order, and in the lives it was meant for', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 300, size: 'max' }), (happenings) => {
      const world = new World()
      for (const each of happenings) world.happen(each)
      world.settle()
    }),
    { numRuns: 200 },
  )
})
