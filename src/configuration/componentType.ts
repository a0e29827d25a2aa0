/** Component type information in the file (SPEC C6): how a kind of program is run, watched, told its role and recovered. */
import { constants } from 'node:os'
import { z } from 'zod'
import { recoveries, type Standby } from '../../machines/model/configuration.ts'
import { command, count, duration, environment, mapping, nameText, text } from './values.ts'

const dayMs = 86_400_000
const longest = { minMs: 1, maxMs: dayMs }

function hook(description: string) {
  return command().optional().meta({ description, type: 'list of text' })
}

const hooks = mapping({
  onPrimary: hook(
    'Run when the component becomes primary. It is primary, and reported so, when the command exits with 0.',
  ),
  onSecondary: hook('Run when it becomes secondary.'),
  onSpare: hook('Run when it becomes spare.'),
  onQuiescing: hook(
    'Run when a primary is to hand over: finish what was begun, take nothing new. Without it, an exclusive program that is not aware is ended before another takes over.',
  ),
  onOffline: hook('Run before its process is stopped.'),
  onPeers: hook('Run when the others of its assignment, or their roles, change.'),
  onReset: hook(
    'Run for a soft reset: the program forgets what it has and begins anew, without its process ending. Exit code 0: it is well again.',
  ),
  onSelfTest: hook('Run while it is offline, when an operator asks for a self-test. Exit code 0: it has passed.'),
})

const probe = mapping({
  exec: command().optional().meta({ description: 'A command; exit code 0 is healthy.', type: 'list of text' }),
  http: z
    .url({ protocol: /^https?$/, error: 'a URL such as http://127.0.0.1:8101/health' })
    .optional()
    .meta({ description: 'A URL; a 2xx answer is healthy.', type: 'URL' }),
  tcp: z
    .string({ error: 'a host and port such as 127.0.0.1:8101' })
    .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, { error: 'a host and port such as 127.0.0.1:8101' })
    .optional()
    .meta({ description: 'A host and port; an accepted connection is healthy.', type: 'host:port' }),
  interval: duration({ minMs: 10, maxMs: dayMs })
    .default(1000)
    .meta({ description: 'Between two probes.', type: 'duration' }),
  timeout: duration({ minMs: 1, maxMs: dayMs })
    .default(500)
    .meta({ description: 'A probe that has no answer by then has failed.', type: 'duration' }),
  failures: count({ min: 1, max: 100 }).default(3).meta({
    description: 'So many failures in a row are an error report, which starts recovery.',
    type: 'whole number',
  }),
})

const recoveryText = recoveries.join(', ').replace(/, (\w+)$/, ' or $1')
const rung = () => z.enum(recoveries)

const recovery = mapping({
  restarts: count({ min: 0, max: 100 }).default(3).meta({
    description:
      'So many restarts within the window; one more failure bars the component from its node until it is unlocked, or for as long as `barredFor` says.',
    type: 'whole number',
  }),
  window: duration({ minMs: 1, maxMs: 30 * dayMs })
    .default(60_000)
    .meta({ description: 'The window in which restarts and resets are counted.', type: 'duration' }),
  first: rung().optional().meta({
    description:
      'The first answer to a failure; one that does not help is followed by the next, in this order. `reset`: it begins anew in its process. `restart`: its process does. `failover`: another takes its role. `switchover`: another takes it in good order. `nodeSwitchover`, `nodeFailover`: the same for everything on its node. Default: failover where a hot standby is ready, else restart.',
    type: recoveryText,
  }),
  byCode: z.record(z.string(), rung(), { error: 'a mapping of codes to recoveries' }).optional().meta({
    description: 'The first answer to a report with this code, before `first`: `{ probe.failed: reset }`.',
    type: 'mapping to recoveries',
  }),
  resets: count({ min: 0, max: 100 }).optional().meta({
    description: 'So many soft resets within the window before a restart. Default: 1.',
    type: 'whole number',
  }),
  barredFor: duration({ minMs: 1000, maxMs: 365 * dayMs })
    .optional()
    .meta({
      description:
        'A component that was barred from its node is used again after this long. Default: when it is unlocked.',
      type: 'duration',
    }),
})

const serves = mapping({
  primaries: count({ min: 1, max: 1000 }).default(1).meta({
    description: 'It is primary for at most so many assignments at once.',
    type: 'whole number',
  }),
  secondaries: count({ min: 0, max: 1000 }).default(1).meta({
    description: 'It is secondary for at most so many.',
    type: 'whole number',
  }),
  mixed: z.boolean({ error: 'true or false' }).default(false).meta({
    description: 'Whether it may be primary for one while it is secondary for another. If not, it is one or the other.',
    type: 'true or false',
  }),
})

