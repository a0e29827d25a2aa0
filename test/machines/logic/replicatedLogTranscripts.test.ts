/** The classic cases of consensus as conversations: what each voter says, and how all stand in the end (SPEC M1, D5). */
import { expect, test } from 'bun:test'
import * as rules from '../../../machines/logic/replicatedLog.ts'
import { bound, free, type Letter, Voters } from './replicatedLog/voters.ts'

/** Elected, its no-op everywhere; nothing of that is in the transcript. */
function led(logs: ConstructorParameters<typeof Voters>[0], options?: ConstructorParameters<typeof Voters>[1]): Voters {
  const voters = new Voters(logs, options)
  voters.elect('n1')
  voters.deliverAll()
  voters.lines.length = 0
  return voters
}

const without =
  (name: string) =>
  ({ from, to }: Letter) =>
    from !== name && to !== name

function ticks(voters: Voters, name: string, count: number): void {
  for (let tick = 0; tick < count; tick += 1) {
    voters.tick(name)
    voters.deliverAll()
  }
}

/** What was said, then each one's log by epochs, what it knows to be committed, and whom it follows. */
function transcript(voters: Voters): string {
  const ends = voters.names.map((name) => {
    const { epoch, commitIndex, leader, leadership } = voters.state(name)
    const stand = leadership ? 'leads' : leader ? `follows ${leader}` : 'follows nobody'
    return `${name}: log ${voters.log(name).join(' ')}, committed ${commitIndex}, e${epoch}, ${stand}`
  })
  return ['', ...voters.lines, ...ends, ''].join('\n')
}

test('pre-vote: one that comes back from behind a partition asks, and disturbs nobody', () => {
  const voters = led({ n1: [], n2: [], n3: [] })
  voters.propose('n1')
  voters.deliverAll(without('n3'))
  voters.bind(['n1', 'n2'], bound)
  voters.campaign('n3', { isPre: true })
  voters.deliverAll()
  ticks(voters, 'n1', 3)
  expect(transcript(voters)).toMatchInlineSnapshot(`
    "
    n1 > n2 append e1 after 1.1: 1.2 set (committed 1)
    n1 > n3 append e1 after 1.1: 1.2 set (committed 1)
    n2 > n1 has 2 (committed 1)
    n1 > n2 append e1 after 1.2: - (committed 2)
    n2 > n1 has 2 (committed 2)
    n3 > n1 would you vote for me in e2? my log ends at 1.1
    n3 > n2 would you vote for me in e2? my log ends at 1.1
    n1 > n3 pre-vote e2: promise
    n2 > n3 pre-vote e2: promise
    n1 > n3 append e1 after 1.1: 1.2 set (committed 2)
    n3 > n1 has 2 (committed 2)
    n1: log 1 1, committed 2, e1, leads
    n2: log 1 1, committed 2, e1, follows n1
    n3: log 1 1, committed 2, e1, follows n1
    "
  `)
})

test('a disruptive follower: its votes are refused for the promise, its epoch ends the mastership once, nothing is lost', () => {
  const voters = led({ n1: [], n2: [], n3: [] })
  voters.propose('n1')
  voters.deliverAll(without('n3'))
  voters.bind(['n1', 'n2'], bound)
  voters.campaign('n3')
  voters.deliverAll()
  ticks(voters, 'n1', 3)
  voters.bind(['n1', 'n2', 'n3'], free)
  voters.campaign('n1')
  voters.deliverAll()
  voters.claim('n1')
  voters.deliverAll()
  ticks(voters, 'n1', 2)
  expect(transcript(voters)).toMatchInlineSnapshot(`
    "
    n1 > n2 append e1 after 1.1: 1.2 set (committed 1)
    n1 > n3 append e1 after 1.1: 1.2 set (committed 1)
    n2 > n1 has 2 (committed 1)
    n1 > n2 append e1 after 1.2: - (committed 2)
    n2 > n1 has 2 (committed 2)
    n3 > n1 vote for me in e2? my log ends at 1.1
    n3 > n2 vote for me in e2? my log ends at 1.1
    n1 > n3 vote e2: promise
    n2 > n3 vote e2: promise
    n1 > n3 append e1 after 1.1: 1.2 set (committed 2)
    n3 > n1 lacks 1, perhaps agrees at 1.1
    n1 > n2 vote for me in e3? my log ends at 1.2
    n1 > n3 vote for me in e3? my log ends at 1.2
    n2 > n1 vote e3: yes
    n3 > n1 vote e3: yes
    n1 > n2 append e3 after 1.2: 3.3 noop (committed 2)
    n1 > n3 append e3 after 1.2: 3.3 noop (committed 2)
    n2 > n1 has 3 (committed 2)
    n3 > n1 lacks 2, perhaps agrees at 1.1
    n1 > n2 append e3 after 3.3: - (committed 3)
    n1 > n3 append e3 after 1.1: 1.2 set, 3.3 noop (committed 3)
    n2 > n1 has 3 (committed 3)
    n3 > n1 has 3 (committed 3)
    n1: log 1 1 3, committed 3, e3, leads
    n2: log 1 1 3, committed 3, e3, follows n1
    n3: log 1 1 3, committed 3, e3, follows n1
    "
  `)
})

