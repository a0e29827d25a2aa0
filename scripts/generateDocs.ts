/** Writes docs/configuration.md from the schema. A test sees to it that the committed file is what this gives. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { isolationWaitMs } from '../machines/logic/lease.ts'
import { formatDuration, formatSize } from '../src/configuration/quantity.ts'
import { configurationSchema } from '../src/configuration/schema.ts'
import { defaultOf, entryOf, kindsOf, shapeOf } from '../src/configuration/shape.ts'
import { timingRelations, timingSchema } from '../src/configuration/timing.ts'
import type { KeyMeta } from '../src/configuration/values.ts'
import { assignmentsGuide, groupsGuide, nodesGuide, relationshipsGuide, typesGuide } from './configurationGuides.ts'

export const referenceFile = fileURLToPath(new URL('../docs/configuration.md', import.meta.url))

/** Loaded by a test, so that it stays right. */
export const exampleConfiguration = `cluster: demo
secretFile: /etc/rolecall/secret
nodes:
  n1: { links: [10.0.0.1:7101, 10.1.0.1:7101] }
  n2: { links: [10.0.0.2:7101, 10.1.0.2:7101] }
  n3: { links: [10.0.0.3:7101, 10.1.0.3:7101] }
types:
  ledger:
    aware: true
    command: [./ledger]
    stop: { timeout: 2s }
    probe: { http: "http://127.0.0.1:8101/health" }
components:
  ledger:
    type: ledger
    nodes: [n1, n2, n3]
    instances:
      n1: { endpoint: "http://10.0.0.1:8101" }
      n2: { endpoint: "http://10.0.0.2:8101" }
      n3: { endpoint: "http://10.0.0.3:8101" }
assignments:
  ledger: { component: ledger, redundancy: 2N }
`

const introduction = `# Configuration

<!-- Written by scripts/generateDocs.ts from src/configuration/schema.ts: change it there. -->

One YAML file describes the whole cluster; every node is given the same one, \`/etc/rolecall/rolecall.yaml\` unless
\`--config\` or \`ROLECALL_CONFIG\` names another. It is read when a node starts. The first master takes what is shared in it
over into the repository, under \`configuration/\`; from then on that counts, and changes by \`rolecall config\` while the cluster
runs: roles and timings at once, programs when they next start. The secret, the directories, the recorder, the log and
\`http\` stay the file's. All of it is checked before anything
is done: whatever is wrong is listed with its line and column, what was expected, what was found and what was probably
meant, and the command exits with 78.

\`\`\`yaml
${exampleConfiguration}\`\`\`

- **Names** of nodes, types, components, assignments, relationships, groups, resources and levels are lower-case letters, digits and \`-\`, at most 32 of them. The
  component \`ledger\` on the node \`n1\` has the full name \`n1/ledger\`.
- **Durations** are a number and \`ms\`, \`s\`, \`m\` or \`h\`; a bare number is milliseconds. **Sizes** are a number and
  \`B\`, \`KiB\`, \`MiB\` or \`GiB\`; a bare number is bytes.
- **Relative paths** start at the folder of the file: \`stateDirectory\`, \`runtimeDirectory\`, \`secretFile\`, \`log.archive\`, \`log.archiveTokenFile\`,
  \`workingDirectory\`, and the program of a command when there is a slash in it. A program without a slash is looked for
  in \`PATH\`. Arguments are passed on as they are.
- **Unknown keys**, keys that are there twice, and values of the wrong type are refused. A value that must be text and
  looks like something else needs quotes: \`PORT: "8101"\`.
`

const sections = [
  'timing',
  'guard',
  'watchdog',
  'recorder',
  'http',
  'log',
  'nodes',
  'types',
  'components',
  'assignments',
  'relationships',
  'groups',
  'releases',
  'recovery',
] as const

type Section = (typeof sections)[number]

/** What follows the table of a section. */
const guides: Readonly<Partial<Record<Section, () => string>>> = {
  timing: timingGuide,
  nodes: () => nodesGuide,
  types: () => typesGuide,
  assignments: assignmentsGuide,
  relationships: () => relationshipsGuide,
  groups: () => groupsGuide,
}

export function configurationReference(): string {
  const shape = shapeOf(configurationSchema)!
  const top = Object.entries(shape).flatMap(([key, schema]) => rowOf(key, schema))
  return [
    introduction,
    '## Top level\n',
    table(['key', 'type', 'default', 'meaning'], top),
    ...sections.flatMap((section) => sectionOf(section, shape[section]!)),
  ].join('\n')
}

function sectionOf(section: Section, schema: z.ZodType): string[] {
  const entry = entryOf(schema)
  const kinds = entry && kindsOf(entry)
  const guide = guides[section]
  return [
    `## ${section}\n`,
    `${metaOf(schema).description}\n`,
    ...(kinds ? kindTables(section, kinds) : keyTable(entry ? `key of \`${section}.NAME\`` : 'key', entry ?? schema)),
    ...(guide ? [guide()] : []),
  ]
}

