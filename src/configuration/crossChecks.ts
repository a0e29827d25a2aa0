/** What needs more than one key to judge: names that must exist, addresses that must differ, timings that must fit. */
import type { ComponentTypeFile } from './componentType.ts'
import { suggestionFor } from './nearest.ts'
import { formatDuration } from './quantity.ts'
import { nodeCountMax, voterCountMax } from './schema.ts'
import type { Entries, Sifted } from './sift.ts'
import type { Finding, Path } from './source.ts'
import { timingRelations } from './timing.ts'
import { formatAddress, isName, nameExpected } from './values.ts'

export function crossCheck(sifted: Sifted): Finding[] {
  return [
    ...checkNames(sifted),
    ...checkSecret(sifted),
    ...checkTiming(sifted),
    ...checkNodes(sifted),
    ...checkArbiter(sifted),
    ...checkAddresses(sifted),
    ...[...sifted.types].flatMap(([name, type]) => checkType(name, type)),
    ...checkComponents(sifted),
    ...checkAssignments(sifted),
  ]
}

const entryCountMax = 1000

function checkNames(sifted: Sifted): Finding[] {
  return (['nodes', 'types', 'components', 'assignments'] as const).flatMap((section) => {
    const names = [...sifted[section].keys()]
    const wrong = names.filter((name) => !isName(name))
    const found = wrong.map((name) =>
      finding([section, name], `expected ${nameExpected}, found '${name}'`, suggestedName(name), 'key'),
    )
    const tooMany = names[entryCountMax]
    if (tooMany === undefined) return found
    return [
      ...found,
      finding([section, tooMany], `expected at most ${entryCountMax} of them, found ${names.length}`, null, 'key'),
    ]
  })
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

function checkType(name: string, type: Partial<ComponentTypeFile>): Finding[] {
  const path = ['types', name]
  const found = checkEnvironment([...path, 'environment'], type.environment ?? {})
  if (type.aware && type.standby === 'cold') {
    const message =
      "expected hot or warm, found 'cold', which an aware program cannot be: it must run to be told its role"
    found.push(finding([...path, 'standby'], message, 'leave it out, or write aware: false'))
  }
  const runsAsSecondary = type.standby === 'hot' || type.standby === 'warm'
  if (type.aware === false && type.exclusive && runsAsSecondary && type.hooks && !type.hooks.onPrimary) {
    const message = `'${type.standby}' without a way to tell a running secondary that it is primary`
    found.push(
      finding([...path, 'standby'], message, 'add hooks.onPrimary, or aware: true if it speaks the SDK protocol'),
    )
  }
  if (type.probe) {
    const { exec, http, tcp } = type.probe
    const targets = Object.entries({ exec, http, tcp }).flatMap(([kind, target]) =>
      target === undefined ? [] : [kind],
    )
    if (targets.length !== 1) {
      const message = `expected exactly one of exec, http and tcp, found ${targets.join(' and ') || 'none'}`
      found.push(finding([...path, 'probe'], message, null, 'key'))
    }
  }
  return found
}

function checkEnvironment(path: Path, environment: Readonly<Record<string, string>>): Finding[] {
  return Object.keys(environment).flatMap((name) => {
    const isReserved = name.startsWith('ROLECALL_')
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !isReserved) return []
    const expected = isReserved
      ? "a name without ROLECALL_, which is rolecall's own"
      : "a name of letters, digits and '_'"
    return [finding([...path, name], `expected ${expected}, found '${name}'`, null, 'key')]
  })
}

function checkComponents({ components, nodes, types }: Sifted): Finding[] {
  return [...components].flatMap(([name, component]) => {
    const { type, nodes: on = [], instances = {} } = component
    const path = ['components', name]
    const seen = new Set<string>()
    return [
      ...(type === undefined ? [] : checkExists([...path, 'type'], { what: 'type', name: type, among: types })),
      ...on.flatMap((node, index) => {
        const at = [...path, 'nodes', index]
        if (seen.has(node)) return [finding(at, `the node '${node}' is there twice`, null)]
        seen.add(node)
        return checkExists(at, { what: 'node', name: node, among: nodes })
      }),
      ...Object.entries(instances).flatMap(([node, { environment }]) => {
        const at = [...path, 'instances', node]
        const found = checkEnvironment([...at, 'environment'], environment)
        if (seen.has(node) || !component.nodes) return found
        const message = `expected one of the component's nodes, found '${node}'`
        return [finding(at, message, suggestionFor(node, on), 'key'), ...found]
      }),
    ]
  })
}

function checkAssignments({ assignments, components }: Sifted): Finding[] {
  const servers = new Map<string, string>()
  return [...assignments].flatMap(([name, assignment]) => {
    if (assignment.component === undefined) return []
    const at = ['assignments', name, 'component']
    const found = checkExists(at, { what: 'component', name: assignment.component, among: components })
    const other = servers.get(assignment.component)
    if (other !== undefined) {
      found.push(
        finding(
          at,
          `expected a component of its own, found '${assignment.component}', which serves '${other}' already`,
          null,
        ),
      )
    }
    servers.set(assignment.component, other ?? name)
    const component = components.get(assignment.component)
    if (assignment.redundancy === '2N' && component?.nodes?.length === 1) {
      const message = `2N needs a component on two nodes, found one: ${component.nodes[0]}`
      found.push(
        finding(
          ['assignments', name, 'redundancy'],
          message,
          `add a node to components.${assignment.component}.nodes, or write none`,
        ),
      )
    }
    return found
  })
}

function checkExists(path: Path, reference: { what: string; name: string; among: Entries<unknown> }): Finding[] {
  const { what, name, among } = reference
  if (among.has(name)) return []
  return [finding(path, `expected the name of a ${what}, found '${name}'`, suggestionFor(name, [...among.keys()]))]
}

function finding(path: Path, message: string, suggestion: string | null, at: 'key' | 'value' = 'value'): Finding {
  return { path, at, message, suggestion }
}
