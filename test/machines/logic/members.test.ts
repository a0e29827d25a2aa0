import { expect, test } from 'bun:test'
import { wantedMembers } from '../../../machines/logic/members.ts'

const links = [{ host: '127.0.0.1', port: 7101 }]

test('voters by rank, then by name; who is not eligible learns; the arbiter comes last', () => {
  const nodes = {
    n3: { links, rank: 1 },
    n2: { links, rank: 2, isEligible: true },
    n1: { links, rank: 2 },
    n4: { links, rank: 0, isEligible: false },
  }
  expect(wantedMembers({ nodes, arbiter: { name: 'third', links } })).toEqual([
    { name: 'n3', kind: 'voter' },
    { name: 'n1', kind: 'voter' },
    { name: 'n2', kind: 'voter' },
    { name: 'n4', kind: 'learner' },
    { name: 'third', kind: 'arbiter' },
  ])
  expect(wantedMembers({ nodes: { n1: { links, rank: 1 } } })).toEqual([{ name: 'n1', kind: 'voter' }])
})
