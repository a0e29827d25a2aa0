/** Plans as the blocks of text that scenario files have. */
import type { Placement, PlanDocument } from '../../machines/logic/placement/rehearse.ts'
import { table } from '../../src/cli/render/table.ts'

/** A line an assignment, a column a node. Nodes that are not just alive say so above it. */
export function placementText({ nodes, assignments }: Placement): string {
  const states = nodes.map(({ availability, state }) => [availability === 'alive' ? '' : availability, state ?? ''])
  const isTold = states.some((words) => words.some((word) => word !== ''))
  const rows = assignments.map(({ name, places }) => [
    name,
    ...nodes.map((node) => {
      const roles = places.filter((place) => place.node === node.name).map(roleText)
      return roles.filter((role) => role !== '').join('+') || '-'
    }),
  ])
  const stated = ['', ...states.map((words) => words.filter((word) => word !== '').join(',') || '.')]
  return table({ header: ['.', ...nodes.map(({ name }) => name)], rows: [...(isTold ? [stated] : []), ...rows] }).join(
    '\n',
  )
}

/** In brackets: as it was last heard to be meant, of a node that does not answer. */
function roleText(place: Placement['assignments'][number]['places'][number]): string {
  const { role, phase, intendedRole } = place
  if (role === 'unknown') return `(${intendedRole})`
  if (phase === 'ready') return role
  return phase === 'stopped' ? '' : `${role}:${phase}`
}

/** Turn, place, roles; what happens by itself in brackets between them. */
export function stepsText({ steps, passages }: PlanDocument): string {
  const happening = (number: number) =>
    passages.filter(({ beforeStep }) => beforeStep === number).map(({ text }) => `(${text})`)
  const lines: string[] = []
  const width = Math.max(0, ...steps.map(({ place }) => place.length))
  for (const { number, turn, place, from, to } of steps) {
    lines.push(...happening(number))
    lines.push(`${turn}  ${place.padEnd(width)}  ${from === to ? to : `${from} → ${to}`}`)
  }
  return [...lines, ...happening(steps.length + 1)].join('\n')
}

export function shortagesText({ shortages }: PlanDocument): string {
  return shortages
    .map(({ assignment, primaries, secondaries, reason }) => {
      const words = [
        primaries > 0 ? `${primaries} primary` : '',
        secondaries > 0 ? `${secondaries} secondary` : '',
      ].filter((word) => word !== '')
      return `${assignment}: ${words.join(', ') || 'served'}: ${reason ?? 'no reason'}`
    })
    .join('\n')
}

/** Blanks, and empty lines, say nothing. */
export function normalised(block: string): string {
  const lines = block.split('\n').map((line) => line.trim().replace(/\s+/g, ' '))
  return lines.filter((line) => line !== '').join('\n')
}
