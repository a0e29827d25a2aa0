import type { ComponentType } from '../../machines/model/configuration.ts'

/** A type of the simulation: plain, but for what is said. */
export function typeOf(of: Partial<ComponentType>): ComponentType {
  return {
    agent: 'process',
    aware: true,
    standby: 'hot',
    exclusive: true,
    command: ['simulated'],
    workingDirectory: null,
    environment: {},
    startTimeoutMs: 2_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 500,
    roleTimeoutMs: 500,
    probe: null,
    hooks: {},
    recovery: { restartLimit: 100, restartWindowMs: 6_000 },
    ...of,
  }
}
