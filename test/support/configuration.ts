/** Small configurations for tests, with the defaults that the file's schema gives. */
import type { ComponentType, Configuration, Redundancy, Timing } from '../../machines/model/configuration.ts'

export const timing: Timing = {
  heartbeatIntervalMs: 20,
  suspectAfterMs: 100,
  confirmAfterMs: 20,
  leaderLeaseMs: 130,
  nodeLeaseMs: 400,
  selfStopMs: 500,
  takeOverMarginMs: 250,
  electionTimeoutMs: 100,
  endedGraceMs: 5,
  hungAfterMs: 1500,
  surveyTimeoutMs: 300,
}

export function componentType(of: Partial<ComponentType> = {}): ComponentType {
  return {
    agent: 'process',
    aware: true,
    standby: 'hot',
    exclusive: true,
    command: ['/bin/true'],
    workingDirectory: null,
    environment: {},
    startTimeoutMs: 10_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5_000,
    roleTimeoutMs: 5_000,
    probe: null,
    hooks: {},
    recovery: { restartLimit: 3, restartWindowMs: 60_000 },
    ...of,
  }
}

/** One type `service`, one component `service` on all nodes, one assignment `service`. */
export function configuration(
  of: { nodes?: readonly string[]; type?: Partial<ComponentType>; redundancy?: Redundancy } = {},
): Configuration {
  const nodes = of.nodes ?? ['n1', 'n2', 'n3']
  return {
    cluster: 'test',
    secret: null,
    stateDirectory: '/nowhere',
    runtimeDirectory: '/nowhere',
    timing,
    guard: { realtime: true },
    watchdog: null,
    recorder: { segmentSizeBytes: 1 << 20, segmentCountMax: 4, budget: null, flush: 'never', flushIntervalMs: 1000 },
    nodes: Object.fromEntries(
      nodes.map((name, index) => [name, { links: [{ host: '127.0.0.1', port: 7101 + 10 * index }], rank: index }]),
    ),
    types: { service: componentType(of.type) },
    components: { service: { type: 'service', nodes, instances: {} } },
    assignments: { service: { component: 'service', redundancy: of.redundancy ?? '2N' } },
  }
}
