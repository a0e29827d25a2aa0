import { catalogue } from '../../machines/index.ts'
import { deriveChart, type Named } from '../../src/charts/derive.ts'
import type { Area } from '../../src/charts/layout.ts'
import type { Chart } from '../../src/charts/model.ts'

export const machines = Object.entries(catalogue).map(([name, { machine, version }]) => {
  return { name, machine, version } as unknown as Named
})

export const charts: readonly Chart[] = machines.map((named) => deriveChart(named))

/** More than their borders is in common. */
export function overlaps(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

export function contains(outer: Area, inner: Area): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  )
}