test('transfer to a successor that lags: it is told to campaign when it has the whole log, and not before', () => {
  const voters = led({ n1: [], n2: [], n3: [] })
  voters.propose('n1')
  voters.deliverAll(without('n2'))
  const resigning = rules.resigning(voters.state('n1'), 'n2')!
  voters.of('n1').state = resigning
  expect(rules.isSuccessorReady(resigning, voters.of('n1').log)).toBe(false)
  expect(rules.proposalBar(resigning, voters.of('n1').log)).toBe('resigning')
  ticks(voters, 'n1', 3)
  expect(rules.isSuccessorReady(voters.state('n1'), voters.of('n1').log)).toBe(true)
  const { epoch } = voters.state('n1')
  voters.bind(['n3'], bound)
  voters.campaign('n2', { transfer: { leader: 'n1', epoch } })
  voters.deliverAll()
  voters.claim('n2')
  voters.deliverAll()
  expect(transcript(voters)).toMatchInlineSnapshot(`
    "
    n1 > n2 append e1 after 1.1: 1.2 set (committed 1)
    n1 > n3 append e1 after 1.1: 1.2 set (committed 1)
    n3 > n1 has 2 (committed 1)
    n1 > n3 append e1 after 1.2: - (committed 2)
    n3 > n1 has 2 (committed 2)
    n1 > n2 append e1 after 1.1: 1.2 set (committed 2)
    n2 > n1 has 2 (committed 2)
    n2 > n1 vote for me in e2? my log ends at 1.2
    n2 > n3 vote for me in e2? my log ends at 1.2
    n1 > n2 vote e2: yes
    n3 > n2 vote e2: yes
    n2 > n1 append e2 after 1.2: 2.3 noop (committed 2)
    n2 > n3 append e2 after 1.2: 2.3 noop (committed 2)
    n1 > n2 has 3 (committed 2)
    n3 > n2 has 3 (committed 2)
    n2 > n1 append e2 after 2.3: - (committed 3)
    n2 > n3 append e2 after 2.3: - (committed 3)
    n1 > n2 has 3 (committed 3)
    n3 > n2 has 3 (committed 3)
    n1: log 1 1 2, committed 3, e2, follows n2
    n2: log 1 1 2, committed 3, e2, leads
    n3: log 1 1 2, committed 3, e2, follows n2
    "
  `)
})

test('a slow follower after truncation: the snapshot in parts, then what follows it', () => {
  const voters = led({ n1: [], n2: [], n3: [] }, { snapshotBytes: 60_000 })
  for (let count = 0; count < 3; count += 1) voters.propose('n1')
  voters.deliverAll(without('n3'))
  voters.compact('n1')
  voters.propose('n1')
  voters.lines.length = 0
  ticks(voters, 'n1', 4)
  expect(transcript(voters)).toMatchInlineSnapshot(`
    "
    n2 > n1 has 5 (committed 4)
    n1 > n2 append e1 after 1.5: - (committed 5)
    n2 > n1 has 5 (committed 5)
    n1 > n3 snapshot e1 at 1.4: 47104 of 60000 from 0
    n3 > n1 wants the snapshot at 1.4 from 47104
    n1 > n3 snapshot e1 at 1.4: 12896 of 60000 from 47104
    n3 > n1 has the snapshot at 1.4
    n1 > n3 append e1 after 1.4: 1.5 set (committed 5)
    n3 > n1 has 5 (committed 5)
    n1: log 1, committed 5, e1, leads
    n2: log 1 1 1 1 1, committed 5, e1, follows n1
    n3: log 1, committed 5, e1, follows n1
    "
  `)
})

