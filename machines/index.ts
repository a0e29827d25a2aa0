/**
 * The catalogue of machines: for the engine, for replay, for the console. The version of a machine goes up whenever it would
 * step differently, so that an old recording is never mistaken for a wrong one.
 */
import { component } from './component.ts'
import { crim } from './crim.ts'
import { fencing } from './fencing.ts'
import { membership } from './membership.ts'
import { nodeMachine } from './node.ts'

export const catalogue = {
  component: { machine: component, version: 3 },
  crim: { machine: crim, version: 5 },
  fencing: { machine: fencing, version: 2 },
  membership: { machine: membership, version: 3 },
  node: { machine: nodeMachine, version: 3 },
}
