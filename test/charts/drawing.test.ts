import { expect, test } from 'bun:test'
import { drawingOf, isStay } from '../../src/charts/drawing.ts'
import { textWidth, wrap } from '../../src/charts/measure.ts'
import { eventTextOf } from '../../src/charts/model.ts'
import { charts } from './support.ts'

const each = charts.map((chart) => [chart.name, chart] as const)
const drawingOfMachine = (name: string) => drawingOf(charts.find((chart) => chart.name === name)!)

test.each(each)('%s: every transition is drawn once, as an edge or inside its state', (_, chart) => {
  const { edges, boxes, rootRows } = drawingOf(chart)
  const drawn = edges.flatMap(({ transitions }) => transitions)
  expect(drawn.toSorted()).toEqual(
    chart.transitions
      .filter((transition) => !isStay(transition))
      .map(({ id }) => id)
      .toSorted(),
  )
  for (const transition of chart.transitions.filter(isStay)) {
    const rows = transition.source === '' ? rootRows : boxes.find(({ path }) => path === transition.source)!.rows
    expect(rows.flatMap(({ lines }) => lines).join(' ')).toContain(eventTextOf(transition))
  }
})

test.each(each)('%s: between two states there is one edge each way', (_, chart) => {
  const ways = drawingOf(chart).edges.map(({ source, target }) => `${source}>${target}`)
  expect(new Set(ways).size).toBe(ways.length)
})

test('what leaves a role is drawn once for all its phases', () => {
  const toOffline = drawingOfMachine('component').edges.filter(
    ({ source, target }) => source.startsWith('primary') && target.startsWith('offline'),
  )
  expect(toOffline).toMatchObject([{ source: 'primary', target: 'offline' }])
  expect(toOffline[0]!.transitions).toContain('primary.preparing/process.stopFailed/1')
})

test('what any state does begins at one place', () => {
  expect(drawingOfMachine('crim').edges.filter(({ source }) => source === '')).toMatchObject([
    { target: 'standby', label: [{ event: 'mastership.lost' }] },
  ])
})

test('a label has six lines at most, and says how many it leaves out', () => {
  for (const chart of charts)
    for (const { label } of drawingOf(chart).edges) expect(label.length).toBeLessThanOrEqual(6)
  const long = drawingOfMachine('component').edges.find(({ id }) => id === 'spare>offline')!
  expect(long.label.at(-1)).toEqual({ event: '', guard: 'and 5 more' })
})

test('texts are as wide as in Helvetica, and broken between words', () => {
  expect(textWidth('role.assign', { sizePx: 10 })).toBe(48.4)
  expect(wrap(['one', 'two', 'three'], { font: { sizePx: 10 }, widthMax: 40, separator: ', ' })).toEqual([
    'one, two,',
    'three',
  ])
  expect(wrap(['wider than that'], { font: { sizePx: 10 }, widthMax: 4, separator: ' ' })).toEqual(['wider than that'])
})
