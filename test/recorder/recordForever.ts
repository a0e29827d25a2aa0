/** Records steps until it is killed; says on stdout, after each record has been appended, how many there are. */
import { writeSync } from 'node:fs'
import { startLamp, startNode } from './support.ts'

const [directory, segmentSize] = process.argv.slice(2)
const node = startNode(directory!, { segmentSizeBytes: Number(segmentSize), segmentCountMax: 1000 })
startLamp(node)
for (let count = 1; ; count += 1) {
  node.engine.send(
    'lamp/a',
    count % 3 === 0 ? { type: 'lamp.note', text: 'x'.repeat(count % 700) } : { type: 'lamp.press' },
  )
  if (count % 100 === 0) writeSync(1, `${count + 1}\n`)
}
