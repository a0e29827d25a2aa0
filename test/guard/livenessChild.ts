/** A guard's liveness in a process of its own, to be killed: says what it hears on stdout, and obeys lines on stdin. */
import { Liveness } from '../../src/guard/liveness.ts'

const options = JSON.parse(process.argv[2]!)
const liveness = new Liveness({ ...options, onEnded: (ended) => console.log(JSON.stringify(ended)) })
console.log('up')
for await (const line of console) {
  if (line === 'ended') liveness.ended()
  else if (line.startsWith('alive')) liveness.alive(Number(line.slice(6)))
}
