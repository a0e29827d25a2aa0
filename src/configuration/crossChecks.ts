/** What needs more than one key to judge: names that must exist, addresses that must differ, timings that must fit. */
import { checkAssignments } from './checkAssignments.ts'
import { checkComponents, checkType } from './checkComponents.ts'
import { checkContradictions } from './checkContradictions.ts'
import { checkOrder } from './checkOrder.ts'
import { checkRelationships, checkReleases } from './checkRelationships.ts'
import { checkWeights } from './checkWeights.ts'
import { checkContainment } from './containment.ts'
import { finding } from './finding.ts'
import { checkHttp } from './http.ts'
import { formatDuration } from './quantity.ts'
import { voterCountMax } from './schema.ts'
import { servedOf } from './served.ts'
import type { Sifted } from './sift.ts'
import type { Finding, Path } from './source.ts'
import { timingRelations } from './timing.ts'
import { formatAddress, isName, nameExpected, nodeCountMax } from './values.ts'

export function crossCheck(sifted: Sifted): Finding[] {
  const served = servedOf(sifted)
  return [
    ...checkNames(sifted),
    ...checkNodeKeys(sifted),
    ...checkSecret(sifted),
    ...checkTiming(sifted),
    ...checkNodes(sifted),
    ...checkArbiter(sifted),
    ...checkAddresses(sifted),
    ...[...sifted.types].flatMap(([name, type]) => checkType(name, type)),
    ...checkContainment(sifted),
    ...checkComponents(sifted),
    ...checkAssignments(sifted, served),
    ...checkWeights(sifted, served),
    ...checkRelationships(sifted, served),
    ...checkOrder(sifted),
    ...checkContradictions(sifted, served),
    ...checkReleases(sifted),
    ...checkHttp(sifted.http, sifted.nodes),
  ]
}

const entryCountMax = 1000
const namedSections = ['nodes', 'types', 'components', 'assignments', 'relationships', 'groups'] as const

function checkNames(sifted: Sifted): Finding[] {
  return namedSections.flatMap((section) => {
    const names = [...sifted[section].keys()]
    const wrong = names.filter((name) => !isName(name))
    const found = wrong.map((name) => misnamed([section, name], name))
    const tooMany = names[entryCountMax]
    if (tooMany === undefined) return found
    return [
      ...found,
      finding([section, tooMany], `expected at most ${entryCountMax} of them, found ${names.length}`, null, 'key'),
    ]
  })
}

/** Names of resources and of levels. */
function checkNodeKeys({ nodes }: Sifted): Finding[] {
  return [...nodes].flatMap(([name, { capacity = {}, containment = {} }]) =>
    Object.entries({ capacity, containment }).flatMap(([key, values]) =>
      Object.keys(values).flatMap((each) => {
        const path = ['nodes', name, key, each]
        if (!isName(each)) return [misnamed(path, each)]
        if (key === 'capacity' || each !== 'node') return []
        return [finding(path, "expected a level other than 'node', which is the node itself", 'leave it out', 'key')]
      }),
    ),
  )
}

function misnamed(path: Path, name: string): Finding {
  return finding(path, `expected ${nameExpected}, found '${name}'`, suggestedName(name), 'key')
}

function suggestedName(name: string): string | null {
  const mended = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return isName(mended) ? `write '${mended}'` : null
}

function checkSecret({ hasSecret, hasSecretFile }: Sifted): Finding[] {
  if (!hasSecret || !hasSecretFile) return []
  return [finding(['secretFile'], 'expected one of secret and secretFile, found both', 'keep secretFile', 'key')]
}

function checkTiming({ timing }: Sifted): Finding[] {
  if (!timing) return []
  return timingRelations.flatMap(({ key, formula, atLeastMs, why }) => {
    const leastMs = atLeastMs(timing)
    if (timing[key] >= leastMs) return []
    const message = `expected at least ${formatDuration(leastMs)} (${formula}), found ${formatDuration(timing[key])}: ${why}`
    return [finding(['timing', key], message, `write ${key}: ${formatDuration(leastMs)}`)]
  })
}

