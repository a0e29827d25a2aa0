import { expect, test } from 'bun:test'
import { drawnMachines } from '../../src/charts/index.ts'
import type { DrawnMachine, Point } from '../../src/charts/layout.ts'
import { contains, overlaps } from './support.ts'

const each = drawnMachines.map((drawn) => [drawn.chart.name, drawn] as const)

function boxOf({ layout }: DrawnMachine, path: string) {
  return layout.boxes.find((box) => box.path === path)!
}

test.each(each)('%s: boxes are within their parents, and beside their siblings', (_, drawn) => {
  const { chart, layout } = drawn
  const all = { x: 0, y: 0, width: layout.width, height: layout.height }
  for (const { path, parent } of chart.states) {
    expect(contains(parent === '' ? all : boxOf(drawn, parent), boxOf(drawn, path))).toBe(true)
    const others = chart.states.filter((other) => other.parent === parent && other.path !== path)
    expect(others.filter((other) => overlaps(boxOf(drawn, path), boxOf(drawn, other.path)))).toEqual([])
  }
})

test.each(each)('%s: no label is on another, nor on a box that it is not within', (_, { chart, layout }) => {
  const labels = layout.edges.flatMap(({ labelArea }) => (labelArea ? [labelArea] : []))
  expect(labels.length).toBeGreaterThan(0)
  const atomic = layout.boxes.filter(({ path }) => !chart.states.some(({ parent }) => parent === path))
  for (const label of labels) {
    expect(labels.filter((other) => other !== label && overlaps(label, other))).toEqual([])
    expect(atomic.filter((box) => overlaps(label, box))).toEqual([])
  }
})

test.each(each)('%s: edges go from their source to their target', (_, drawn) => {
  for (const { source, target, points, id } of drawn.layout.edges) {
    const from = source === '' ? drawn.layout.anywhere! : boxOf(drawn, source)
    expect([id, isOnBorder(points[0]!, from)]).toEqual([id, true])
    expect([id, isOnBorder(points.at(-1)!, boxOf(drawn, target))]).toEqual([id, true])
  }
})

function isOnBorder(
  { x, y }: Point,
  { x: left, y: top, width, height }: { x: number; y: number; width: number; height: number },
): boolean {
  const [isAcross, isAlong] = [x >= left - 1 && x <= left + width + 1, y >= top - 1 && y <= top + height + 1]
  const isAtSide = Math.abs(x - left) < 1 || Math.abs(x - left - width) < 1
  const isAtEnd = Math.abs(y - top) < 1 || Math.abs(y - top - height) < 1
  return isAcross && isAlong && (isAtSide || isAtEnd)
}
