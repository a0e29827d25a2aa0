/** Whether a fence agent can do its work as configured: asked without fencing anything. */
import type { FenceConfiguration } from '../../machines/model/configuration.ts'
import { nearest } from '../configuration/nearest.ts'
import type { Clock } from '../engine/clock.ts'
import { type FenceCall, run, whyOf } from './agent.ts'

export interface FenceCheck {
  /** Empty: it can. */
  readonly problems: readonly string[]
  /** What was found. */
  readonly text: string
}

export async function checkFence(of: {
  cluster: string
  node: string
  fence: FenceConfiguration
  clock: Clock
}): Promise<FenceCheck> {
  const { fence } = of
  const call: FenceCall = { ...of, signal: new AbortController().signal, onOutput: () => {} }
  if (fence.kind === 'command') {
    const checked = await run(call, 'check', fence.timeoutMs)
    return checked.exitCode === 0
      ? { problems: [], text: 'its command says that it could fence it' }
      : { problems: [`check: ${whyOf(checked)}`], text: '' }
  }
  const metadata = await run(call, 'metadata', fence.timeoutMs)
  const described = metadata.exitCode === 0 ? parseMetadata(metadata.output) : null
  const problems = described === null ? [] : optionProblems(fence, described)
  if (metadata.exitCode === null) problems.push(whyOf(metadata))
  if (problems.length > 0) return { problems, text: '' }
  const status = await run(call, 'status', fence.timeoutMs)
  if (status.exitCode !== 0 && status.exitCode !== 2) return { problems: [`status: ${whyOf(status)}`], text: '' }
  const about = described === null ? 'gives no metadata, so its options are unchecked, and' : 'knows its options and'
  return { problems: [], text: `its agent ${about} says that it is ${status.exitCode === 0 ? 'on' : 'off'}` }
}

export interface AgentMetadata {
  /** By name: whether a value must be given. */
  readonly parameters: ReadonlyMap<string, boolean>
  readonly actions: readonly string[]
}

/** Of the resource-agent XML only the attributes that are needed; null: it is none. */
export function parseMetadata(xml: string): AgentMetadata | null {
  if (!xml.includes('<resource-agent')) return null
  const attribute = (element: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(element)?.[1]
  const parameters = new Map<string, boolean>()
  for (const [element] of xml.matchAll(/<parameter\s[^>]*>/g)) {
    const name = attribute(element, 'name')
    if (name !== undefined) parameters.set(name, attribute(element, 'required') === '1')
  }
  const actions = [...xml.matchAll(/<action\s[^>]*>/g)].flatMap(([element]) => attribute(element, 'name') ?? [])
  return { parameters, actions }
}

/** rolecall gives these itself. */
const given = ['action', 'nodename', 'port', 'plug']

function optionProblems({ options }: FenceConfiguration, { parameters, actions }: AgentMetadata): string[] {
  const names = [...parameters.keys()]
  const spelled = (name: string) => [name, name.replaceAll('-', '_')]
  const unknown = Object.keys(options)
    .filter((name) => !spelled(name).some((each) => parameters.has(each)))
    .map((name) => {
      const near = nearest(name, names)
      return `its agent has no option '${name}'${near === null ? '' : `; ${near}?`}`
    })
  const missing = [...parameters]
    .filter(([name, isRequired]) => isRequired && !given.includes(name))
    .filter(([name]) => !Object.keys(options).some((each) => spelled(each).includes(name)))
    .map(([name]) => `its agent needs the option '${name}'`)
  const lacking = ['off', 'status']
    .filter((action) => actions.length > 0 && !actions.includes(action))
    .map((action) => `its agent has no action '${action}', without which nothing can be confirmed`)
  return [...unknown, ...missing, ...lacking]
}
