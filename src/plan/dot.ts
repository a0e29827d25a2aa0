/** A plan as a digraph in DOT, for graphviz: where everything stands in the end, and the steps that lead there. */
import type { PlanDocument, PlannedStep } from '../../machines/logic/placement/rehearse.ts'

const colours: Readonly<Record<string, string>> = {
  primary: 'palegreen',
  secondary: 'lightblue',
  spare: 'white',
  quiescing: 'khaki',
  unknown: 'lightgrey',
  offline: 'lightgrey',
}

export function dotOf(plan: PlanDocument): string {
  return [
    `digraph ${quoted(plan.cluster)} {`,
    '  rankdir=LR;',
    '  node [shape=box, style=filled, fillcolor=white, fontname="sans-serif"];',
    ...plan.after.nodes.flatMap(({ name, availability }, index) => nodeLines(plan, { name, availability, index })),
    ...plan.after.assignments.flatMap(assignmentLines),
    ...plan.steps.map(stepLine),
    ...orderLines(plan.steps),
    '}',
    '',
  ].join('\n')
}

/** A node of the cluster is a box around its places. */
function nodeLines(plan: PlanDocument, of: { name: string; availability: string; index: number }): string[] {
  const { name, availability, index } = of
  const places = plan.after.assignments.flatMap((assignment) =>
    assignment.places.filter(({ node }) => node === name).map((each) => ({ ...each, assignment: assignment.name })),
  )
  return [
    `  subgraph cluster_${index} {`,
    `    label=${quoted(availability === 'alive' ? name : `${name} (${availability})`)};`,
    ...places.map(
      ({ place, role, assignment }) =>
        `    ${placeName(assignment, place)} [label=${quoted(`${place}\n${role}`)}, fillcolor=${colours[role]}];`,
    ),
    '  }',
  ]
}

function assignmentLines({ name, health, places }: PlanDocument['after']['assignments'][number]): string[] {
  const colour = health === 'served' ? 'palegreen' : health === 'degraded' ? 'khaki' : 'salmon'
  const own = quoted(`assignment ${name}`)
  return [
    `  ${own} [label=${quoted(name)}, shape=ellipse, fillcolor=${colour}];`,
    ...places
      .filter(({ role }) => role === 'primary' || role === 'secondary')
      .map(
        ({ place, role }) =>
          `  ${own} -> ${placeName(name, place)} [label=${quoted(role)}${role === 'primary' ? '' : ', style=dashed'}];`,
      ),
  ]
}

function stepLine({ number, place, from, to }: PlannedStep): string {
  return `  ${stepName(number)} [label=${quoted(`${number}. ${place}\n${from} → ${to}`)}, shape=note];`
}

/** Every step after those of the turn before it. */
function orderLines(steps: readonly PlannedStep[]): string[] {
  return steps.flatMap((step) => {
    const before = steps.filter(({ turn }) => turn === step.turn - 1)
    const last = before.find(({ assignment }) => assignment === step.assignment) ?? before.at(-1)
    return last ? [`  ${stepName(last.number)} -> ${stepName(step.number)} [style=dotted];`] : []
  })
}

const stepName = (number: number): string => quoted(`step ${number}`)
const placeName = (assignment: string, place: string): string => quoted(`${place} for ${assignment}`)

/** Newlines are written as DOT has them. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
