/**
 * An HA-aware program that serves several assignments, for tests: notes each role it takes in $DIR/pool.log, `primary web1 3.14`, and
 * every checkpoint; hands its state, the word it was told last for an assignment, to the secondary. Started by rolecall.
 */
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { connect, RolecallError } from '../../src/sdk/index.ts'

const log = join(process.env.DIR!, process.env.LOG ?? 'pool.log')
const note = (line: string): void => appendFileSync(log, `${line}\n`)

const rolecall = await connect(
  {},
  {
    async onRole({ assignment, role, token }) {
      note(`${role} ${assignment} ${token.epoch}.${token.index}`)
      if (role === 'primary') await rolecall.checkpoint({ assignment, data: { primaryOf: assignment } })
    },
    onPeers({ assignment, peers }) {
      note(`peers ${assignment} ${peers.map(({ component, role }) => `${component} ${role}`).join(', ')}`)
    },
    onCheckpoint({ assignment, from }) {
      note(`checkpoint ${assignment} ${from}`)
    },
    onReset() {
      note('reset')
    },
    onSelfTest() {
      note('self-test')
      if (existsSync(join(process.env.DIR!, 'faulty'))) throw new RolecallError('disk.bad', 'sector 7')
    },
    onStop() {
      note('stop')
      process.exit(0)
    },
    onDisconnected: () => process.exit(1),
  },
)
note(`started ${process.env.ROLECALL_COMPONENT} ${process.pid}`)
// What is not told at the start is told with each role.
if (process.env.ROLECALL_ASSIGNMENT !== undefined) note(`assignment ${process.env.ROLECALL_ASSIGNMENT}`)
