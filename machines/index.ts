/**
 * The catalogue of machines: for the engine, for replay, for the console. The version of a machine goes up whenever it would
 * step differently, so that an old recording is never mistaken for a wrong one; that of all of them when the hash of a state changes
 * (`src/engine/hash.ts`).
 */
import { component } from './component.ts'
import { crim } from './crim.ts'
import { fencing } from './fencing.ts'
import { membership } from './membership.ts'
import { nodeMachine } from './node.ts'

export const catalogue = {
  component: { machine: component, version: 5 },
  crim: { machine: crim, version: 8 },
  fencing: { machine: fencing, version: 3 },
  membership: { machine: membership, version: 4 },
  node: { machine: nodeMachine, version: 4 },
}
