/**
 * SPEC R10: another master finds everything as the one before it left it. In the calm after convergence, in which nothing happens but that
 * the mastership is handed on, no program begins or ends, none changes its role, and none is told its role anew.
 */
import { formatToken } from '../../../machines/model/token.ts'
import type { Checker, Report } from './checker.ts'

export function handOverChangesNothing(): Checker {
  let isCalm = false
  let handOverCount = 0
  /** Of the commands that each holder took. */
  const tokens = new Map<string, string>()

  function tell(report: Report, what: string): void {
    report(`${what}, though nothing happened but a change of master`)
  }
  return {
    name: 'hand-over-changes-nothing',
    observe(seen, report) {
      if (seen.type === 'calm.began') isCalm = true
      if (seen.type === 'calm.ended') isCalm = false
      if (seen.type === 'token.taken') {
        const token = formatToken(seen.token)
        if (isCalm && tokens.get(seen.holder) !== token) tell(report, `${seen.holder} is told anew`)
        tokens.set(seen.holder, token)
      }
      if (!isCalm) return
      if (seen.type === 'mastership.acquired') handOverCount += 1
      if (seen.type === 'component.started') tell(report, `${seen.component} begins`)
      if (seen.type === 'component.ended') tell(report, `${seen.component} ends`)
      if (seen.type === 'role.changed') tell(report, `${seen.component} becomes ${seen.role} of ${seen.assignment}`)
    },
    figures: () => ({ calmHandOverCount: handOverCount }),
  }
}
