/** Which records a query means, for those that are at hand. What is asked of the spool it does by itself (`spoolQuery.ts`). */
import type { LogQuery } from './index.ts'
import type { LogRecord } from './record.ts'

export function isOf({ fromUs, toUs, node, actor, component }: LogQuery, record: LogRecord): boolean {
  if (fromUs !== undefined && record.time.us < fromUs) return false
  if (toUs !== undefined && record.time.us > toUs) return false
  if (node !== undefined && record.node !== node) return false
  if (actor !== undefined && !isBelow(record.actor, actor)) return false
  return component === undefined || isOfComponent(record.actor, component)
}

function isBelow(actor: string, name: string): boolean {
  return actor === name || actor.startsWith(`${name}/`)
}

function isOfComponent(actor: string, component: string): boolean {
  if (component.includes('/')) return isBelow(actor, `component/${component}`)
  const [kind, , ...rest] = actor.split('/')
  return kind === 'component' && isBelow(rest.join('/'), component)
}
