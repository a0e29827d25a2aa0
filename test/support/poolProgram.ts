/**
 * An HA-aware program that serves several assignments, for tests: notes each role it takes in $DIR/pool.log, `primary web1 3.14`, and
 * every checkpoint; speaks for what it is asked to. Started by rolecall.
 */
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { connect, RolecallError } from '../../src/sdk/index.ts'

const log = join(process.env.DIR!, process.env.LOG ?? 'pool.log')
const note = (line: string): void => appendFileSync(log, `${line}\n`)

const rolecall = await connect(
  {},
  {
    async onRole({ component, assignment, role, token }) {
      note(`${role} ${component ?? assignment} ${token.epoch}.${token.index}`)
      if (role === 'primary' && component === undefined)
        await rolecall.checkpoint({ assignment, data: { primaryOf: assignment } })
    },
    onPeers({ assignment, peers }) {
      note(`peers ${assignment} ${peers.map(({ component, role }) => `${component} ${role}`).join(', ')}`)
    },
    onCheckpoint({ assignment, from }) {
      note(`checkpoint ${assignment} ${from}`)
    },
    onProxiedStart({ component }) {
      note(`speaks for ${component}`)
      rolecall.proxied({ component, state: 'ready', endpoint: 'card:1' })
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
/** Words of a test: `echo '{"component":"n1/card","state":"failed"}' >$DIR/say`. */
const say = join(process.env.DIR!, process.env.SAY ?? 'say')
setInterval(() => {
  if (!existsSync(say)) return
  const words = JSON.parse(readFileSync(say, 'utf8'))
  rmSync(say)
  if ('component' in words) rolecall.proxied(words)
  else if ('code' in words) rolecall.reportError(words)
  else if ('percent' in words) rolecall.reportLoad(words)
  else rolecall.announceRole(words)
}, 20)
// What is not told at the start is told with each role.
if (process.env.ROLECALL_ASSIGNMENT !== undefined) note(`assignment ${process.env.ROLECALL_ASSIGNMENT}`)