test('removal of the leader itself: a learner first, which does not count itself; its successor tells it so, and drops it when it has gone', () => {
  const voters = led({ n1: [], n2: [], n3: [] })
  voters.change('n1', 'n2 n3')
  voters.deliverAll()
  expect([voters.members('n2'), rules.isDeposed(voters.state('n1'))]).toEqual(['n2 n3 n1/learner', true])
  expect(voters.change('n1', 'n2 n3')).toBe(false)
  voters.campaign('n2')
  voters.deliverAll()
  voters.claim('n2')
  voters.deliverAll()
  voters.change('n2', 'n2 n3', { gone: 'n1' })
  voters.deliverAll(without('n1'))
  expect(voters.members('n3')).toBe('n2 n3')
  expect(transcript(voters)).toMatchInlineSnapshot(`
    "
    n1 > n2 append e1 after 1.1: 1.2 members (committed 1)
    n1 > n3 append e1 after 1.1: 1.2 members (committed 1)
    n2 > n1 has 2 (committed 1)
    n3 > n1 has 2 (committed 1)
    n1 > n2 append e1 after 1.2: - (committed 2)
    n1 > n3 append e1 after 1.2: - (committed 2)
    n2 > n1 has 2 (committed 2)
    n3 > n1 has 2 (committed 2)
    n2 > n3 vote for me in e2? my log ends at 1.2
    n3 > n2 vote e2: yes
    n2 > n3 append e2 after 1.2: 2.3 noop (committed 2)
    n2 > n1 append e2 after 1.2: 2.3 noop (committed 2)
    n3 > n2 has 3 (committed 2)
    n1 > n2 has 3 (committed 2)
    n2 > n3 append e2 after 2.3: - (committed 3)
    n2 > n1 append e2 after 2.3: - (committed 3)
    n3 > n2 has 3 (committed 3)
    n1 > n2 has 3 (committed 3)
    n2 > n3 append e2 after 2.3: 2.4 members (committed 3)
    n3 > n2 has 4 (committed 3)
    n2 > n3 append e2 after 2.4: - (committed 4)
    n3 > n2 has 4 (committed 4)
    n1: log 1 1 2, committed 3, e2, follows n2
    n2: log 1 1 2 2, committed 4, e2, leads
    n3: log 1 1 2 2, committed 4, e2, follows n2
    "
  `)
})

test('the vote of a learner: it does not campaign, nobody asks it, and without the voters there is no majority', () => {
  const voters = led({ n1: [], n2: [], n3: null })
  voters.change('n1', 'n1 n2 n3/learner')
  ticks(voters, 'n1', 2)
  voters.lines.length = 0
  expect(voters.campaign('n3')).toBe(false)
  voters.bind(['n1', 'n2', 'n3'], free)
  voters.campaign('n2')
  voters.deliverAll(without('n1'))
  expect(rules.standingOf(voters.state('n2'))).toBe('pending')
  expect(transcript(voters)).toMatchInlineSnapshot(`
    "
    n2 > n1 vote for me in e2? my log ends at 1.2
    n1: log 1 1, committed 2, e1, leads
    n2: log 1 1, committed 2, e2, follows nobody
    n3: log 1 1, committed 2, e1, follows n1
    "
  `)
})

test('append during install: what arrives in order makes the snapshot superfluous', () => {
  const voters = led({ n1: [], n2: [], n3: [] }, { snapshotBytes: 60_000 })
  voters.propose('n1')
  const late: Letter[] = []
  voters.deliverAll((letter) => {
    if (letter.to === 'n3') late.push(letter)
    return without('n3')(letter)
  })
  voters.compact('n1')
  voters.lines.length = 0
  ticks(voters, 'n1', 1)
  voters.tick('n1')
  voters.deliverAll(({ message }) => message.type !== 'install.reply')
  for (const letter of late) voters.deliver(letter)
  voters.deliverAll()
  ticks(voters, 'n1', 3)
  expect(transcript(voters)).toMatchInlineSnapshot(`
    "
    n1 > n3 snapshot e1 at 1.2: 47104 of 60000 from 0
    n3 > n1 wants the snapshot at 1.2 from 47104
    n3 > n1 has 2 (committed 1)
    n1 > n3 append e1 after 1.2: - (committed 2)
    n3 > n1 has 2 (committed 2)
    n1: log , committed 2, e1, leads
    n2: log 1 1, committed 2, e1, follows n1
    n3: log 1 1, committed 2, e1, follows n1
    "
  `)
})
