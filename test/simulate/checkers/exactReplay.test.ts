import { afterAll, expect, test } from 'bun:test'
import type { Catalogue } from '../../../src/recorder/index.ts'
import { exactReplay } from '../../../src/simulate/checkers/exactReplay.ts'
import { watching } from '../../../src/simulate/checkers/index.ts'
import {
  catalogue,
  changedCatalogue,
  makeDirectory,
  removeDirectories,
  startLamp,
  startNode,
} from '../../recorder/support.ts'

afterAll(removeDirectories)

function judge(directory: string, machines: Catalogue) {
  const checkers = watching([exactReplay(machines)])
  checkers.observe({ atMs: 1, type: 'boxes.closed', directory })
  return { texts: checkers.violations().map(({ text }) => text), figures: checkers.figures() }
}

test('what was recorded replays exactly, and not with a machine that does otherwise', () => {
  const directory = makeDirectory()
  const node = startNode(directory, { node: 'n1', incarnation: 1 })
  startLamp(node)
  for (let index = 0; index < 3; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
  expect(judge(directory, catalogue)).toEqual({ texts: [], figures: { replayedStepCount: 4 } })
  const [text] = judge(directory, changedCatalogue).texts
  expect(text).toContain('of 4 recorded steps came out otherwise')
})
