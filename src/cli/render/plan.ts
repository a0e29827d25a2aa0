/** A plan for people: what was asked, who has which role before and after, the steps with their reasons, what is missing, how long. */
import type { PlacedAssignment, PlanDocument } from '../../../machines/logic/placement/rehearse.ts'
import type { Style } from './style.ts'
import { plain } from './style.ts'
import { table } from './table.ts'

/** `isExplained`: with why each place has its role, or has none. */
export function renderPlan(plan: PlanDocument, style: Style, { isExplained = false } = {}): string[] {
  return [
    ...plan.events.map((event) => `What if    ${style.bold(plain(event))}`),
    `Verdict    ${verdict(plan, style)}`,
    `Quorum     ${quorum(plan, style)}`,
    `Time       ${time(plan)}`,
    '',
    ...placement(plan, style),
    ...section('Steps', steps(plan, style), style),
    ...section('Waits', plan.waits.map(plain), style),
    ...section('Not as configured', shortages(plan), style),
    ...(isExplained ? section('Why here, and why not there', explanations(plan), style) : []),
  ]
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : ['', style.bold(title), ...lines]
}

function verdict({ verdict, lost, shortages, isSettled }: PlanDocument, style: Style): string {
  const unsettled = isSettled ? '' : style.bad('; it comes to no end, and this is how far it was looked at')
  if (verdict === 'lost') return style.bad(`${listed(lost)} not served`) + unsettled
  if (verdict === 'whole') return style.good('everything is as configured') + unsettled
  const names = shortages.map(({ assignment }) => assignment)
  return style.warning(`everything required is served; ${listed(names)} not as configured`) + unsettled
}

const shownCountMax = 12

function listed(names: readonly string[]): string {
  const shown = names.slice(0, shownCountMax).join(', ')
  return names.length > shownCountMax ? `${shown} and ${names.length - shownCountMax} more` : shown
}

function quorum({ quorum }: PlanDocument, style: Style): string {
  const { isQuorate, aliveVoterCount, voterCount, neededCount, note } = quorum
  const counts = `${aliveVoterCount} of ${voterCount} voters, ${neededCount} needed`
  return `${isQuorate ? style.good('yes') : style.bad('no')}: ${counts}${note === null ? '' : `; ${note}`}`
}

