/** The black box (SPEC P7): recording, reading after whatever happened, replay, and the story it tells. */
export { BlackBoxNotFoundError, type ReadProgress } from './boxes.ts'
export type { Detail } from './detail.ts'
export { type Explanation, type ExplanationLine, explanationOf } from './explanation.ts'
export type { FlushPolicy, FlushPosition } from './flusher.ts'
export { type Incident, type IncidentCode, incidentsOf, type Severity } from './incidents.ts'
export { type LastLife, lifeEndedType } from './lastLife.ts'
export type { Usage } from './meter.ts'
export { explain, isActor, type NarrateOptions, type Narrative, type NarrativeLine, narrate } from './narrative.ts'
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
  replayDirectories,
  type Unverifiable,
} from './replay.ts'
export type { Damage, DamageKind } from './segmentReader.ts'
export { formatEntry, formatNarrative, type Paint, plainPaint } from './text.ts'
export { formatId, mergeTimeline, readTimeline, type Timeline, type TimelineEntry } from './timeline.ts'
