/** The page of a machine, and that of all of them, as markdown. */
import { isStay } from '../../src/charts/drawing.ts'
import { mermaidOf } from '../../src/charts/mermaid.ts'
import { type Chart, type ChartState, type ChartTransition, eventTextOf } from '../../src/charts/model.ts'

const made = '<!-- made by scripts/generateMachines.ts: npm run docs -->'

export function machineIndex(charts: readonly Chart[]): string {
  const rows = charts.map(
    ({ name, version, states, purpose }) =>
      `| [${name}](${name}.md) | ${version} | ${states.length} | ${cell(purpose)} |`,
  )
  return page([
    '# The machines',
    made,
    'Every decision of rolecall is a step of one of these. What is drawn here is what runs: the pages are made from the source, the console shows the same charts with the state of the moment lit, and `rolecall machines NAME` prints them.',
    ['| machine | version | states | what for |', '| --- | --- | --- | --- |', ...rows].join('\n'),
  ])
}

export function machinePage(chart: Chart, head: string): string {
  return page([
    `# The machine ${chart.name}`,
    made,
    prose(head),
    `![The statechart of ${chart.name}](${chart.name}.svg)`,
    '## States',
    chart.states.map((state) => stateText(chart, state)).join('\n'),
    '## Transitions',
    'Of one state and one event they are tried from above; the first whose guard holds is taken. What a state does not answer, the state around it may.',
    transitionTable(chart),
    ...wordList(chart),
    '## For mermaid',
    `\`\`\`mermaid\n${mermaidOf(chart)}\`\`\``,
  ])
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}

/** A drawing in characters stays as it is; what it would show is in the picture, too. */
function prose(head: string): string {
  return head.replace(/\n{3,}/g, '\n\n')
}

function stateText(chart: Chart, { path, description, entry, exit, initial }: ChartState): string {
  const own = chart.transitions.filter((each) => each.source === path && isStay(each))
  const answered = [...new Set(own.map(eventTextOf))]
  const facts = [
    initial === null ? '' : `begins in \`${initial}\``,
    entry.length === 0 ? '' : `on entry ${code(entry)}`,
    exit.length === 0 ? '' : `on exit ${code(exit)}`,
    answered.length === 0 ? '' : `stays on ${code(answered)}`,
  ].filter(Boolean)
  const text = [description ?? '', facts.length === 0 ? '' : `${capitalised(facts.join('; '))}.`]
    .filter(Boolean)
    .join(' ')
  return `- **\`${path}\`**${text === '' ? '' : `: ${text}`}`
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function transitionTable({ transitions }: Chart): string {
  return ['| in | on | if | to | does |', '| --- | --- | --- | --- | --- |', ...transitions.map(transitionRow)].join(
    '\n',
  )
}

function transitionRow(transition: ChartTransition): string {
  const { source, target, guard, actions, isReentering } = transition
  const to =
    target === null
      ? ''
      : target === source || (isReentering && target.startsWith(`${source}.`))
        ? `\`${target}\` again`
        : `\`${target}\``
  return `| ${source === '' ? 'any state' : `\`${source}\``} | ${eventTextOf(transition)} | ${cell(guard ?? '')} | ${to} | ${code(actions)} |`
}

function wordList({ words }: Chart): string[] {
  const entries = Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0) return []
  return ['## Words', entries.map(([word, text]) => `- \`${word}\`: ${text}`).join('\n')]
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${cell(word)}\``).join(', ')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
