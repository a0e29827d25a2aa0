/** What a running cluster says would happen, and that it is what happens. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { observedSchema } from '../../src/plan/observedSchema.ts'
import { planSchema } from '../../src/plan/planSchema.ts'
import {
  cleanUp,
  nodeOf,
  type SystemCluster,
  startLedger,
  temporaryDirectory,
  testTimeoutMs,
} from '../support/system.ts'

/** One cluster for all tests of this file, in this order: the last one breaks it. */
let cluster: SystemCluster

beforeAll(async () => {
  cluster = await startLedger()
}, testTimeoutMs)
afterAll(cleanUp)

async function planned(...words: string[]) {
  const { stdout, stderr, exitCode } = await cluster.rolecall('plan', '--running', '--json', ...words)
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return planSchema.parse(JSON.parse(stdout))
}

test(
  'at rest nothing is to be done, whichever node is asked',
  async () => {
    const { primary } = await cluster.placesOf('ledger')
    for (const name of cluster.nodes) {
      const { steps, waits, verdict, before, quorum } = await planned('--name', name)
      expect({ steps, waits, verdict }).toEqual({ steps: [], waits: [], verdict: 'whole' })
      const ledger = before.assignments.find((assignment) => assignment.name === 'ledger')!
      expect(ledger.places.find(({ role }) => role === 'primary')!.node).toBe(primary)
      expect(quorum).toMatchObject({ isQuorate: true, voterCount: 3, aliveVoterCount: 3 })
    }
  },
  testTimeoutMs,
)

test(
  'what is changed is only thought of',
  async () => {
    const before = await cluster.placesOf('ledger')
    const { after } = await planned('--add', 'assignments/ledger=null', '--add', 'components/ledger=null')
    expect(after.assignments).toEqual([])
    const { steps } = await planned('--switchover', `ledger=${before.other}`)
    expect(steps.at(-1)).toBeDefined()
    expect(await cluster.placesOf('ledger')).toEqual(before)
  },
  testTimeoutMs,
)

test(
  'what it began with is saved, and gives the same plan without the cluster',
  async () => {
    const { primary } = await cluster.placesOf('ledger')
    const saved = join(temporaryDirectory(), 'observed.yaml')
    const asked = await planned('--save-observed', saved, '--fail', `node:${primary}`)
    expect(observedSchema.safeParse(Bun.YAML.parse(await Bun.file(saved).text())).success).toBe(true)
    const { stdout } = await cluster.rolecall('plan', '--observed', saved, '--json', '--fail', `node:${primary}`)
    expect(planSchema.parse(JSON.parse(stdout)).steps).toEqual(asked.steps)
  },
  testTimeoutMs,
)

test(
  'a dry run shows the plan, and nothing happens; what it shows is what the operation then does',
  async () => {
    const before = await cluster.placesOf('ledger')
    const target = `${before.primary}/ledger`
    const text = await cluster.rolecall('lock', target, '--dry-run')
    expect({ stderr: text.stderr, exitCode: text.exitCode }).toEqual({ stderr: '', exitCode: 0 })
    expect(text.stdout).toMatch(/^What if .*\nVerdict /)
    const { stdout } = await cluster.rolecall('lock', target, '--dry-run', '--json')
    const plan = planSchema.parse(JSON.parse(stdout).plan)
    expect(await cluster.placesOf('ledger')).toEqual(before)
    expect((await cluster.rolecall('lock', target)).exitCode).toBe(0)
    const foreseen = plan.after.assignments[0]!.places.find(({ role }) => role === 'primary')!.place
    expect(await cluster.primaryOf('ledger')).toBe(foreseen)
    expect((await cluster.rolecall('unlock', target)).exitCode).toBe(0)
  },
  testTimeoutMs,
)

test(
  'what it says of the loss of the primary is what comes of it',
  async () => {
    const { primary } = await cluster.placesOf('ledger')
    const { after } = await planned('--end', `node:${primary}`)
    const ledger = after.assignments.find(({ name }) => name === 'ledger')!
    const foreseen = (role: string) => ledger.places.filter((place) => place.role === role).map(({ place }) => place)
    cluster.killNode(primary)
    const { assignments } = await cluster.until('another is primary, with a secondary', ({ assignments }) =>
      assignments.some(
        ({ name, primary: now, health }) => name === 'ledger' && health === 'served' && nodeOf(now!) !== primary,
      ),
    )
    const now = assignments.find(({ name }) => name === 'ledger')!
    expect([now.primary!]).toEqual(foreseen('primary'))
    expect([...now.secondaries]).toEqual(foreseen('secondary'))
  },
  testTimeoutMs,
)
