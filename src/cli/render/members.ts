import type { ClusterView, NodeView } from '../../../machines/model/view.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'

/** The nodes, in the order of the file; those that are gone stay listed. */
export function renderNodes(view: ClusterView, style: Style): string[] {
  return table({
    header: ['NODE', 'HEALTH', 'MASTERSHIP', 'RANK', 'LIFE', 'LINKS'],
    rows: view.nodes.map((node) => [
      node.name,
      coloured(node.availability, style),
      node.mastership,
      String(node.rank),
      String(node.incarnation),
      links(node, style),
    ]),
  })
}

function coloured(availability: NodeView['availability'], style: Style): string {
  if (availability === 'alive') return style.good(availability)
  if (availability === 'unreachable') return style.bad(availability)
  return style.warning(availability)
}

function links({ links }: NodeView, style: Style): string {
  const down = links.filter(({ isUp }) => !isUp).map(({ address }) => address)
  const count = `${links.length - down.length} of ${links.length} up`
  return down.length === 0 ? count : style.warning(`${count}, down: ${down.join(', ')}`)
}
