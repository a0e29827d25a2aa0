/** What docs/configuration.md says beside its tables: how the keys of a section go together, with the numbers that the code has. */
import { type Redundancy, redundancies, type Wanted } from '../machines/model/configuration.ts'
import { modelOf } from '../machines/model/redundancy.ts'
import { nodeCountMax } from '../src/configuration/values.ts'

export const nodesGuide = `Room and places of nodes:

\`\`\`yaml
nodes:
  n1: { links: [10.0.0.1:7101], capacity: { memory: 16, cpu: 8 }, containment: { site: east, shelf: east-a }, release: r4 }
  n2: { links: [10.0.0.2:7101], capacity: { memory: 16, cpu: 8 }, containment: { site: west, shelf: west-a }, release: r4 }
\`\`\`

- **Capacity** is counted, not measured: whole numbers of whatever you name, of which primaries and secondaries take what
  their assignment's \`weights\` and \`standbyWeights\` say. What no node has room for is not placed, and \`status\` says what it needs.
- **Levels of containment** are yours to name. \`apart\` with \`level: shelf\` survives the loss of a shelf. Shelves of the same name
  are the same shelf, whatever their site: call them \`east-a\` and \`west-a\`.
`

const needs: Readonly<Record<Redundancy, string>> = {
  none: 'nothing',
  '2N': 'to be secondary',
  'N+M': '`serves: { secondaries: … }` above 1: one standby for several',
  'N-way': '`serves: { …, mixed: true }`: primary for some, secondary for others',
  'load-sharing': '`exclusive: false`: several primaries do no harm',
}

function numberText({ required, preferred }: Wanted): string {
  if (required === preferred) return `${required}`
  return `at least ${required}, on as many nodes as there are (up to ${Math.min(preferred, nodeCountMax)})`
}

export function assignmentsGuide(): string {
  const rows = redundancies.map((redundancy) => {
    const { primaries, secondaries, distribution } = modelOf({ component: '', redundancy })
    const name = redundancy === 'N+M' ? '`N+1`, `N+M`' : `\`${redundancy}\``
    return `| ${name} | ${numberText(primaries)} | ${numberText(secondaries)} | ${distribution} | ${needs[redundancy]} |`
  })
  return `### Redundancy models, as numbers

A model is a name for numbers: for how many primaries and secondaries an assignment has, and how they are spread. What a name
stands for can be changed key by key.

| redundancy | primaries | secondaries | distribution | its type needs |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

- **none**: one primary; the other instances are spares, of which the first in the list of \`nodes\` follows.
- **2N**: one primary, one secondary. With \`secondaries: 2\` there are two, and a failure leaves one ready.
- **N+1, N+M**: several assignments name one component, whose type is primary for one and secondary for many:
  \`serves: { primaries: 1, secondaries: 8 }\`. On N + M nodes, N instances are primary for one assignment each, and M stand by for
  all of them: as many as there are nodes left. \`N+1\` is another name for \`N+M\`.
- **N-way**: as N+M, but with \`mixed: true\`, so that no node only waits: an instance is primary for some assignments while it
  is secondary for others.
- **load-sharing** (N-way active): several primaries of one assignment, all serving. \`primaries: { required: 2, preferred: 5 }\`:
  fewer than 2 are a loss of service, more than 5 are not started.

Required and preferred: what is required comes before what anyone prefers. First every assignment has its required primaries, the
more important (\`priority\`) first; then the required secondaries; then what is preferred. Then a choice of places goes by: what
moves least, the sum of the wishes that are met, rank or even spread, and names last, so that the same cluster always comes to the same plan.

- **Ranked spares**: \`distribution: ranked\` takes the first of the component's \`nodes\` that can; the order of that list is the
  order in which spares follow.
- **Nothing fails back by itself**: an assignment stays where it is well. \`failBack: true\` moves it to its wishes and its rank again.
- **Room**: \`weights: { memory: 3 }\` on nodes with \`capacity: { memory: 8 }\`: two on a node, and no third. When a node fails and not
  all fit, \`priority\` says who goes without. \`reserve: true\` keeps the room for that day.
- A **component that several assignments name** has a place for each, \`n1/pool/web1\`, with its own role, token and command;
  lock, bar and restart are those of the component, \`n1/pool\`.

[examples/topologies](../examples/topologies/README.md) has a complete file for each model and each kind of relationship.
`
}

export const typesGuide = `### Hot, warm and cold

In which roles the process runs:

| standby | spare | secondary | primary | a take-over |
| --- | --- | --- | --- | --- |
| \`hot\` | runs | runs, and has the primary's state | runs | is told that it is primary |
| \`warm\` | – | runs | runs | is told, and fetches the state |
| \`cold\` | – | – | runs | starts its process |

### Recovery

A failure is answered by \`byCode\` of its code, else by \`first\`; what does not help is followed by the next rung:
\`reset\` → \`restart\` → \`failover\` → \`switchover\` → \`nodeSwitchover\` → \`nodeFailover\`. \`resets\` and \`restarts\` within the window are how
often a rung is tried in place; then the component is barred from its node, until it is unlocked or \`barredFor\` is over, and
another takes its roles. How many of those a node may have is \`recovery.failures\`, for the whole cluster.

\`\`\`yaml
types:
  pool:
    aware: true
    command: [./pool]
    serves: { primaries: 2, secondaries: 6, mixed: true }
    recovery: { first: restart, byCode: { probe.failed: reset }, restarts: 2, window: 1m, barredFor: 30m }
\`\`\`
`

export const relationshipsGuide = `\`\`\`yaml
relationships:
  web-needs-database: { kind: dependency, dependent: web, sponsor: database, tolerance: 10s }
  web-near-cache: { kind: together, members: [web, cache], strength: 100 }
  databases-on-two-shelves: { kind: apart, members: [database], level: shelf }
  pools-apart: { kind: apart, members: ["component:pool", "component:batch"] }
  proxy-needs-agent: { kind: component-dependency, dependent: proxy, sponsor: agent }
  card-in-shelf: { kind: containment, container: chassis, contained: card }
\`\`\`

- What is **required** holds always: rather than break it, a member is not placed, and \`status\` says why. A **number** is a wish, and
  loses against service, against staying where it is, and against heavier wishes; those for one place are added up, with the
  \`wishes\` of the assignments.
- What can be met on no day is refused: a circle of dependencies, members that are required together and apart, members without
  a node in common, weights that fit no node together.
- \`component:pool\` stands for everything that \`pool\` serves. No two *members* share a place; what one member has in it may.
`

export const groupsGuide = `\`\`\`yaml
groups:
  shop: [address, database, web]
\`\`\`

is the same as \`together\` of all three on one node, required, and a \`dependency\` of each on the one before it with \`mode: full\`: the
address comes first and goes last; if the web server fails, nothing else stops; if the database fails, the web server does.
`
