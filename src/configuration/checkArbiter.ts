/** Whether this machine can run the arbiter of one or several clusters, in one process. */
import { join } from 'node:path'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import { isHere, localAddresses } from './checkNode.ts'
import type { OpenedConfiguration } from './load.ts'
import { ConfigurationError, type ConfigurationProblem } from './problem.ts'

/** Throws a `ConfigurationError` with everything that stands against it, in all of the files. */
export function checkArbiters(
  opened: readonly OpenedConfiguration[],
  addresses: readonly string[] = localAddresses(),
): void {
  const problems = opened.flatMap((each, index) =>
    each.configuration.arbiter
      ? [...strangeLinks(each, addresses), ...clashes(each, opened.slice(0, index))]
      : [withoutArbiter(each)],
  )
  if (problems.length > 0) throw new ConfigurationError(problems)
}

function withoutArbiter({ source }: OpenedConfiguration): ConfigurationProblem {
  const message = 'expected an arbiter, found none'
  const suggestion = 'add arbiter: { name: …, links: […] }, here and for every node'
  return source.problem({ path: [], at: 'key', message, suggestion })
}

function strangeLinks(
  { configuration, source }: OpenedConfiguration,
  addresses: readonly string[],
): ConfigurationProblem[] {
  return configuration.arbiter!.links.flatMap(({ host }, index) => {
    if (isHere(host, addresses)) return []
    const message = `expected an address of this machine (${addresses.join(', ') || 'it has none but loopback'}), found ${host}`
    return [source.problem({ path: ['arbiter', 'links', index], at: 'value', message, suggestion: null })]
  })
}

/** With the clusters named before it. */
function clashes(
  { configuration, source }: OpenedConfiguration,
  earlier: readonly OpenedConfiguration[],
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = []
  const refuse = (path: readonly PropertyKey[], message: string, suggestion: string) =>
    problems.push(source.problem({ path, at: 'value', message, suggestion }))
  for (const { configuration: other, source: otherSource } of earlier) {
    const links = configuration.arbiter!.links.findIndex((link) => other.arbiter!.links.some((o) => isClash(link, o)))
    const { host, port } = configuration.arbiter!.links[links] ?? {}
    if (links >= 0)
      refuse(
        ['arbiter', 'links', links],
        `expected an address of its own, found ${host}:${port}, which (with the port after it) the arbiter of ${otherSource.file} has already`,
        'another port for each cluster',
      )
    for (const key of ['stateDirectory', 'runtimeDirectory'] as const) {
      const folder = join(configuration[key], configuration.arbiter!.name)
      if (folder !== join(other[key], other.arbiter!.name)) continue
      const message = `expected a folder of its own, found ${folder}, which the arbiter of ${otherSource.file} has already`
      refuse(['arbiter', 'name'], message, 'give it another name, or another directory')
    }
  }
  return problems
}

/** Heartbeats go to the port after that of the link. */
function isClash(a: LinkAddress, b: LinkAddress): boolean {
  return a.host === b.host && Math.abs(a.port - b.port) <= 1
}