/** The longest path of a Unix socket is 107 bytes; the socket's own file name is below 24. */
const socketFolderLengthMax = 107 - 24

function checkNodes({ nodes, runtimeDirectory }: Sifted): Finding[] {
  const names = [...nodes.keys()]
  const surplus = names[nodeCountMax]
  const found: Finding[] = []
  if (surplus !== undefined) {
    found.push(
      finding(['nodes', surplus], `expected at most ${nodeCountMax} nodes, found ${names.length}`, null, 'key'),
    )
  }
  const voters = [...nodes].filter(([, { eligible }]) => eligible !== false).map(([name]) => name)
  const surplusVoter = voters[voterCountMax]
  if (surplusVoter !== undefined) {
    const message = `expected at most ${voterCountMax} nodes that are eligible, found ${voters.length}`
    found.push(finding(['nodes', surplusVoter], message, 'write eligible: false', 'key'))
  }
  const [first, ...others] = [...nodes].flatMap(([name, node]) =>
    node.links ? [{ name, linkCount: node.links.length }] : [],
  )
  for (const { name, linkCount } of others) {
    if (linkCount === first!.linkCount) continue
    const message = `expected ${first!.linkCount} links, as ${first!.name} has, found ${linkCount}`
    found.push(finding(['nodes', name, 'links'], message, 'every node has one address on each link'))
  }
  const longest = Math.max(0, ...names.map((name) => name.length))
  const folderLength = runtimeDirectory === null ? 0 : Buffer.byteLength(runtimeDirectory) + 1 + longest
  if (folderLength > socketFolderLengthMax) {
    const message = `expected a path short enough for Unix sockets: with the name of a node, ${socketFolderLengthMax} bytes; found ${folderLength}`
    found.push(finding(['runtimeDirectory'], message, 'a shorter path, such as /run/rolecall'))
  }
  return found
}

function checkArbiter({ nodes, arbiter }: Sifted): Finding[] {
  const found: Finding[] = []
  const isVoted = [...nodes.values()].some(({ eligible }) => eligible !== false)
  if (nodes.size > 0 && !isVoted) {
    const message = 'expected at least one node that is eligible, found none'
    found.push(finding(['nodes'], message, 'leave eligible out where the node may be master', 'key'))
  }
  if (arbiter?.name !== undefined && nodes.has(arbiter.name)) {
    const message = `expected a name that no node has, found '${arbiter.name}'`
    found.push(finding(['arbiter', 'name'], message, `write ${arbiter.name}-arbiter`))
  }
  const linkCount = [...nodes.values()].find(({ links }) => links)?.links?.length
  if (arbiter?.links && linkCount !== undefined && arbiter.links.length !== linkCount) {
    const message = `expected ${linkCount} links, as the nodes have, found ${arbiter.links.length}`
    found.push(finding(['arbiter', 'links'], message, 'it has one address on each link'))
  }
  return found
}

function checkAddresses({ nodes, arbiter }: Sifted): Finding[] {
  const owners = new Map<string, string>()
  const nodeLinks = [...nodes].map(([name, { links }]) => ({ name, links, path: ['nodes', name] }))
  const arbiterLinks = arbiter ? [{ name: arbiter.name ?? 'arbiter', links: arbiter.links, path: ['arbiter'] }] : []
  return [...nodeLinks, ...arbiterLinks].flatMap(({ name, links, path }) =>
    (links ?? []).flatMap((link, index) => {
      const address = formatAddress(link)
      // Heartbeats go to the port after that of the link.
      const [own, heartbeats] = [address, formatAddress({ ...link, port: link.port + 1 })]
      const taken = [own, heartbeats].find((each) => owners.has(each))
      const owner = taken && owners.get(taken)
      for (const each of [own, heartbeats]) if (!owners.has(each)) owners.set(each, name)
      if (owner === undefined) return []
      const need = taken === own ? '' : `, whose heartbeats need port ${link.port + 1}`
      const message = `expected an address of its own, found ${address}${need}, which ${owner === name ? 'this node' : owner} has already`
      return [finding([...path, 'links', index], message, null)]
    }),
  )
}
