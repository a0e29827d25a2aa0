/**
 * Five replicas, over a network that loses, doubles and reorders, that crash and lose what was not yet durable, come back with empty
 * disks, take snapshots when they like, are made voters, learners, or nothing, and go on alone when two are left and one is fenced.
 * No time passes and no promise binds: what is checked rests on votes and logs alone. After everything that happens: of one epoch
 * there is one leader (election safety); what is committed never changes (leader completeness, state machine safety); from one
 * committed list of members to the next, at most one joins or leaves those that count. In the end: logs agree (log matching).
 */
import { expect, test } from 'bun:test'
import * as rules from '../../../machines/logic/replicatedLog.ts'
import { Voters } from './replicatedLog/voters.ts'

const { LOG_SEED: onlySeed } = process.env
const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: 150 }, (_, index) => index + 1)
const stepCount = 1500

interface Seen {
  readonly leaders: Map<number, string>
  readonly committed: Map<number, string>
  readonly counts: Record<string, number>
}

function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_769
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What always holds. */
function check(voters: Voters, { leaders, committed }: Seen): void {
  for (const name of voters.names) {
    const { state, log } = voters.of(name)
    if (state.leadership !== null) {
      const who = `${name} ${state.disk}`
      const known = leaders.get(state.epoch) ?? who
      if (known !== who) throw new Error(`${known} and ${who} lead epoch ${state.epoch}`)
      leaders.set(state.epoch, who)
    }
    for (const [peer, progress] of Object.entries(state.leadership?.progress ?? {})) {
      if (progress.inflight.length > rules.inflightCountMax) throw new Error(`too much on its way to ${peer}`)
      if (!(progress.match < progress.next && progress.next <= log.lastIndex + 1))
        throw new Error(`of ${peer}, ${name} has ${progress.match} before ${progress.next} of ${log.lastIndex}`)
    }
    // Those that nobody knew of before, and the latest of the others.
    let from = Math.max(log.firstIndex, state.commitIndex - 20)
    while (from > log.firstIndex && !committed.has(from - 1)) from -= 1
    if (state.commitIndex > log.lastIndex) throw new Error(`${name} lacks what it knows to be committed`)
    for (const entry of log.read(from, { countMax: state.commitIndex - from + 1 })) {
      const text = JSON.stringify(entry)
      const known = committed.get(entry.index) ?? text
      if (known !== text) throw new Error(`${name} has ${text} committed, others ${known}`)
      committed.set(entry.index, text)
    }
  }
}

