/**
 * The configuration file: its keys, types, defaults and what they mean. This is the one source: the loader parses with
 * it and the reference in docs/ is written from it. What needs more than one key to judge is in `crossChecks.ts`.
 */
import { z } from 'zod'
import { assignmentSchema } from './assignment.ts'
import { clusterLogSchema } from './clusterLog.ts'
import { componentTypeSchema } from './componentType.ts'
import { fenceSchema } from './fence.ts'
import { httpSchema } from './http.ts'
import { nodeRecoverySchema } from './nodeRecovery.ts'
import { groupsSchema, relationshipsSchema, releasesSchema } from './relationship.ts'
import { timingSchema } from './timing.ts'
import {
  byName,
  count,
  duration,
  environment,
  fewByName,
  linkAddress,
  list,
  mapping,
  nameText,
  nodeCountMax,
  releaseText,
  resources,
  size,
  text,
} from './values.ts'

/** Nodes that vote: every decision waits for a majority of them, so more would only be slower. */
export const voterCountMax = 7
const linkCountMax = 4
const mebibyte = 1024 ** 2
const levelCountMax = 8

/** A derived key is only as good as what it comes from. */
export const secretLengthMin = 8

export const nodeSchema = mapping({
  links: list(linkAddress(), { expected: 'a list of addresses, one a link', countMax: linkCountMax }).meta({
    description:
      'Its address on each link, in the same order on every node: `10.0.0.1:7101`. UDP and TCP use the same port, heartbeats UDP at the port after it. Two links over separate switches survive the loss of one.',
    type: 'list of address:port',
  }),
  rank: count({ min: 0, max: 1000 }).optional().meta({
    description:
      'Lower is preferred, as vice master and as a place for primaries. Default: its place in the file, from 1.',
    type: 'whole number',
  }),
  eligible: z.boolean({ error: 'true or false' }).default(true).meta({
    description: 'Whether it votes and can be master. `false`: it runs components and holds the repository only.',
    type: 'true or false',
  }),
  fence: fenceSchema.optional().meta({
    description:
      'How the other nodes cut its power (docs/fencing.md). Default: not at all; only time, evidence or an operator proves its end.',
    type: 'mapping',
  }),
  capacity: resources().optional().meta({
    description:
      'What it has of each resource, in whole numbers of whatever unit: `{ memory: 16, cpu: 8 }`. Of what is not named it has nothing. Assignments take of it by their `weights`.',
    type: 'mapping to whole numbers',
  }),
  containment: fewByName(nameText('the name of a place'), {
    expected: 'a mapping of levels to names of places',
    countMax: levelCountMax,
  })
    .optional()
    .meta({
      description:
        'Where it stands, from the outside in: `{ site: east, shelf: east-a }`. Every node has the same levels. Nodes with the same name at a level stand in the same place, so the name of a shelf tells its site too. The level `node` is the node itself.',
      type: 'mapping to names',
    }),
  release: releaseText().optional().meta({
    description: 'Its software release domain. Default: none is known, and it fits with all.',
    type: 'text',
  }),
})

export const arbiterSchema = mapping({
  name: nameText('the name of the arbiter').meta({ description: 'Its name, which no node has.', type: 'name' }),
  links: list(linkAddress(), { expected: 'a list of addresses, one a link', countMax: linkCountMax }).meta({
    description: 'Its address on each link, as of a node.',
    type: 'list of address:port',
  }),
})

export const componentSchema = mapping({
  type: nameText('the name of a type').meta({ description: 'One of `types`.', type: 'name' }),
  nodes: list(nameText('the name of a node'), { expected: 'a list of nodes', countMax: nodeCountMax }).meta({
    description: 'The nodes that have an instance of it, preferred first.',
    type: 'list of names',
  }),
  instances: byName(
    mapping({
      environment: environment().default({}).meta({
        description: "Added to the program's environment on this node, over the type's.",
        type: 'mapping to text',
      }),
      endpoint: text('text such as http://10.0.0.1:8101').optional().meta({
        description:
          'Where clients reach it, as `rolecall where` prints it. An aware program can give its own when it registers.',
        type: 'text',
      }),
    }),
    'nodes to what differs there',
  )
    .default({})
    .meta({ description: 'What differs per node, by the name of the node.', type: 'mapping' }),
  proxy: nameText('the name of a component').optional().meta({
    description:
      'The component that speaks for it: an instance of that one must serve for this one to be used. It has an instance on every node that this one has. The loss of the proxy is not the loss of what it speaks for.',
    type: 'name',
  }),
})