function time({ steps, limitMs, moveCount, interruptions }: PlanDocument): string {
  if (steps.length === 0 && limitMs === 0) return 'nothing is to be done'
  const counts = `${counted(steps.length, 'step')}, ${counted(moveCount, 'move')}, at most ${seconds(limitMs)}`
  if (interruptions.length === 0) return counts
  const longest = Math.max(...interruptions.map((each) => each.limitMs))
  return `${counts}; ${listed(interruptions.map(({ assignment }) => assignment))} not served for up to ${seconds(longest)} of it`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

export function seconds(durationMs: number): string {
  return durationMs < 1000 ? `${durationMs} ms` : `${Number((durationMs / 1000).toFixed(1))} s`
}

/** More columns than this are no longer a table: then only who changes is listed. */
const matrixNodeCountMax = 8
const rowCountMax = 60

/** What is, and what it becomes where that is something else. Wide clusters, and long lists, show only what changes. */
function placement(plan: PlanDocument, style: Style): string[] {
  const isWide = plan.after.nodes.length > matrixNodeCountMax
  const before = new Map(plan.before.assignments.map((assignment) => [assignment.name, assignment]))
  const pairs = plan.after.assignments.map((after) => ({ after, before: before.get(after.name) ?? null }))
  const changed = pairs.filter(({ after, before }) => rolesIn(after) !== (before && rolesIn(before)))
  const shown = (isWide || pairs.length > rowCountMax ? changed : pairs).slice(0, rowCountMax)
  const hiddenCount = pairs.length - shown.length
  const lines = isWide ? list(shown, style) : matrix(plan, shown, style)
  return [...lines, ...(hiddenCount > 0 ? [style.dim(`… and ${hiddenCount} more, most of them unchanged`)] : [])]
}

interface Pair {
  readonly before: PlacedAssignment | null
  readonly after: PlacedAssignment
}

function rolesIn({ places, health }: PlacedAssignment): string {
  return JSON.stringify([health, places.map(({ place, role }) => [place, role])])
}

function matrix(plan: PlanDocument, pairs: readonly Pair[], style: Style): string[] {
  const nodes = plan.after.nodes.map(({ name }) => name)
  const stateBefore = new Map(plan.before.nodes.map((node) => [node.name, stateOf(node)]))
  const states = plan.after.nodes.map((node) => changeOf(stateBefore.get(node.name) ?? '-', stateOf(node)))
  const isTold = states.some((state) => state !== 'alive')
  return table({
    header: ['ASSIGNMENT', 'HEALTH', ...nodes.map((name) => name.toUpperCase())],
    rows: [
      ...(isTold ? [['', '', ...states]] : []),
      ...pairs.map(({ before, after }) => [
        after.name,
        health(before?.health ?? '-', after.health, style),
        ...nodes.map((node) => changeOf(before ? roleOn(before, node) : '-', roleOn(after, node))),
      ]),
    ],
  })
}

function stateOf({ availability, state }: PlanDocument['after']['nodes'][number]): string {
  return state === null ? availability : `${availability}, ${state}`
}

function changeOf(before: string, after: string): string {
  return before === after ? after : `${before} → ${after}`
}

/** A place that has not its role yet, or is on a node that can't be asked, says so. */
function roleOn({ places }: PlacedAssignment, node: string): string {
  const here = places.filter((place) => place.node === node)
  if (here.length === 0) return '-'
  return here
    .map(({ role, phase, intendedRole }) => {
      if (role === 'unknown') return `(${intendedRole})`
      return phase === 'ready' || phase === 'stopped' ? (role === 'offline' ? '-' : role) : `${role} ${phase}`
    })
    .join(', ')
}

function health(before: string, after: string, style: Style): string {
  const coloured =
    after === 'served' ? style.good(after) : after === 'unserved' ? style.bad(after) : style.warning(after)
  return before === after ? coloured : `${before} → ${coloured}`
}

function list(pairs: readonly Pair[], style: Style): string[] {
  const having = (of: PlacedAssignment | null, wanted: string) =>
    of?.places
      .filter(({ role }) => role === wanted)
      .map(({ node }) => node)
      .join(', ') || '-'
  const cell = ({ before, after }: Pair, role: string) => changeOf(having(before, role), having(after, role))
  return table({
    header: ['ASSIGNMENT', 'HEALTH', 'PRIMARY', 'SECONDARY'],
    rows: pairs.map((pair) => [
      pair.after.name,
      health(pair.before?.health ?? '-', pair.after.health, style),
      cell(pair, 'primary'),
      cell(pair, 'secondary'),
    ]),
  })
}

const stepCountMax = 200

function steps({ steps, passages }: PlanDocument, style: Style): string[] {
  if (steps.length === 0) return passages.map(({ atMs, text }) => `at ${seconds(atMs)}: ${plain(text)}`)
  const shown = steps.slice(0, stepCountMax)
  const lines = table({
    header: ['STEP', 'TURN', 'PLACE', 'ROLE', 'AFTER', 'WHY'],
    rows: shown.map(({ number, turn, place, from, to, waitedFor, reason }) => [
      String(number),
      String(turn),
      place,
      from === to ? to : `${from} → ${to}`,
      plain(waitedFor?.replace(/,$/, '') ?? '-'),
      plain(reason),
    ]),
  })
  const told = lines.flatMap((line, row) => [
    ...passages
      .filter(({ beforeStep }) => beforeStep === row)
      .map(({ atMs, text }) => style.dim(`      at ${seconds(atMs)} at most: ${plain(text)}`)),
    line,
  ])
  const late = passages.filter(({ beforeStep }) => beforeStep > shown.length)
  return [
    ...told,
    ...late.map(({ atMs, text }) => style.dim(`      at ${seconds(atMs)} at most: ${plain(text)}`)),
    ...(steps.length > shown.length ? [`… and ${steps.length - shown.length} more steps: --json has them`] : []),
  ]
}

function shortages({ shortages }: PlanDocument): string[] {
  return table({
    header: ['ASSIGNMENT', 'MISSING', 'WHY'],
    rows: shortages.map((shortage) => [shortage.assignment, missing(shortage), plain(shortage.reason ?? '-')]),
  }).slice(shortages.length === 0 ? 1 : 0)
}

function explanations({ explanations }: PlanDocument): string[] {
  if (explanations.length === 0) return ['nothing moves']
  return table({
    header: ['ASSIGNMENT', 'PLACE', 'ROLE', 'WHY'],
    rows: explanations.map(({ assignment, place, role, text }) => [assignment, place, role, plain(text)]),
  })
}

function missing(shortage: PlanDocument['shortages'][number]): string {
  const { primaries, secondaries, preferredPrimaries, preferredSecondaries } = shortage
  const words = [
    primaries > 0 ? `${primaries} primary` : '',
    secondaries > 0 ? `${secondaries} secondary` : '',
    preferredPrimaries > 0 ? `${preferredPrimaries} preferred primary` : '',
    preferredSecondaries > 0 ? `${preferredSecondaries} preferred secondary` : '',
  ]
  return words.filter((word) => word !== '').join(', ') || '-'
}
