/** Lays a drawing out, by ELK's layered algorithm: boxes in layers, edges at right angles, labels on them. The same every time. */
import ELK, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk.bundled.js'
import { type BoxPlan, type Drawing, drawingOf, labelSizeOf, lineHeightPx } from '../../src/charts/drawing.ts'
import type { Area, Layout, Point } from '../../src/charts/layout.ts'
import type { Chart } from '../../src/charts/model.ts'

const startSizePx = 10
const marginPx = 16
const anywhere = '(anywhere)'

export interface Directions {
  /** Of what is beside each other at the top, and within each of those. */
  readonly outer: 'DOWN' | 'RIGHT'
  readonly inner: 'DOWN' | 'RIGHT'
}

export const common = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.randomSeed': '1',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelNode': '8',
  'elk.edgeLabels.inline': 'true',
  'elk.layered.considerModelOrder.strategy': 'NONE',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.nodePlacement.favorStraightEdges': 'true',
  'elk.layered.thoroughness': '40',
  'elk.layered.crossingMinimization.greedySwitch.type': 'TWO_SIDED',
}

export async function place(chart: Chart, directions?: Directions): Promise<Layout> {
  const drawing = drawingOf(chart)
  const placed = await new ELK().layout(graphOf(chart, drawing, directions))
  return layoutFrom(placed, { chart, drawing })
}

function graphOf(chart: Chart, drawing: Drawing, directions: Directions | undefined): ElkNode {
  const starts: Way[] = [{ path: '', initial: chart.initial }, ...chart.states]
    .filter(({ initial }) => initial !== null)
    .map(({ path, initial }) => ({ id: `start ${path}`, source: startOf(path), target: initial! }))
  const edges: ElkExtendedEdge[] = drawing.edges.map(({ id, source, target, label }) => ({
    id,
    ...ends(chart, { source, target }),
    layoutOptions: isNext(chart, { source, target })
      ? { 'elk.layered.priority.straightness': '20', 'elk.layered.priority.shortness': '5' }
      : {},
    labels:
      label.length === 0
        ? []
        : [
            {
              layoutOptions: { 'elk.edgeLabels.inline': 'true' },
              id: `label ${id}`,
              text: id,
              width: labelSizeOf(label).widthPx,
              height: labelSizeOf(label).heightPx,
            },
          ],
  }))
  const isAnywhere = drawing.edges.some(({ source }) => source === '')
  return {
    id: 'root',
    layoutOptions: {
      ...common,
      'elk.direction': directions?.outer ?? 'DOWN',
      'elk.hierarchyHandling': directions ? 'SEPARATE_CHILDREN' : 'INCLUDE_CHILDREN',
      'elk.padding': `[top=${marginPx + rootHeightPx(drawing)},left=${marginPx},bottom=${marginPx},right=${marginPx}]`,
      'org.eclipse.elk.json.shapeCoords': 'ROOT',
      'org.eclipse.elk.json.edgeCoords': 'ROOT',
    },
    children: [
      startNode(''),
      ...(isAnywhere ? [{ id: anywhere, width: 76, height: 26 }] : []),
      ...nodesIn('', drawing, directions),
    ],
    edges: [...starts.map(({ id, source, target }) => ({ id, sources: [source], targets: [target] })), ...edges],
  }
}

interface Way {
  readonly id: string
  readonly source: string
  readonly target: string
}

/**
 * Edges that go back, in the order in which the machine has its states, are laid out the other way round: so what comes first stands
 * first. ELK's own way of doing that fails where states are within states.
 */
function ends(
  chart: Chart,
  { source, target }: { source: string; target: string },
): { sources: string[]; targets: string[] } {
  const [from, to] = [[source === '' ? anywhere : source], [target]]
  return isBack(chart, { source, target }) ? { sources: to, targets: from } : { sources: from, targets: to }
}

/** One follows the other, as the machine has them: the spine of the drawing. */
function isNext({ states }: Chart, { source, target }: { source: string; target: string }): boolean {
  const siblings = states.filter(({ parent }) => parent === states.find(({ path }) => path === source)?.parent)
  return siblings.findIndex(({ path }) => path === source) + 1 === siblings.findIndex(({ path }) => path === target)
}

function isBack({ states }: Chart, { source, target }: { source: string; target: string }): boolean {
  const indexOf = (path: string) => states.findIndex((state) => state.path === path)
  return indexOf(source) > indexOf(target)
}

const startOf = (path: string) => `start of ${path}`
const startNode = (path: string): ElkNode => ({ id: startOf(path), width: startSizePx, height: startSizePx })

function rootHeightPx({ rootRows }: Drawing): number {
  const lineCount = rootRows.reduce((sum, { lines }) => sum + lines.length, 0)
  return lineCount === 0 ? 0 : lineCount * lineHeightPx + 14
}

function nodesIn(parent: string, drawing: Drawing, directions: Directions | undefined): ElkNode[] {
  return drawing.boxes.filter((box) => box.parent === parent).map((box) => nodeFrom(box, drawing, directions))
}

function nodeFrom(box: BoxPlan, drawing: Drawing, directions: Directions | undefined): ElkNode {
  const { path, widthPx, heightPx } = box
  if (!box.isCompound) return { id: path, width: widthPx, height: heightPx }
  return {
    id: path,
    layoutOptions: {
      ...common,
      ...(directions ? { 'elk.direction': directions.inner } : {}),
      'elk.padding': `[top=${heightPx + 2},left=18,bottom=18,right=18]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${widthPx},${heightPx})`,
    },
    children: [startNode(path), ...nodesIn(path, drawing, directions)],
  }
}

function layoutFrom(root: ElkNode, { chart, drawing }: { chart: Chart; drawing: Drawing }): Layout {
  const nodes = new Map(allNodes(root).map((node) => [node.id, areaOf(node)]))
  const edges = new Map(allEdges(root).map((edge) => [edge.id, edge]))
  const pointsOf = (id: string) => pointsFrom(edges.get(id)!)
  return {
    width: Math.ceil(root.width!),
    height: Math.ceil(root.height!),
    boxes: drawing.boxes.map(({ path, rows }) => ({ path, ...nodes.get(path)!, rows })),
    edges: drawing.edges.map((edge) => {
      const label = edges.get(edge.id)!.labels?.[0]
      const points = pointsOf(edge.id)
      return {
        ...edge,
        points: isBack(chart, edge) ? points.toReversed() : points,
        labelArea: label ? areaOf(label) : null,
      }
    }),
    starts: ['', ...chart.states.filter(({ initial }) => initial !== null).map(({ path }) => path)].map((parent) => ({
      parent,
      points: pointsOf(`start ${parent}`),
    })),
    anywhere: nodes.get(anywhere) ?? null,
    rootRows: drawing.rootRows,
  }
}

function allNodes(node: ElkNode): ElkNode[] {
  return (node.children ?? []).flatMap((child) => [child, ...allNodes(child)])
}

function allEdges(node: ElkNode): ElkExtendedEdge[] {
  return [...(node.edges ?? []), ...(node.children ?? []).flatMap(allEdges)]
}

function areaOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Area>): Area {
  return { x: tenth(x), y: tenth(y), width: tenth(width), height: tenth(height) }
}

function pointsFrom({ sections = [] }: ElkExtendedEdge): Point[] {
  return sections
    .flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
    .map(({ x, y }) => ({ x: tenth(x), y: tenth(y) }))
}

const tenth = (length: number) => Math.round(length * 10) / 10
