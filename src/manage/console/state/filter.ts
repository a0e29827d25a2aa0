/** What the filter box means: words that must all be found, in any case; `node:n2` takes the columns down to that node. */
import type { AssignmentShown, NodeShown } from './shown.ts'

function wordsOf(filter: string): string[] {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}

export function filterAssignments(assignments: readonly AssignmentShown[], filter: string): readonly AssignmentShown[] {
  const words = wordsOf(filter).filter((word) => !word.startsWith('node:'))
  if (words.length === 0) return assignments
  return assignments.filter((assignment) => {
    const text = `${assignment.name} ${assignment.health} ${assignment.redundancy ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

export function filterNodes(nodes: readonly NodeShown[], filter: string): readonly NodeShown[] {
  const wanted = wordsOf(filter)
    .filter((word) => word.startsWith('node:'))
    .map((word) => word.slice(5))
  return wanted.length === 0 ? nodes : nodes.filter(({ name }) => wanted.includes(name.toLowerCase()))
}

/** Of anything that has a text. */
export function filterTexts<Item>(
  items: readonly Item[],
  filter: string,
  textOf: (item: Item) => string,
): readonly Item[] {
  const words = wordsOf(filter)
  if (words.length === 0) return items
  return items.filter((item) => {
    const text = textOf(item).toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