/** Empty where there are no keys below. */
function keyTable(title: string, schema: z.ZodType): string[] {
  const rows = rowsBelow('', schema)
  return rows.length === 0 ? [] : [table([title, 'type', 'default', 'meaning'], rows)]
}

function kindTables(section: Section, kinds: Readonly<Record<string, z.ZodType>>): string[] {
  return Object.entries(kinds).flatMap(([kind, schema]) => [
    `### kind: ${kind}\n`,
    `${metaOf(shapeOf(schema)!.kind!).description}\n`,
    ...keyTable(`key of \`${section}.NAME\``, schema),
  ])
}

/** The keys of a mapping, those of mappings in it under dotted names. */
function rowsBelow(prefix: string, schema: z.ZodType): string[][] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([key, inner]) => {
    if (inner instanceof z.ZodLiteral) return []
    const entry = entryOf(inner)
    const below =
      entry && shapeOf(entry) ? rowsBelow(`${prefix}${key}.NODE.`, entry) : rowsBelow(`${prefix}${key}.`, inner)
    return [...rowOf(`${prefix}${key}`, inner), ...below]
  })
}

function rowOf(key: string, schema: z.ZodType): string[][] {
  const { type, description } = metaOf(schema)
  return [[`\`${key}\``, type, defaultText(schema, type), description]]
}

function metaOf(schema: z.ZodType): KeyMeta {
  const { type, description } = schema.meta() ?? {}
  if (typeof type !== 'string' || description === undefined)
    throw new Error('a key of the configuration is not documented')
  return { type, description }
}

function defaultText(schema: z.ZodType, type: string): string {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) return ''
  const value = defaultOf(schema)
  if (value === undefined) return '*required*'
  if (typeof value === 'object') return 'none'
  if (type === 'duration') return formatDuration(value as number)
  return type === 'size' ? formatSize(value as number) : `\`${value}\``
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return `${[line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}

function timingGuide(): string {
  const t = timingSchema.parse({})
  const detectedMs = t.suspectAfter + t.confirmAfter
  const electedMs = Math.max(detectedMs, t.leaderLease)
  const takenOverMs = isolationWaitMs({
    leaderLeaseMs: t.leaderLease,
    nodeLeaseMs: t.nodeLease,
    selfStopMs: t.selfStop,
    takeOverMarginMs: t.takeOverMargin,
  })
  const relations = timingRelations.map(({ key, formula, why }) => [`\`${key}\``, `\`${formula}\``, why])
  const outcomes = [
    ['a process of a component ends', 'at once: its guard sees the exit', ''],
    ["a node's processes end, its kernel lives", '`endedGrace` after its kernel said so', formatDuration(t.endedGrace)],
    ['a node falls silent: known', '`suspectAfter + confirmAfter` after it was last heard', formatDuration(detectedMs)],
    [
      'the master falls silent: another may be elected',
      '`max(suspectAfter + confirmAfter, leaderLease)`',
      formatDuration(electedMs),
    ],
    [
      'a node falls silent: its exclusive assignments are served elsewhere',
      '`nodeLease + selfStop + takeOverMargin`, the first two lengthened for clock drift, then the start of the new primary',
      formatDuration(Math.ceil(takenOverMs)),
    ],
  ]
  return `What must hold between them, or the file is refused:

${table(['key', 'at least', 'because'], relations)}
What comes of them:

${table(['when', 'acted upon', 'at the defaults'], outcomes)}
- **Sooner detected, or fewer false alarms.** \`suspectAfter\` is the trade: it must outlast the longest stall of a loaded
  machine, not only of the network. A false suspicion of the master costs an election; one of a node costs nothing while
  the peers still hear it, and its exclusive primaries if it lasts as long as \`nodeLease\`.
- **Why a silent node takes so long.** Nobody can know whether it still acts. It stops its own exclusive primaries when
  its lease is over; the others wait until it must have, and a margin for clocks. A type with \`exclusive: false\` needs
  no such wait, and neither does a node that is known to have ended.
- **Slower machines or longer links**: raise \`heartbeatInterval\` and \`suspectAfter\` together, then what the table above
  asks for. A cluster begins with the same timings in every file.
- **Changes while the cluster runs** (\`rolecall config set configuration/timing/suspectAfter '"200ms"'\`) hold at once on
  every node that applies them; a wait that has begun is not changed. For \`leaderLease\`, \`nodeLease\`, \`selfStop\` and
  \`takeOverMargin\` that would not be safe: of the old value and the new one the shorter is held by, and the longer waited by,
  until every member has applied the change. Then the master settles it (\`cluster/timing\`). Meanwhile
  \`status\` says who is waited for (\`timing.unsettled\`). With an arbiter, which keeps no configuration, these four do not change:
  remove it, change them, and add it again with the new timings in its file.
`
}

if (import.meta.main) {
  writeFileSync(referenceFile, configurationReference())
  process.stderr.write('wrote docs/configuration.md\n')
}
