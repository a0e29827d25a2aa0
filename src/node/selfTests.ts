/**
 * Self-tests that programs ask for themselves (SPEC R8): the same operation as an operator's, unforced, so that it is refused where it would
 * take away what is required. One at a time of a component, and one in five seconds; what is asked meanwhile is the same one.
 */
import { type ComponentId, hostOf } from '../../machines/model/ids.ts'
import type { Operation, OperationResult } from '../../machines/model/operation.ts'
import type { Clock } from '../engine/clock.ts'
import { logger } from '../log/log.ts'

const log = logger('node')

/** A program that asks in a circle must not keep the master busy. */
const pauseMs = 5000

export function selfTestsOf(
  request: (operation: Operation) => Promise<OperationResult>,
  clock: Pick<Clock, 'setTimer'>,
): (asked: { readonly component: ComponentId }) => void {
  const open = new Set<ComponentId>()
  return ({ component: place }) => {
    const component = hostOf(place)
    if (open.has(component)) return
    open.add(component)
    void request({ operation: 'selfTest', component }).then((result) => {
      clock.setTimer(pauseMs, () => open.delete(component))
      if (result.ok) log.info('{component} asked for a self-test: {text}', { component, text: result.text })
      else log.warn('{component} asked for a self-test: {text} ({code})', { component, ...result })
    })
  }
}