const takenRoles = z
  .array(z.enum(['spare', 'secondary', 'primary']), { error: 'a list of roles: spare, secondary, primary' })
  .refine((roles) => roles.includes('primary'), { error: 'a list of roles with primary among them' })
  .refine((roles) => new Set(roles).size === roles.length, { error: 'a list with each role once' })

export const componentTypeSchema = mapping({
  agent: z
    .enum(['process'])
    .default('process')
    .meta({ description: 'What runs it. `process`: a program of its own process group.', type: 'process' }),
  aware: z.boolean({ error: 'true or false' }).default(false).meta({
    description: 'Whether the program speaks the SDK protocol. If not, roles reach it as hooks only.',
    type: 'true or false',
  }),
  standby: z.enum(['hot', 'warm', 'cold']).optional().meta({
    description:
      "`hot`: runs in every role but offline, and a ready secondary has the primary's state. `warm`: runs as secondary and primary. `cold`: runs only where it is primary. Default: hot if aware, else cold.",
    type: 'hot, warm or cold',
  }),
  exclusive: z.boolean({ error: 'true or false' }).default(true).meta({
    description:
      'Two primaries at once would do harm. `false`: what it acts on checks the fencing token itself, so a take-over needs no wait.',
    type: 'true or false',
  }),
  command: command().meta({ description: 'The program and its arguments; no shell reads them.', type: 'list of text' }),
  workingDirectory: text('a path').optional().meta({
    description: "Where the program, its hooks and its probes run. Default: the configuration file's folder.",
    type: 'path',
  }),
  environment: environment().default({}).meta({
    description: "Added to the program's environment. Values are text: put numbers in quotes.",
    type: 'mapping to text',
  }),
  start: mapping({
    timeout: duration(longest).default(10_000).meta({
      description: 'A program that is not ready this long after its start has failed to start.',
      type: 'duration',
    }),
  })
    .prefault({})
    .meta({ description: 'How it is started.', type: 'mapping' }),
  stop: mapping({
    signal: z
      .string({ error: 'the name of a signal such as SIGTERM' })
      .refine((name) => Object.hasOwn(constants.signals, name), { error: 'the name of a signal such as SIGTERM' })
      .default('SIGTERM')
      .meta({ description: 'Asks the program to end.', type: 'signal' }),
    timeout: duration(longest)
      .default(5000)
      .meta({ description: 'What is left of its process group after this long is killed.', type: 'duration' }),
  })
    .prefault({})
    .meta({ description: 'How it is stopped.', type: 'mapping' }),
  role: mapping({
    timeout: duration(longest).default(5000).meta({
      description: 'Time limit of one role command, hook or callback. One that takes longer has failed.',
      type: 'duration',
    }),
  })
    .prefault({})
    .meta({ description: 'How it is told its role.', type: 'mapping' }),
  probe: probe
    .optional()
    .meta({ description: 'How its health is asked for. Default: only its exit is watched.', type: 'mapping' }),
  hooks: hooks.prefault({}).meta({
    description:
      'Commands that are run when its role changes, with the role, assignment, peers and token in their environment.',
    type: 'mapping',
  }),
  recovery: recovery
    .prefault({})
    .meta({ description: 'What is done about its failures, and how often before that is given up.', type: 'mapping' }),
  class: nameText('the name of a class').optional().meta({
    description: 'Its class, for people and for operations on many. Default: none.',
    type: 'name',
  }),
  roles: takenRoles.optional().meta({
    description: 'The roles it can take, beside offline and quiescing. Default: all of them.',
    type: 'list of spare, secondary and primary',
  }),
  serves: serves.optional().meta({
    description:
      'How many assignments one component (an instance on a node) serves at once. Beyond one of each it is shared: each assignment has a place of its own in it, `n1/pool/web1`, with its own role. Default: one.',
    type: 'mapping',
  }),
  selfDetermining: z.boolean({ error: 'true or false' }).optional().meta({
    description:
      'Whether the program picks its role itself and says so. What is planned goes around it. Default: false.',
    type: 'true or false',
  }),
})

export type ComponentTypeFile = z.output<typeof componentTypeSchema>

export function standbyOf({ standby, aware }: Partial<ComponentTypeFile>): Standby {
  return standby ?? (aware ? 'hot' : 'cold')
}
