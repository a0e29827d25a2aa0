/** An observed file in, the planner's input out, or a `ConfigurationError` with everything that is wrong with it, place by place. */
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, componentNameOf, hostOf, nodeOf } from '../../machines/model/ids.ts'
import { explain } from '../configuration/explain.ts'
import { suggestionFor } from '../configuration/nearest.ts'
import { ConfigurationError } from '../configuration/problem.ts'
import { ConfigurationSource, type Finding, type Path } from '../configuration/source.ts'
import { assignmentOf, inputOf } from './observed.ts'
import { type Observed, observedSchema } from './observedSchema.ts'

export function readObserved(of: { file: string; text: string; configuration: Configuration }): PlanInput {
  const source = new ConfigurationSource(of.file, of.text)
  if (!source.isReadable) throw new ConfigurationError(source.problems)
  const result = observedSchema.safeParse(source.content)
  const findings = result.success
    ? unknownNames(result.data, of.configuration)
    : result.error.issues.flatMap((issue) => explain(issue, { schema: observedSchema, source }))
  const problems = [...source.problems, ...findings.map((finding) => source.problem(finding))]
  if (!result.success || problems.length > 0) throw new ConfigurationError(problems)
  return inputOf(result.data, of.configuration)
}

/** What an intent names may be gone from the configuration: it is planned to its end. Everything else is most likely misspelt. */
function unknownNames(observed: Observed, configuration: Configuration): Finding[] {
  const intended = Object.values(observed.intents ?? {}).flatMap(({ roles }) => Object.keys(roles))
  const nodes = [...Object.keys(configuration.nodes), ...intended.map((place) => nodeOf(place as ComponentId))]
  const components = Object.entries(configuration.components).flatMap(([name, { nodes }]) =>
    nodes.map((node) => `${node}/${name}`),
  )
  const hosts = [...new Set([...components, ...intended.map((place) => hostOf(place as ComponentId))])]
  const assignments = Object.keys(configuration.assignments)
  const { administrative } = observed
  return [
    ...unknown(['nodes'], { what: 'node', names: Object.keys(observed.nodes), known: nodes }),
    ...Object.keys(observed.places).flatMap((place) =>
      unknownPlace(place as ComponentId, { hosts, intended, configuration }),
    ),
    ...unknown(['awaited'], { what: 'node', names: observed.awaited, known: nodes }),
    ...unknown(['locked'], { what: 'component', names: observed.locked, known: hosts }),
    ...unknown(['barred'], { what: 'component', names: observed.barred, known: hosts }),
    ...unknown(['withheld'], { what: 'component', names: observed.withheld, known: hosts }),
    ...unknown(['requests'], { what: 'assignment', names: Object.keys(observed.requests), known: assignments }),
    ...unknown(['lapsed'], { what: 'assignment', names: observed.lapsed, known: assignments }),
    ...unknown(['administrative', 'nodes'], { what: 'node', names: Object.keys(administrative.nodes), known: nodes }),
    ...unknown(['administrative', 'assignments'], {
      what: 'assignment',
      names: Object.keys(administrative.assignments),
      known: assignments,
    }),
    ...unknown(['administrative', 'components'], {
      what: 'component',
      names: Object.keys(administrative.components),
      known: hosts,
    }),
  ]
}

function unknown(path: Path, of: { what: string; names: readonly string[]; known: readonly string[] }): Finding[] {
  const { what, names, known } = of
  return names.flatMap((name, index): Finding[] => {
    if (known.includes(name)) return []
    const isList = path.length === 1 && ['awaited', 'locked', 'barred', 'withheld', 'lapsed'].includes(String(path[0]))
    const message = `no ${what} '${name}'`
    return [{ path: [...path, isList ? index : name], at: 'key', message, suggestion: suggestionFor(name, known) }]
  })
}

function unknownPlace(
  place: ComponentId,
  of: { hosts: readonly string[]; intended: readonly string[]; configuration: Configuration },
): Finding[] {
  const { hosts, intended, configuration } = of
  if (intended.includes(place)) return []
  const path = ['places', place]
  if (!hosts.includes(hostOf(place)))
    return [
      { path, at: 'key', message: `no component '${hostOf(place)}'`, suggestion: suggestionFor(hostOf(place), hosts) },
    ]
  if (hostOf(place) === place || assignmentOf(place, configuration) !== null) return []
  const served = Object.keys(configuration.assignments).filter(
    (name) => configuration.assignments[name]!.component === componentNameOf(place),
  )
  const message = `'${hostOf(place)}' has no place for that`
  return [{ path, at: 'key', message, suggestion: suggestionFor(place.slice(hostOf(place).length + 1), served) }]
}
