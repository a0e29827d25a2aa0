/** The black box (SPEC P7): recording, reading after whatever happened, replay, and the story it tells. */
export { BlackBoxNotFoundError, NewerRecordingError, type NodeBox, type ReadProgress } from './boxes.ts'
export type { Detail } from './detail.ts'
export { compareRuns, type RunDifference } from './diff.ts'
export { type Explanation, type ExplanationLine, explanationOf } from './explanation.ts'
export type { FlushPolicy, FlushPosition } from './flusher.ts'
export { type Incident, type IncidentCode, incidentsOf, type Severity } from './incidents.ts'
export { type Insight, insightsOf } from './insights.ts'
export { type LastLife, lifeEndedType } from './lastLife.ts'
export type { Usage } from './meter.ts'
export { type Course, courseOf, type Milestone } from './milestones.ts'
export { explain, isActor, type NarrateOptions, type Narrative, type NarrativeLine, narrate } from './narrative.ts'
export { openRecordings, type Recordings } from './openRecordings.ts'
export {
  type BlackBox,
  noStats,
  openRecorder,
  type RecorderOptions,
  type RecorderProblem,
  type RecorderStats,
} from './recorder.ts'
export {
  type Catalogue,
  type Gap,
  type Mismatch,
  type ReplayOptions,
  type ReplayResult,
  replayBoxes,
  replayDirectories,
  type Unverifiable,
} from './replay.ts'
export { type ActorState, statesUntil } from './rerun.ts'
export type { Damage, DamageKind } from './segmentReader.ts'
export { formatEntry, formatNarrative, type Paint, plainPaint } from './text.ts'
export {
  formatId,
  mergeTimeline,
  type RecordedMachine,
  readTimeline,
  type Timeline,
  type TimelineEntry,
  timelineOf,
} from './timeline.ts'