export const configurationSchema = mapping({
  cluster: nameText('the name of the cluster').meta({ description: 'Name of the cluster.', type: 'name' }),
  secret: z
    .string({ error: 'text' })
    .min(secretLengthMin, { error: `text of at least ${secretLengthMin} characters` })
    .max(4096, { error: 'text of at most 4096 characters' })
    .optional()
    .meta({
      description:
        "Shared by all nodes: what they send each other is sealed with a key derived from it. Without it, the key comes from the cluster's name, which keeps clusters apart and nobody out.",
      type: 'text',
    }),
  secretFile: text('a path').optional().meta({
    description:
      'A file that holds the secret instead, readable by rolecall alone. White space around it does not count.',
    type: 'path',
  }),
  stateDirectory: text('a path').default('/var/lib/rolecall').meta({
    description:
      'Where logs, epochs, votes and black boxes are kept. Each node uses a folder of its own name below it.',
    type: 'path',
  }),
  runtimeDirectory: text('a path').default('/run/rolecall').meta({
    description: 'Where sockets are kept. Each node uses a folder of its own name below it.',
    type: 'path',
  }),
  timing: timingSchema.prefault({}).meta({ description: 'How fast faults are noticed and acted on.', type: 'mapping' }),
  guard: mapping({
    realtime: z.boolean({ error: 'true or false' }).default(true).meta({
      description:
        'Heartbeats run at real-time priority (SCHED_FIFO), so that a loaded machine is not taken for a failed one. Where that is not permitted they run without, and `status` says so.',
      type: 'true or false',
    }),
  })
    .prefault({})
    .meta({ description: 'The guard: the outer process of each node.', type: 'mapping' }),
  watchdog: mapping({
    device: text('a path').default('/dev/watchdog').meta({ description: 'The device.', type: 'path' }),
    timeout: duration({ minMs: 3000, maxMs: 600_000 }).default(10_000).meta({
      description: 'The machine is reset when it was not fed for this long. Whole seconds. Fed every second.',
      type: 'duration',
    }),
  })
    .optional()
    .meta({
      description:
        'A hardware or kernel watchdog, fed by the guard while the node is well: it resets a machine that can stop neither an exclusive primary nor itself. Without this key none is used.',
      type: 'mapping',
    }),
  recorder: mapping({
    segmentSize: size({ minBytes: 65_536, maxBytes: 1024 * mebibyte })
      .default(16 * mebibyte)
      .meta({ description: 'Size of a segment of the black box. Its space is taken when it is begun.', type: 'size' }),
    segmentCount: count({ min: 2, max: 4096 })
      .default(16)
      .meta({ description: 'So many segments are kept; then the oldest makes room.', type: 'whole number' }),
    cpuBudget: count({ min: 1, max: 100 }).default(5).meta({
      description:
        'What recording may take of one core, in percent. Over it, steps that came to nothing are counted instead of recorded (docs/black-box.md).',
      type: 'whole number',
    }),
    writeBudget: size({ minBytes: 4096, maxBytes: 1024 * mebibyte })
      .default(4 * mebibyte)
      .meta({ description: 'What may be recorded in a second; over it, as with `cpuBudget`.', type: 'size' }),
    flush: z
      .enum(['never', 'incident', 'interval'], { error: 'never, incident or interval' })
      .default('incident')
      .meta({
        description:
          'When records are taken to the disk itself, against loss of power: after each incident and every `flushInterval` while it lasts; every `flushInterval`; or when the kernel does it.',
        type: 'never, incident or interval',
      }),
    flushInterval: duration({ minMs: 10, maxMs: 3_600_000 })
      .default(1000)
      .meta({ description: 'See `flush`.', type: 'duration' }),
  })
    .prefault({})
    .meta({ description: 'The black box of each node.', type: 'mapping' }),
  http: httpSchema
    .optional()
    .meta({ description: 'The HTTP interface and the console of each node (docs/http.md).', type: 'mapping' }),
  log: clusterLogSchema.prefault({}).meta({
    description: 'The cluster log: what mattered on all nodes, in one (docs/cluster-log.md).',
    type: 'mapping',
  }),
  nodes: byName(nodeSchema, 'names to nodes')
    .refine((nodes) => Object.keys(nodes).length > 0, { error: 'at least one node' })
    .meta({
      description: `The nodes of the cluster, by name; from 1 to ${nodeCountMax}, of which at most ${voterCountMax} vote. Each votes unless it is not \`eligible\`; three voters survive the loss of one.`,
      type: 'mapping',
    }),
  arbiter: arbiterSchema.optional().meta({
    description:
      'A process that votes and does nothing else (`rolecall arbiter`): the third vote of a cluster of two nodes, on a machine of its own.',
    type: 'mapping',
  }),
  types: byName(componentTypeSchema, 'names to types').default({}).meta({
    description: 'Kinds of components, by name: how a program is run, watched and recovered.',
    type: 'mapping',
  }),
  components: byName(componentSchema, 'names to components')
    .default({})
    .meta({ description: 'Components, by name: which type runs on which nodes.', type: 'mapping' }),
  assignments: byName(assignmentSchema, 'names to assignments').default({}).meta({
    description: 'What must be served, by name: which component does, and with how much redundancy.',
    type: 'mapping',
  }),
  relationships: relationshipsSchema.optional().meta({
    description: 'What assignments, components and places have to do with each other, by name; each of a `kind`.',
    type: 'mapping',
  }),
  groups: groupsSchema.optional().meta({
    description:
      'Lists of assignments, by name: always on one node, started in this order and stopped in reverse. A member that fails stops those behind it only. An assignment is in one group at most.',
    type: 'mapping to lists of names',
  }),
  releases: releasesSchema
    .optional()
    .meta({ description: 'What is known of software release domains.', type: 'mapping' }),
  recovery: nodeRecoverySchema.optional().meta({
    description:
      'Recovery beyond one component: of nodes, and of the cluster. Without this key the defaults hold all the same.',
    type: 'mapping',
  }),
})

export type NodeFile = z.output<typeof nodeSchema>
export type ArbiterFile = z.output<typeof arbiterSchema>
export type ComponentFile = z.output<typeof componentSchema>
/** The file with its defaults, durations in milliseconds, paths as written. */
export type ConfigurationFile = z.output<typeof configurationSchema>
