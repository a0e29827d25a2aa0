/** From the file to what the machines see: defaults that depend on other keys, absolute paths, units in the names. */
import { resolve } from 'node:path'
import type {
  ComponentConfiguration,
  ComponentType,
  Configuration,
  FenceConfiguration,
  NodeConfiguration,
  Probe,
  ProbeTarget,
  RecoveryPolicy,
  Timing,
} from '../../machines/model/configuration.ts'
import { convertClusterLog } from './clusterLog.ts'
import { type ComponentTypeFile, standbyOf } from './componentType.ts'
import { convertAssignment, convertNodeRecovery, convertRelationship, convertReleases } from './convertPlacement.ts'
import { defined } from './defined.ts'
import type { FenceFile } from './fence.ts'
import { convertHttp, httpSchema } from './http.ts'
import type { ComponentFile, ConfigurationFile } from './schema.ts'
import type { TimingFile } from './timing.ts'

export interface Surroundings {
  /** The folder of the file, absolute: relative paths start here. */
  readonly directory: string
  /** The nodes in the order of the file: their default ranks. */
  readonly nodeOrder: readonly string[]
  readonly secret: string | null
}

export function convert(file: ConfigurationFile, surroundings: Surroundings): Configuration {
  const { directory, nodeOrder, secret } = surroundings
  const nodes = nodeOrder.map((name, index): [string, NodeConfiguration] => {
    const { links, rank, eligible, fence, capacity, containment, release } = file.nodes[name]!
    const power = fence ? { fence: convertFence(fence, directory) } : {}
    const more = defined({ capacity, containment, release })
    return [name, { links, rank: rank ?? index + 1, isEligible: eligible, ...power, ...more }]
  })
  return {
    cluster: file.cluster,
    secret,
    stateDirectory: resolve(directory, file.stateDirectory),
    runtimeDirectory: resolve(directory, file.runtimeDirectory),
    timing: convertTiming(file.timing),
    guard: { realtime: file.guard.realtime },
    watchdog: file.watchdog
      ? { device: resolve(directory, file.watchdog.device), timeoutMs: file.watchdog.timeout }
      : null,
    http: convertHttp(file.http ?? httpSchema.parse({}), directory),
    log: convertClusterLog(file.log, directory),
    recorder: {
      segmentSizeBytes: file.recorder.segmentSize,
      segmentCountMax: file.recorder.segmentCount,
      budget: { cpuPercent: file.recorder.cpuBudget, bytesPerSecond: file.recorder.writeBudget },
      flush: file.recorder.flush,
      flushIntervalMs: file.recorder.flushInterval,
    },
    nodes: Object.fromEntries(nodes),
    arbiter: file.arbiter ?? null,
    types: mapValues(file.types, (type) => convertType(type, directory)),
    components: mapValues(file.components, convertComponent),
    assignments: mapValues(file.assignments, (assignment) => {
      const type = file.types[file.components[assignment.component]!.type]!
      return convertAssignment(assignment, standbyOf(type))
    }),
    ...defined({
      relationships: file.relationships && mapValues(file.relationships, convertRelationship),
      groups: file.groups && mapValues(file.groups, (members) => ({ members })),
      releases: file.releases && convertReleases(file.releases),
      recovery: file.recovery && convertNodeRecovery(file.recovery),
    }),
  }
}

function convertFence(fence: FenceFile, directory: string): FenceConfiguration {
  const { agent, command, options, timeout, retries, delay } = fence
  return {
    kind: agent === undefined ? 'command' : 'agent',
    command: locateProgram(agent === undefined ? command! : [agent], directory),
    options,
    timeoutMs: timeout,
    retryCountMax: retries,
    delayMs: delay ?? null,
  }
}

function convertTiming(timing: TimingFile): Timing {
  return {
    heartbeatIntervalMs: timing.heartbeatInterval,
    suspectAfterMs: timing.suspectAfter,
    confirmAfterMs: timing.confirmAfter,
    leaderLeaseMs: timing.leaderLease,
    nodeLeaseMs: timing.nodeLease,
    selfStopMs: timing.selfStop,
    takeOverMarginMs: timing.takeOverMargin,
    electionTimeoutMs: timing.electionTimeout,
    endedGraceMs: timing.endedGrace,
    hungAfterMs: timing.hungAfter,
    surveyTimeoutMs: timing.surveyTimeout,
  }
}

function convertType(type: ComponentTypeFile, directory: string): ComponentType {
  const hooks = Object.entries(type.hooks).flatMap(([name, words]) =>
    words ? [[name, locateProgram(words, directory)]] : [],
  )
  return {
    agent: type.agent,
    aware: type.aware,
    standby: standbyOf(type),
    exclusive: type.exclusive,
    command: locateProgram(type.command, directory),
    workingDirectory: resolve(directory, type.workingDirectory ?? '.'),
    environment: type.environment,
    startTimeoutMs: type.start.timeout,
    stopSignal: type.stop.signal,
    stopTimeoutMs: type.stop.timeout,
    roleTimeoutMs: type.role.timeout,
    probe: type.probe ? convertProbe(type.probe, directory) : null,
    hooks: Object.fromEntries(hooks),
    recovery: convertRecovery(type.recovery),
    ...defined({
      class: type.class,
      roles: type.roles,
      serves: type.serves && {
        primaryCountMax: type.serves.primaries,
        secondaryCountMax: type.serves.secondaries,
        isMixed: type.serves.mixed,
      },
      selfDetermining: type.selfDetermining,
    }),
  }
}

function convertRecovery({
  restarts,
  window,
  first,
  byCode,
  resets,
  barredFor,
}: ComponentTypeFile['recovery']): RecoveryPolicy {
  return {
    restartLimit: restarts,
    restartWindowMs: window,
    ...defined({ first, byCode, resetLimit: resets, barredForMs: barredFor }),
  }
}

/** A program with a slash in its name is a path; one without is looked for in PATH. Arguments stay as they are. */
function locateProgram(words: readonly string[], directory: string): string[] {
  const [program, ...rest] = words
  return [program!.includes('/') ? resolve(directory, program!) : program!, ...rest]
}

function convertProbe(probe: NonNullable<ComponentTypeFile['probe']>, directory: string): Probe {
  return {
    ...probeTarget(probe, directory),
    intervalMs: probe.interval,
    timeoutMs: probe.timeout,
    failuresMax: probe.failures,
  }
}

/** The cross checks have seen to it that there is exactly one. */
function probeTarget({ exec, http, tcp }: NonNullable<ComponentTypeFile['probe']>, directory: string): ProbeTarget {
  if (exec) return { kind: 'exec', command: locateProgram(exec, directory) }
  if (http) return { kind: 'http', url: http }
  const colon = tcp!.lastIndexOf(':')
  return { kind: 'tcp', host: tcp!.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(tcp!.slice(colon + 1)) }
}

function convertComponent({ type, nodes, instances, proxy }: ComponentFile): ComponentConfiguration {
  return {
    type,
    nodes,
    instances: mapValues(instances, ({ environment, endpoint }) => ({ environment, endpoint: endpoint ?? null })),
    ...defined({ proxy }),
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
