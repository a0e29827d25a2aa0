/** Whether this machine can be the node it is asked to be. */
import { networkInterfaces } from 'node:os'
import type { OpenedConfiguration } from './load.ts'
import { nearest } from './nearest.ts'
import { ConfigurationError } from './problem.ts'

/** Throws a `ConfigurationError` when the file has no such node. */
export function checkNode({ configuration, source }: OpenedConfiguration, name: string): void {
  const names = Object.keys(configuration.nodes)
  if (Object.hasOwn(configuration.nodes, name)) return
  const message = `expected a node named '${name}', found ${names.join(', ')}`
  const meant = nearest(name, names)
  const suggestion =
    meant === null ? 'add it, or give the name of another with --name' : `did you mean --name ${meant}?`
  throw new ConfigurationError([source.problem({ path: ['nodes'], at: 'key', message, suggestion })])
}

/**
 * Throws a `ConfigurationError` when the node has link addresses that this machine hasn't. All of 127.0.0.0/8 and ::1
 * are always there. `addresses` are this machine's own, unless a test gives others.
 */
export function checkLinkAddresses(
  opened: OpenedConfiguration,
  name: string,
  addresses: readonly string[] = localAddresses(),
): void {
  const { configuration, source } = opened
  const others = Object.entries(configuration.nodes).filter(([, node]) =>
    node.links.every(({ host }) => isHere(host, addresses)),
  )
  const suggestion = others.length > 0 ? `the addresses of ${others[0]![0]} are here: --name ${others[0]![0]}?` : null
  const problems = configuration.nodes[name]!.links.flatMap(({ host }, index) => {
    if (isHere(host, addresses)) return []
    const message = `expected an address of this machine (${addresses.join(', ') || 'it has none but loopback'}), found ${host}`
    return [source.problem({ path: ['nodes', name, 'links', index], at: 'value', message, suggestion })]
  })
  if (problems.length > 0) throw new ConfigurationError(problems)
}

export function isHere(host: string, addresses: readonly string[]): boolean {
  return isLoopback(host) || addresses.includes(host)
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1'
}

export function localAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter(({ internal }) => !internal).map(({ address }) => address.toLowerCase())
}