function run(seed: number, counts: Record<string, number>): Seen & { voters: Voters } {
  const random = randomOf(seed)
  const isPair = seed % 3 === 0
  const names = isPair ? ['n1', 'n2'] : ['n1', 'n2', 'n3']
  const others = isPair ? ['n3'] : ['n4', 'n5']
  const logs = Object.fromEntries([...names.map((name) => [name, []]), ...others.map((name) => [name, null])])
  const voters = new Voters(logs, { isLazy: true, snapshotBytes: 60_000 })
  const seen: Seen = { leaders: new Map(), committed: new Map(), counts }
  const all = [...names, ...others]
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const leading = () => all.filter((name) => voters.state(name).leadership !== null)
  const isDown = new Set<string>()
  let diskCount = 0
  const did = (what: string, isDone = true) => {
    if (isDone) counts[what] = (counts[what] ?? 0) + 1
  }
  /** A disk is lost only while the others of its membership all have what is committed: else it may be lost with it. */
  const isSpare = (name: string) => {
    const committedTo = Math.max(0, ...seen.committed.keys())
    const counting = rules.quorumMembers(rules.membersOf(voters.state(leading().at(-1) ?? name)))
    const rest = counting.filter((member) => member.name !== name)
    return rest.length >= 2 && rest.every((member) => voters.of(member.name).kept.commitIndex >= committedTo)
  }
  const acts: [number, () => void][] = [
    [60, () => deliver()],
    [12, () => voters.sync(pick(all))],
    [8, () => voters.tick(pick(all))],
    [8, () => propose()],
    [2, () => campaign(pick(all))],
    [2, () => voters.compact(pick(all))],
    [1, () => change()],
    [0.5, () => crash(pick(all))],
    [0.1, () => wipe(pick(all))],
    [isPair ? 2 : 0, () => force()],
  ]
  const total = acts.reduce((sum, [weight]) => sum + weight, 0)

  function deliver(): void {
    const place = random() < 0.8 ? 0 : Math.floor(random() * voters.letters.length)
    const [letter] = random() < 0.05 ? voters.letters.slice(place, place + 1) : voters.letters.splice(place, 1)
    if (!letter || random() < 0.05 || isDown.has(letter.to)) return
    if (letter.message.type === 'install.request') did('install')
    voters.deliver(letter)
    const { ballot } = voters.state(letter.to)
    if (ballot && !ballot.isPre && rules.standingOf(voters.state(letter.to)) === 'won') voters.claim(letter.to)
  }
  function propose(): void {
    for (const name of leading()) {
      const { state, log } = voters.of(name)
      if (rules.proposalBar(state, log) === null) voters.propose(name, random())
    }
  }
  function campaign(name: string): void {
    if (isDown.has(name) || (leading().length > 0 && random() < 0.7)) return
    did('campaign', voters.campaign(name))
    const { ballot } = voters.state(name)
    if (ballot && !ballot.isPre && rules.standingOf(voters.state(name)) === 'won') {
      voters.sync(name)
      voters.claim(name)
    }
  }
  function change(): void {
    const wanted = all.filter(() => random() < 0.8).map((name) => (random() < 0.8 ? name : `${name}/learner`))
    for (const name of leading()) did('change', wanted.length > 0 && voters.change(name, wanted.join(' ')))
  }
  function crash(name: string): void {
    voters.crash(name)
    did('crash')
  }
  function wipe(name: string): void {
    if (!isSpare(name)) return
    diskCount += 1
    voters.wipe(name, `${name}-disk${diskCount}`)
    did('wipe')
  }
  /** The fence ends the other for good; what it had sent may still arrive. It comes back later. */
  function force(): void {
    const [name, other] = random() < 0.5 ? (['n1', 'n2'] as const) : (['n2', 'n1'] as const)
    if (isDown.size > 0) {
      isDown.clear()
      return
    }
    if (voters.state(name).leader !== other || !voters.of(name).hasMet) return
    crash(other)
    isDown.add(other)
    did('force', voters.force(name, other))
  }

  for (let step = 0; step < stepCount; step += 1) {
    let drawn = random() * total
    const act = acts.find(([weight]) => {
      drawn -= weight
      return drawn < 0
    })!
    act[1]()
    if (voters.letters.length > 200) voters.letters.splice(0, 100)
    voters.lines.length = 0
    check(voters, seen)
  }
  return { ...seen, voters }
}

/** All the lists of members that were committed, in order. */
function checkChanges({ committed }: Seen): void {
  const lists = [...committed]
    .sort(([a], [b]) => a - b)
    .map(([, text]) => JSON.parse(text) as rules.LogEntry)
    .flatMap(({ command }) => (command.type === 'members' ? [command.members] : []))
  for (const [place, list] of lists.entries())
    if (place > 0) expect(rules.isLegalChange(lists[place - 1]!, list)).toBe(true)
}

/** Two logs that have the same epoch at a place have the same up to it. */
function checkMatching(voters: Voters): void {
  const logs = voters.names.map((name) => voters.of(name).log)
  for (const a of logs)
    for (const b of logs) {
      let isAgreed = false
      for (let index = Math.min(a.lastIndex, b.lastIndex); index >= Math.max(a.firstIndex, b.firstIndex); index -= 1) {
        isAgreed ||= a.epochAt(index) === b.epochAt(index)
        if (isAgreed) expect(a.read(index, { countMax: 1 })).toEqual(b.read(index, { countMax: 1 }))
      }
    }
}

test('whatever is lost, changed, compacted or fenced: one leader an epoch, and what is committed stays', () => {
  const counts: Record<string, number> = {}
  let committedCount = 0
  for (const seed of seeds) {
    try {
      const seen = run(seed, counts)
      checkChanges(seen)
      checkMatching(seen.voters)
      committedCount += seen.committed.size
    } catch (error) {
      const replay = `LOG_SEED=${seed} bun test test/machines/logic/replicatedLogRandom.test.ts`
      throw new Error(`${error instanceof Error ? error.message : error}\nto replay: ${replay}`, { cause: error })
    }
  }
  if (onlySeed) return
  // That there was trouble of every kind, and work done all the same.
  for (const what of ['campaign', 'change', 'crash', 'wipe', 'force', 'install'])
    expect([what, (counts[what] ?? 0) >= 20]).toEqual([what, true])
  expect(committedCount).toBeGreaterThan(10 * seeds.length)
})
