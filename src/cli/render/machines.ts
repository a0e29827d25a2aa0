/** The machines for people: a table of all; of one its states as a tree, each with what it answers to. */
import type { DrawnMachine } from '../../charts/layout.ts'
import { type Chart, type ChartState, type ChartTransition, eventTextOf, litStates } from '../../charts/model.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'

const widthMax = 100

export function renderMachines(machines: readonly DrawnMachine[], style: Style): string[] {
  const rows = machines.map(({ chart }) => [
    chart.name,
    String(chart.version),
    String(chart.states.length),
    firstClause(chart.purpose),
  ])
  const [header, ...lines] = table({ header: ['MACHINE', 'VERSION', 'STATES', 'WHAT FOR'], rows })
  return [style.dim(header!), ...lines, '', 'rolecall machines NAME shows one; --format svg draws it.']
}

/** Up to its colon, and without what it refers to. */
function firstClause(purpose: string): string {
  return purpose
    .replace(/ \([^)]*\)/g, '')
    .replace(/: .*$/, '')
    .replace(/\.$/, '')
}

export function renderMachine(chart: Chart, { state, style }: { state: string | null; style: Style }): string[] {
  const lit = state === null ? new Set<string>() : litStates(state)
  return [
    `${style.bold(chart.name)}, version ${chart.version}${state === null ? '' : `, in ${style.bold(state)}`}`,
    ...wrapped(chart.purpose),
    '',
    ...answers(chart, '').map((line) => `  ${line}`),
    ...stateLines(chart, '', { lit, style, depth: 0 }),
  ]
}

function wrapped(text: string): string[] {
  return text === '' ? [] : Bun.wrapAnsi(text, widthMax).split('\n')
}

interface Showing {
  readonly lit: ReadonlySet<string>
  readonly style: Style
  readonly depth: number
}

function stateLines(chart: Chart, parent: string, showing: Showing): string[] {
  const { depth } = showing
  return chart.states
    .filter((state) => state.parent === parent)
    .flatMap((state) => [
      headLine(chart, state, showing),
      ...answers(chart, state.path).map((line) => `${indent(depth)}      ${line}`),
      ...stateLines(chart, state.path, { ...showing, depth: depth + 1 }),
    ])
}

const indent = (depth: number) => '    '.repeat(depth)

/** `* ready   what it is`: the star where the machine is. */
function headLine(chart: Chart, state: ChartState, { lit, style, depth }: Showing): string {
  const isLit = lit.has(state.path)
  const initial = state.parent === '' ? chart.initial : chart.states.find(({ path }) => path === state.parent)!.initial
  const name = isLit ? style.good(state.name) : style.bold(state.name)
  const first = initial === state.path ? style.dim(' (first)') : ''
  return `${isLit ? '*' : ' '} ${indent(depth)}${name}${first}${state.description === null ? '' : `  ${style.dim(state.description)}`}`
}

function answers(chart: Chart, path: string): string[] {
  const state = chart.states.find((each) => each.path === path)
  return [
    ...(state?.entry.length ? [`entry / ${state.entry.join(', ')}`] : []),
    ...(state?.exit.length ? [`exit / ${state.exit.join(', ')}`] : []),
    ...chart.transitions.filter(({ source }) => source === path).map(transitionText),
  ]
}

/** `role.assign [isFor(primary)] -> primary / takeCommand` */
function transitionText(transition: ChartTransition): string {
  const { guard, target, actions, source, isReentering } = transition
  const isAgain = target === source && isReentering
  return [
    eventTextOf(transition),
    guard === null ? '' : `[${guard}]`,
    target === null ? '' : `-> ${isAgain ? 'itself again' : target}`,
    actions.length === 0 ? '' : `/ ${actions.join(', ')}`,
  ]
    .filter(Boolean)
    .join(' ')
}
