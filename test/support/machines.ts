/**
 * The kit to test machines with (STYLE 12). Everything runs through `src/engine/step.ts`, as in the engine and in replay;
 * timers that a machine arms are fired by the test, in any order it likes.
 *
 * - `expectTranscript`: a conversation with a machine, compared with text that reads like one.
 * - `fuzz`: random events and timers; nothing may throw, and whatever the test checks must hold after every step.
 * - `expectCoverage`: every state reached and every transition taken.
 */
export { type Coverage, type Exploration, expectCoverage } from './machines/coverage.ts'
export { type Fuzz, fuzz } from './machines/fuzz.ts'
export { elapse, Run, type Step } from './machines/run.ts'
export {
  dedent,
  expectTranscript,
  type Rendering,
  renderMessage,
  type TranscriptOptions,
  transcript,
} from './machines/transcript.ts'
