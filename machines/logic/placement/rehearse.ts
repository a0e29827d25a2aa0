/**
 * What-if. `forecast` says what follows if the planner's input becomes another, as a document for people and programs (docs/plan.md);
 * `rehearse` carries a plan out to its end, with components as they are meant to be; `events.ts` has what might happen, as changes of
 * the input. Beside the planner, not part of it: nothing here decides anything.
 */
export {
  forecast,
  type PlacedAssignment,
  type Placement,
  type PlanDocument,
  type PlannedShortage,
  type PlannedStep,
  placementOf,
  planVersion,
} from './rehearse/document.ts'
export {
  assignmentSet,
  clusterMaintained,
  componentFails,
  componentLocked,
  componentMaintained,
  freshInput,
  isHost,
  nodeBecomes,
  nodeSet,
  placesOf,
  reconfigured,
  switchoverAsked,
  withheld,
} from './rehearse/events.ts'
export type { Explanation } from './rehearse/explain.ts'
export { fresh } from './rehearse/ideal.ts'
export { type QuorumForecast, quorumOf, withoutQuorum } from './rehearse/quorum.ts'
export { type Rehearsal, type RehearsedStep, rehearse, settle, turnCountMaxOf } from './rehearse/run.ts'
export { type Shortage, shortageOf } from './rehearse/service.ts'
export { troubleOf } from './rehearse/why.ts'
