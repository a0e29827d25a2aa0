import type { ArbiterView, ClusterView, NodeView } from '../../../machines/model/view.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'

/** The nodes, in the order of the file; those that are gone stay listed. */
export function renderNodes(view: ClusterView, style: Style): string[] {
  // Only while nodes are of different releases.
  const isMixed = new Set(view.nodes.flatMap(({ protocols }) => protocols ?? [])).size > 1
  const protocols = (words: string | null) => (isMixed ? [words ?? '-'] : [])
  return table({
    header: ['NODE', 'HEALTH', 'MASTERSHIP', 'VOTE', 'RANK', 'LIFE', ...protocols('PROTOCOL'), 'LINKS'],
    rows: [
      ...view.nodes.map((node) => [
        node.name,
        coloured(node, style),
        node.mastership,
        vote(node, style),
        String(node.rank),
        String(node.incarnation),
        ...protocols(node.protocols),
        links(node, style),
      ]),
      ...(view.arbiter ? [arbiterRow(view.arbiter, style, protocols(null))] : []),
    ],
  })
}

/** It has no roles and no life that is told. */
function arbiterRow(arbiter: ArbiterView, style: Style, protocols: string[]): string[] {
  const health = arbiter.isAlive ? style.good('alive') : style.warning('silent')
  return [arbiter.name, health, 'arbiter', 'voter', '-', '-', ...protocols, links(arbiter, style)]
}

function vote({ vote }: NodeView, style: Style): string {
  return vote === 'none' ? style.warning(vote) : vote
}

function coloured({ availability, state }: NodeView, style: Style): string {
  if (state !== undefined) return style.warning(`${availability}, ${state}`)
  if (availability === 'alive') return style.good(availability)
  if (availability === 'unreachable') return style.bad(availability)
  return style.warning(availability)
}

function links({ links }: Pick<NodeView, 'links'>, style: Style): string {
  const down = links.filter(({ isUp }) => !isUp).map(({ address }) => address)
  const count = `${links.length - down.length} of ${links.length} up`
  return down.length === 0 ? count : style.warning(`${count}, down: ${down.join(', ')}`)
}
