/**
 * The master asks what is (SPEC R10). A node answers when it goes by a configuration no older than the one that master plans by:
 * otherwise it would be commanded for components that it does not know, or by timings that it does not hold to. The question waits
 * here until then; a later one takes its place. The master's own wait is bounded by `surveyTimeout`, and takes the answer later, too.
 */
import type { NodeName } from '../../machines/model/ids.ts'
import type { Cause } from '../engine/record.ts'
import { actorOf, type Parts } from './parts.ts'

export interface SurveyQuestion {
  readonly master: NodeName
  readonly epoch: number
  /** Of the master's configuration. */
  readonly revision: number
  readonly cause: Cause | null
}

/** A node that was asked by a master takes no more commands of an earlier one, however late they arrive. */
export function takeSurvey(parts: Parts, question: SurveyQuestion): void {
  if (question.epoch < parts.commandEpoch.highest) return
  parts.commandEpoch.highest = question.epoch
  parts.openSurvey.question = question
  answerSurvey(parts)
}

/** To be called when more is applied. */
export function answerSurvey(parts: Parts): void {
  const { question } = parts.openSurvey
  if (question === null || parts.replica.tree.revision < question.revision) return
  parts.openSurvey.question = null
  const { master, epoch, cause } = question
  if (epoch < parts.commandEpoch.highest) return
  const statuses = [...parts.statuses.values()]
  if (master === parts.self) {
    const { incarnation } = parts
    parts.engine.send(actorOf.crim, { type: 'survey.answered', node: master, incarnation, statuses }, cause)
  } else parts.post(master, { type: 'survey.answer', epoch, statuses }, cause)
}
