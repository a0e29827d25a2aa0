/**
 * Self-tests that programs ask for themselves (SPEC R8): the same operation as an operator's, unforced, so that it is refused where it would
 * take away what is required. One at a time of a component; what is asked meanwhile is the one that is under way.
 */
import { type ComponentId, hostOf } from '../../machines/model/ids.ts'
import type { Operation, OperationResult } from '../../machines/model/operation.ts'
import { logger } from '../log/log.ts'

const log = logger('node')

export function selfTestsOf(
  request: (operation: Operation) => Promise<OperationResult>,
): (asked: { readonly component: ComponentId }) => void {
  const open = new Set<ComponentId>()
  return ({ component: place }) => {
    const component = hostOf(place)
    if (open.has(component)) return
    open.add(component)
    void request({ operation: 'selfTest', component }).then((result) => {
      open.delete(component)
      if (result.ok) log.info('{component} asked for a self-test: {text}', { component, text: result.text })
      else log.warn('{component} asked for a self-test: {text} ({code})', { component, ...result })
    })
  }
}
