import { expect, test } from 'bun:test'
import { unreadyReasons } from '../../../src/node/http/ready.ts'
import { soundView } from '../../manage/support.ts'

const nodes = (change: object) => soundView.nodes.map((node) => (node.name === 'n2' ? { ...node, ...change } : node))

test('a sound node is ready', () => {
  expect(unreadyReasons(soundView)).toEqual([])
})

test('each thing that keeps it from its part is a reason', () => {
  const { quorum, components } = soundView
  expect(unreadyReasons({ ...soundView, quorum: { ...quorum, isQuorate: false } })).toHaveLength(1)
  expect(unreadyReasons({ ...soundView, nodes: nodes({ vote: 'none' }) })).toHaveLength(1)
  expect(unreadyReasons({ ...soundView, nodes: nodes({ availability: 'leaving' }) })).toHaveLength(1)
  expect(unreadyReasons({ ...soundView, node: 'n9' })).toEqual(['this node is not one of the cluster'])
  const starting = components.map((each) =>
    each.component === 'n2/ledger' ? { ...each, phase: 'preparing' as const } : each,
  )
  expect(unreadyReasons({ ...soundView, components: starting })[0]).toMatch(/^n2\/ledger is .* \(preparing\)/)
})

test('what is wrong with another node is no reason', () => {
  const others = soundView.components.map((each) =>
    each.component === 'n1/ledger' ? { ...each, role: 'offline' as const } : each,
  )
  expect(unreadyReasons({ ...soundView, components: others })).toEqual([])
})
