/** What can go wrong in a simulation, by the names of `rolecall simulate --faults`. */
export const faultKinds = [
  'loss',
  'duplication',
  'delay',
  'reordering',
  'partition',
  'oneway',
  'link',
  'flapping',
  'drift',
  'step',
  'pause-node',
  'pause-guard',
  'pause',
  'kill-node',
  'kill-guard',
  'power',
  'disk-slow',
  'disk-full',
  'disk-wiped',
  'disk-old',
  'versions',
  'component',
  'callbacks',
  'operator',
] as const

export type FaultKind = (typeof faultKinds)[number]
