/** Two nodes whose lamps light each other: causes across nodes, and the story that is told of them. */
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { HybridTime } from '../../src/engine/hybridClock.ts'
import { describeMessage } from '../../src/recorder/describe.ts'
import { explain, narrate } from '../../src/recorder/narrative.ts'
import { formatEntry, formatNarrative } from '../../src/recorder/text.ts'
import { mergeTimeline, readTimeline, type TimelineEntry } from '../../src/recorder/timeline.ts'
import { makeDirectory, removeDirectories, startLamp, startNode, TestClock, type TestNode } from './support.ts'

afterAll(removeDirectories)

/** n1's lamp, when it changes, presses n2's; n2's wall clock is 40 ms behind. The message carries cause and time. */
function recordPair(): string {
  const root = makeDirectory()
  const clock = new TestClock()
  const behind = { nowMs: clock.nowMs, wallUs: () => clock.wallUs() - 40_000, setTimer: clock.setTimer.bind(clock) }
  const n2: TestNode = startNode(join(root, 'n2'), { node: 'n2', incarnation: 4, clock: behind })
  const n1: TestNode = startNode(join(root, 'n1'), {
    clock,
    perform: (_effect, node) => {
      const { sequence } = node.effects.at(-1)!
      const heard: HybridTime = node.engine.time
      n2.engine.observe(heard)
      n2.engine.send('lamp/b', { type: 'lamp.press' }, { node: 'n1', incarnation: 1, sequence })
    },
  })
  startLamp(n2, 'lamp/b')
  startLamp(n1, 'lamp/a')
  clock.pass(10)
  n1.engine.send('lamp/a', { type: 'lamp.note', text: 'of no consequence' })
  n1.engine.send('lamp/a', { type: 'lamp.press' })
  clock.pass(1500)
  return root
}

const timeline = readTimeline([recordPair()])

describe('timeline', () => {
  test('an effect stands after its cause, though its node has an earlier clock', () => {
    expect(timeline.entries.slice(0, 5).map(({ id, event, cause }) => [id, event.type, cause])).toEqual([
      ['n2:4:1', 'start', null],
      ['n1:1:1', 'start', null],
      ['n1:1:2', 'lamp.note', null],
      ['n1:1:3', 'lamp.press', null],
      ['n2:4:2', 'lamp.press', 'n1:1:3'],
    ])
    const places = new Map(timeline.entries.map((entry, index) => [entry.id, index]))
    for (const entry of timeline.entries) {
      if (entry.cause !== null) expect(places.get(entry.cause)!).toBeLessThan(places.get(entry.id)!)
    }
  })

  test('equal times are ordered by node, then by sequence', () => {
    const at = (node: string, sequence: number, us: number): TimelineEntry => ({
      ...timeline.entries[0]!,
      id: `${node}:1:${sequence}`,
      node,
      incarnation: 1,
      sequence,
      time: { us, count: 0 },
    })
    const merged = mergeTimeline([at('n2', 1, 5), at('n1', 2, 5), at('n1', 1, 5), at('n3', 9, 4)])
    expect(merged.entries.map((entry) => entry.id)).toEqual(['n3:1:9', 'n1:1:1', 'n1:1:2', 'n2:1:1'])
  })

  test('a line has time, id, actor, event, change of state, effects', () => {
    const pressed = timeline.byId.get('n1:1:3')!
    expect(formatEntry(pressed)).toBe(
      '2023-11-14T22:13:20.010000Z  n1:1:3        lamp/a                lamp.press  dark → lit  does lamp.changed',
    )
  })
})

