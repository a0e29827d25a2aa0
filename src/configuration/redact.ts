/** A configuration as it may be shown: what opens doors is left out. */
import type { Configuration } from '../../machines/model/configuration.ts'

export const redacted = '(not shown)'

const secretNames = /pass|secret|token|credential|private|api.?key|auth/i

/** Secrets, options of fence agents and values of environments whose names say so. */
export function redactConfiguration({ http, ...configuration }: Configuration): Configuration {
  const nodes = mapValues(configuration.nodes, ({ fence, ...node }) =>
    fence ? { ...node, fence: { ...fence, options: mapValues(fence.options, () => redacted) } } : node,
  )
  const types = mapValues(configuration.types, (type) => ({ ...type, environment: environmentOf(type.environment) }))
  const components = mapValues(configuration.components, (component) => ({
    ...component,
    instances: mapValues(component.instances, (instance) => ({
      ...instance,
      environment: environmentOf(instance.environment),
    })),
  }))
  const secret = configuration.secret === null ? null : redacted
  const shown = { ...configuration, secret, nodes, types, components }
  return http ? { ...shown, http: { ...http, tokenDigests: http.tokenDigests.map(() => redacted) } } : shown
}

function environmentOf(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, secretNames.test(name) ? redacted : value]),
  )
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
