import { expect, test } from 'bun:test'
import { exposition, Histogram, labelText } from '../../../src/manage/http/exposition.ts'
import { parseMetrics } from './parseMetrics.ts'

test('families with help and type, samples with labels', () => {
  const text = exposition([
    { name: 'rolecall_quorum', help: 'Whether.', type: 'gauge', samples: [{ value: 1 }] },
    {
      name: 'rolecall_refused_total',
      help: 'By\nreason, with a \\.',
      type: 'counter',
      samples: [
        { labels: { reason: 'a "quoted" one' }, value: 2 },
        { labels: { reason: 'back\\slash\nline' }, value: Number.POSITIVE_INFINITY },
      ],
    },
  ])
  expect(text).toContain('# HELP rolecall_refused_total By\\nreason, with a \\\\.\n')
  const families = parseMetrics(text)
  expect(families.get('rolecall_refused_total')).toEqual({
    type: 'counter',
    samples: [
      { name: 'rolecall_refused_total', labels: { reason: 'a "quoted" one' }, value: 2 },
      {
        name: 'rolecall_refused_total',
        labels: { reason: 'back\\slash\nline' },
        value: Number.POSITIVE_INFINITY,
      },
    ],
  })
  expect(text.endsWith('\n')).toBe(true)
})

test('a histogram counts what is below each bound, and all of it', () => {
  const histogram = new Histogram([0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value, { assignment: 'ledger' })
  expect(histogram.lines('x')).toEqual([
    'x_bucket{assignment="ledger",le="0.1"} 2',
    'x_bucket{assignment="ledger",le="1"} 3',
    'x_bucket{assignment="ledger",le="+Inf"} 4',
    'x_sum{assignment="ledger"} 7.65',
    'x_count{assignment="ledger"} 4',
  ])
})

test('labels and samples are bounded, and what is beyond is said', () => {
  const histogram = new Histogram([1], { seriesCountMax: 3 })
  for (let index = 0; index < 100; index++) histogram.observe(0, { client: `c${index}` })
  const counts = histogram.lines('x').filter((line) => line.startsWith('x_count'))
  expect(counts).toEqual([
    'x_count{client="c0"} 1',
    'x_count{client="c1"} 1',
    'x_count{client="c2"} 1',
    'x_count{client="other"} 97',
  ])
  const samples = Array.from({ length: 5010 }, (_, index) => ({ labels: { name: `${index}` }, value: 1 }))
  const families = parseMetrics(exposition([{ name: 'many', help: 'Many.', type: 'gauge', samples }]))
  expect(families.get('many')!.samples).toHaveLength(5000)
  expect(families.get('rolecall_metrics_omitted_samples')!.samples[0]!.value).toBe(10)
})

test('nothing between braces without labels', () => {
  expect(labelText({})).toBe('')
})