describe('explain', () => {
  test('leads back to the root and forward to all that followed', () => {
    const narrative = explain(timeline, 'n2:4:2')!
    expect(narrative.rootId).toBe('n1:1:3')
    expect(narrative.lines.map(({ id, depth, isAsked }) => ({ id, depth, isAsked }))).toEqual([
      { id: 'n1:1:3', depth: 0, isAsked: false },
      { id: 'n2:4:2', depth: 1, isAsked: true },
    ])
    expect(formatNarrative(narrative)).toBe(
      [
        '+      0.0 ms  n1  lamp/a  lamp.press',
        '                           dark → lit',
        '                           does lamp.changed (name lamp/a, count 1)',
        '+      0.0 ms  n2  lamp/b  lamp.press ◀',
        '                           dark → lit',
        '                           does lamp.changed (name lamp/b, count 1)',
        '',
      ].join('\n'),
    )
    expect(explain(timeline, 'n1:1:3')!.lines.map((line) => line.id)).toEqual(['n1:1:3', 'n2:4:2'])
  })

  test('of a step that is not there is null', () => {
    expect(explain(timeline, 'n1:1:99')).toBeNull()
    expect(explain(timeline, 'n9:1:1')).toBeNull()
  })

  test('stays within its bound, and a circle of causes does not hold it', () => {
    expect(explain(timeline, 'n1:1:3', { lineCountMax: 1 })).toMatchObject({ lines: [{}], leftOutCount: 1 })
    const [a, b] = [timeline.byId.get('n1:1:3')!, timeline.byId.get('n2:4:2')!]
    const circle = mergeTimeline([{ ...a, cause: b.id }, b])
    expect(explain(circle, a.id)!.lines).toHaveLength(2)
    expect(narrate(circle, { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }).lines).toHaveLength(2)
  })
})

describe('narrate', () => {
  const all = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }

  test('leaves out what had no outcome', () => {
    const narrative = narrate(timeline, all)
    expect(narrative.lines.map((line) => line.id)).not.toContain('n1:1:2')
    expect(narrative.leftOutCount).toBe(1)
    expect(narrative.lines.map((line) => line.event)).toContain('time-out burn in lamp.lit')
  })

  test('of a time, of some actors, from a trigger, without what the caller calls noise', () => {
    const ids = (options: Partial<Parameters<typeof narrate>[1]>) =>
      narrate(timeline, { ...all, ...options }).lines.map((line) => line.id)
    const pressedUs = timeline.byId.get('n1:1:3')!.time.us
    expect(ids({ fromUs: pressedUs, toUs: pressedUs })).toEqual(['n1:1:3', 'n2:4:2'])
    expect(ids({ actors: ['lamp/b'] }).every((id) => id.startsWith('n2:'))).toBe(true)
    expect(ids({ actors: ['lamp'] })).toEqual(ids({}))
    expect(ids({ trigger: 'n1:1:3' })).toEqual(['n1:1:3', 'n2:4:2'])
    expect(ids({ trigger: 'n9:1:1' })).toEqual([])
    expect(ids({ isNoise: (entry) => entry.kind === 'start' })).not.toContain('n1:1:1')
  })
})

describe('messages in plain words', () => {
  test.each([
    [
      { type: 'process.exited', incarnation: 3, code: null, signal: 'SIGKILL' },
      'process.exited (incarnation 3, signal SIGKILL)',
    ],
    [{ type: 'role.invoke', token: { epoch: 4, index: 17 } }, 'role.invoke (token 4.17)'],
    [{ type: 'peers', peers: ['n1', 'n2'], rest: [{}, {}] }, 'peers (peers [n1 n2], rest [2 entries])'],
    [{ type: 'status', status: { role: 'primary', deep: {}, ok: true } }, 'status (status {role primary ok true})'],
    [{ type: 'xstate.after.takeOver.crim.waiting' }, 'time-out takeOver in crim.waiting'],
    [{ type: 'many', a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 }, 'many (a 1, b 2, c 3, d 4, e 5, f 6, 1 more)'],
    [{ type: 'rude', text: '\x1b[2Jgone\n' }, 'rude (text  [2Jgone )'],
  ])('%j', (message, text) => {
    expect(describeMessage(message)).toBe(text)
  })
})
