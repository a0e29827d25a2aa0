import { expect, test } from 'bun:test'
import { filterAssignments, filterNodes, filterTexts } from '../../../../src/manage/console/state/filter.ts'
import type { AssignmentShown, NodeShown } from '../../../../src/manage/console/state/shown.ts'

const assignments = [
  { name: 'web1', health: 'served', redundancy: '2N' },
  { name: 'web2', health: 'unserved', redundancy: '2N' },
] as AssignmentShown[]
const nodes = [{ name: 'n1' }, { name: 'n2' }] as NodeShown[]

test('all words must be there; a node takes columns away, not rows', () => {
  const names = (filter: string) => filterAssignments(assignments, filter).map(({ name }) => name)
  expect(names('')).toEqual(['web1', 'web2'])
  expect(names('WEB unserved')).toEqual(['web2'])
  expect(names('node:n1')).toEqual(['web1', 'web2'])
  expect(filterNodes(nodes, 'web node:N2')).toEqual([nodes[1]!])
  expect(filterNodes(nodes, 'web')).toBe(nodes)
  expect(filterTexts(['n1 crim', 'n2 crim'], 'crim n2', (text) => text)).toEqual(['n2 crim'])
})
