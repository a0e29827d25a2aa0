/** Checks of types and components: what a program must be able to do, and where it stands. */
import type { ComponentTypeFile } from './componentType.ts'
import { checkExists, checkStandsOn, finding } from './finding.ts'
import { suggestionFor } from './nearest.ts'
import { isSharedType } from './served.ts'
import type { Sifted } from './sift.ts'
import type { Finding, Path } from './source.ts'

export function checkType(name: string, type: Partial<ComponentTypeFile>): Finding[] {
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
  return [...found, ...checkCodes(path, type), ...checkAbilities(path, type)]
}

/** Of reports: `process.exited`, and whatever programs report. */
const codePattern = /^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*$/

function checkCodes(path: Path, { recovery }: Partial<ComponentTypeFile>): Finding[] {
  const strange = Object.keys(recovery?.byCode ?? {}).filter((code) => !codePattern.test(code))
  return strange.map((code) => {
    const message = `expected a code such as probe.failed or process.exited, found '${code}'`
    return finding([...path, 'recovery', 'byCode', code], message, null, 'key')
  })
}

/** What a program must be able to do for what is asked of it. */
function checkAbilities(path: Path, type: Partial<ComponentTypeFile>): Finding[] {
  const { aware, hooks, serves, recovery, selfDetermining } = type
  const found: Finding[] = []
  if (selfDetermining && aware === false) {
    const message = 'expected aware: true with it: only a program that speaks the SDK protocol can say its role'
    found.push(finding([...path, 'selfDetermining'], message, 'write aware: true, or leave it out'))
  }
  if (aware !== false || !hooks) return found
  if (serves && isSharedType(type) && !hooks.onQuiescing) {
    const message =
      'expected a program that can give up one assignment and keep the others: aware, or with hooks.onQuiescing; found neither'
    found.push(finding([...path, 'serves'], message, 'add hooks.onQuiescing', 'key'))
  }
  const resets = [
    ...(recovery?.first === 'reset' ? [['first']] : []),
    ...Object.entries(recovery?.byCode ?? {}).flatMap(([code, rung]) => (rung === 'reset' ? [['byCode', code]] : [])),
  ]
  if (hooks.onReset) return found
  const message = 'expected a program that can be reset: aware, or with hooks.onReset; found neither'
  return [...found, ...resets.map((at) => finding([...path, 'recovery', ...at], message, 'add hooks.onReset'))]
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

export function checkComponents(sifted: Sifted): Finding[] {
  const { components, nodes, types } = sifted
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
      ...checkProxy(name, sifted),
    ]
  })
}

/** It speaks for another on the same node, and for itself. */
function checkProxy(name: string, { components, assignments }: Sifted): Finding[] {
  const proxy = components.get(name)?.proxy
  if (proxy === undefined) return []
  const at = ['components', name, 'proxy']
  const found = checkExists(at, { what: 'component', name: proxy, among: components })
  if (found.length > 0) return found
  if (proxy === name) return [finding(at, `expected another component, found '${name}' itself`, null)]
  const other = components.get(proxy)!
  if (other.proxy !== undefined) {
    const message = `expected a component that speaks for itself, found '${proxy}', for which '${other.proxy}' speaks`
    return [finding(at, message, `write ${other.proxy}`)]
  }
  if (![...assignments.values()].some(({ component }) => component === proxy)) {
    const message = `expected a component that serves an assignment, found '${proxy}', which serves none and so never runs`
    return [finding(at, message, `add an assignment with component: ${proxy}`)]
  }
  return checkStandsOn(at, { dependent: name, sponsor: proxy, components })
}
