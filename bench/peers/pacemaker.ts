/**
 * The same planning by Pacemaker's scheduler, through Debian's `crm_simulate`: the topology as a CIB, the first transition, and the one
 * after a node is lost. What it takes to start the program and to read an empty CIB is subtracted.
 *
 * How a topology is put: an assignment with one primary is a primitive; one with secondaries a promotable clone of so many instances; one
 * with several primaries a clone. Ranks and wishes are location scores, weights utilization, dependencies mandatory orders,
 * priorities `priority`; what runs stays, by stickiness, as in rolecall. That one component can serve many assignments has no counterpart: its assignments are resources of their own.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from '../../machines/logic/placement/index.ts'
import type { AssignmentConfiguration, Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, type NodeName, nodeOf } from '../../machines/model/ids.ts'
import { modelOf } from '../../machines/model/redundancy.ts'

export interface PacemakerTimes {
  /** null: not within the limit. */
  readonly coldMs: number | null
  readonly nodeLostMs: number | null
}

const version = 'crm_feature_set="3.15.0" validate-with="pacemaker-3.8" epoch="1" num_updates="0" admin_epoch="0"'

/** As it is to begin with, and as rolecall placed it: Pacemaker begins from the same when a node is lost. Null: it is not installed. */
export function timePacemaker(of: {
  configuration: Configuration
  targets: readonly Target[]
  limitSeconds: number
}): PacemakerTimes | null {
  const { configuration, targets, limitSeconds } = of
  if (Bun.which('crm_simulate') === null) return null
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-plan-'))
  try {
    const median = (name: string, cib: string, words: readonly string[]): number | null => {
      const file = join(directory, name)
      writeFileSync(file, cib)
      const first = timed(['-R', '-x', file, ...words], limitSeconds)
      if (first === null || first > longMs) return first
      const more = Array.from({ length: 4 }, () => timed(['-R', '-x', file, ...words], limitSeconds) ?? first)
      return [first, ...more].sort((x, y) => x - y)[2]!
    }
    const idleMs = median('empty.xml', cibOf({ ...configuration, assignments: {}, relationships: {} }, []), []) ?? 0
    const less = (ms: number | null) => (ms === null ? null : Math.max(0, ms - idleMs))
    const nodes = Object.keys(configuration.nodes)
    return {
      coldMs: less(median('first.xml', cibOf(configuration, []), [])),
      nodeLostMs: less(median('settled.xml', cibOf(configuration, targets), ['-d', nodes[nodes.length >> 1]!])),
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** As Pacemaker has it for a resource without parameters: with another it would take each for changed, and restart it. */
const digestOfNothing = 'f2317cad3d54cec5d7d7aa7d0bf35cf8'

/** What takes longer is run once. */
const longMs = 2000

function timed(words: readonly string[], limitSeconds: number): number | null {
  const from = performance.now()
  const { exitCode, stderr } = Bun.spawnSync(['timeout', String(limitSeconds), 'crm_simulate', '-Q', ...words], {
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const tookMs = performance.now() - from
  if (exitCode === 0) return tookMs
  if (exitCode === 124) return null
  throw new Error(`crm_simulate ${words.join(' ')}: exit code ${exitCode}: ${stderr.toString().slice(0, 500)}`)
}

function cibOf(
  { nodes, assignments, components, relationships = {} }: Configuration,
  targets: readonly Target[],
): string {
  const histories = historiesOf(assignments, targets)
  const names = Object.keys(nodes)
  const resources = Object.entries(assignments)
  const dependencies = Object.entries(relationships).flatMap(([id, each]) =>
    each.kind === 'dependency' ? [{ id, ...each }] : [],
  )
  return `<cib ${version} have-quorum="1" dc-uuid="1"><configuration>
<crm_config><cluster_property_set id="options">${[
    ['stonith-enabled', 'false'],
    ['symmetric-cluster', 'false'],
    ['enable-startup-probes', 'false'],
    ['placement-strategy', 'utilization'],
  ]
    .map(([name, value]) => pair('options', name!, value!))
    .join('')}</cluster_property_set></crm_config>
<nodes>${names.map((name, index) => `<node id="${index + 1}" uname="${name}">${utilization(name, nodes[name]!.capacity)}</node>`).join('\n')}</nodes>
<resources>${resources.map(([name, assignment]) => resourceOf(name, assignment)).join('\n')}</resources>
<constraints>${resources.map(([name, assignment]) => locationsOf(name, assignment, components[assignment.component]!.nodes)).join('\n')}
${dependencies.map(({ id, sponsor, dependent }) => `<rsc_order id="${id}" first="${sponsor}" then="${dependent}" kind="Mandatory"/>`).join('\n')}</constraints>
<rsc_defaults><meta_attributes id="defaults">${pair('defaults', 'resource-stickiness', '1000')}</meta_attributes></rsc_defaults>
</configuration><status>${names.map((name, index) => `<node_state id="${index + 1}" uname="${name}" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="${index + 1}"><lrm_resources>${(histories.get(name) ?? []).join('')}</lrm_resources></lrm></node_state>`).join('\n')}</status></cib>
`
}

/** What ran last on each node: started, and promoted where it is primary and has secondaries. */
function historiesOf(assignments: Configuration['assignments'], targets: readonly Target[]): Map<NodeName, string[]> {
  const histories = new Map<NodeName, string[]>()
  for (const { assignment, roles } of targets)
    for (const [component, role] of Object.entries(roles) as [ComponentId, string][]) {
      if (role !== 'primary' && role !== 'secondary') continue
      const { id, type } = kindOf(assignment, assignments[assignment]!)
      const operation = type === 'Stateful' && role === 'primary' ? 'promote' : 'start'
      const key = '1:0:0:aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'
      const history = `<lrm_resource id="${id}" class="ocf" provider="pacemaker" type="${type}"><lrm_rsc_op id="${id}_last_0" operation_key="${id}_${operation}_0" operation="${operation}" crm_feature_set="3.15.0" transition-key="${key}" transition-magic="0:0;${key}" call-id="1" rc-code="0" op-status="0" interval="0" op-digest="${digestOfNothing}"/></lrm_resource>`
      const node = nodeOf(component)
      histories.set(node, [...(histories.get(node) ?? []), history])
    }
  return histories
}

/** The primitive that runs, alone or in a clone. */
function kindOf(name: string, assignment: AssignmentConfiguration): { id: string; type: string; count: number } {
  const { primaries, secondaries } = modelOf(assignment)
  const count = primaries.preferred + secondaries.preferred
  return { id: count === 1 ? name : `${name}-each`, type: secondaries.preferred > 0 ? 'Stateful' : 'Dummy', count }
}

function resourceOf(name: string, assignment: AssignmentConfiguration): string {
  const { id, type, count } = kindOf(name, assignment)
  const priority = pair(name, 'priority', String(assignment.priority ?? 0))
  const body = `class="ocf" provider="pacemaker" type="${type}"`
  const load = utilization(id, assignment.weights?.primary)
  if (count === 1)
    return `<primitive id="${id}" ${body}><meta_attributes id="${name}-meta">${priority}</meta_attributes>${load}</primitive>`
  const promoted = type === 'Stateful' ? pair(name, 'promotable', 'true') : ''
  const copies = `${pair(name, 'clone-max', String(count))}${pair(name, 'clone-node-max', '1')}`
  return `<clone id="${name}"><meta_attributes id="${name}-meta">${priority}${promoted}${copies}</meta_attributes><primitive id="${id}" ${body}>${load}</primitive></clone>`
}

function locationsOf(name: string, assignment: AssignmentConfiguration, on: readonly string[]): string {
  const { secondaries } = modelOf(assignment)
  return on
    .map((node, index) => {
      const wish = assignment.wishes?.[node]
      const score = 100 - index + (typeof wish === 'number' ? 100 * wish : 0)
      const at = `rsc="${name}" node="${node}" score="${score}"`
      const promoted = secondaries.preferred > 0 ? `<rsc_location id="${name}-${node}-p" ${at} role="Promoted"/>` : ''
      return `<rsc_location id="${name}-${node}" ${at}/>${promoted}`
    })
    .join('')
}

function pair(of: string, name: string, value: string): string {
  return `<nvpair id="${of}-${name}" name="${name}" value="${value}"/>`
}

function utilization(of: string, amounts: Readonly<Record<string, number>> = {}): string {
  const pairs = Object.entries(amounts).map(([name, amount]) => pair(`${of}-u`, name, String(amount)))
  return pairs.length === 0 ? '' : `<utilization id="${of}-u">${pairs.join('')}</utilization>`
}
