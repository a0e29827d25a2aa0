/** The process agent on real process groups, without the guard's process between; and an SDK server that notes what it is told. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ComponentType, Configuration } from '../../../machines/model/configuration.ts'
import type { AgentEvent, RoleWords } from '../../../src/agents/agent.ts'
import { createProcessAgent, type ProcessAgent, sdkSocketPath } from '../../../src/agents/process/agent.ts'
import { createSdkServer, type SdkCallbacks, type SdkServer } from '../../../src/agents/sdk/server.ts'
import { realClock } from '../../../src/engine/clock.ts'
import type { GuardClient } from '../../../src/guard/client.ts'
import { ComponentProcesses } from '../../../src/guard/components.ts'
import { ProcessLauncher } from '../../../src/guard/launcher.ts'
import type { GuardFrame } from '../../../src/guard/protocol.ts'
import { until } from '../../guard/guardBench.ts'

const plainType: ComponentType = {
  agent: 'process',
  aware: false,
  standby: 'cold',
  exclusive: true,
  command: ['sleep', '100'],
  workingDirectory: null,
  environment: {},
  startTimeoutMs: 5000,
  stopSignal: 'SIGTERM',
  stopTimeoutMs: 2000,
  roleTimeoutMs: 5000,
  probe: null,
  hooks: {},
  recovery: { restartLimit: 3, restartWindowMs: 60_000 },
}

export const life = { component: 'n1/it', incarnation: 1 } as const

export const words: RoleWords = {
  ...life,
  assignment: 'service',
  role: 'primary',
  token: { epoch: 3, index: 14 },
  peers: [{ component: 'n2/it', node: 'n2', role: 'secondary', endpoint: 'http://n2', token: { epoch: 3, index: 14 } }],
}

export class AgentBench {
  readonly directory = mkdtempSync(join(tmpdir(), 'rolecall-agent-'))
  readonly events: AgentEvent[] = []
  readonly told: unknown[] = []
  /** What the guard was told of who acts. */
  readonly activity: unknown[] = []
  readonly agent: ProcessAgent
  sdk!: Omit<SdkCallbacks, 'onCheckpoint' | 'onRecord' | 'onSelfTestAsked'>
  readonly #components: ComponentProcesses

  constructor(
    type: Partial<ComponentType>,
    {
      endpoint = null,
      takesStop = false,
      hasSdk = false,
    }: { endpoint?: string | null; takesStop?: boolean; hasSdk?: boolean } = {},
  ) {
    this.#components = new ComponentProcesses({
      clock: realClock,
      launcher: new ProcessLauncher(),
      warden: { started() {}, ended() {} },
      marker: `test-agent-${process.pid}/n1`,
      selfStopMs: () => 1000,
      leaseUntilMs: () => null,
      onFrame: (frame) => queueMicrotask(() => this.#take(frame)),
    })
    const configuration = {
      cluster: 'test',
      runtimeDirectory: this.directory,
      types: {
        type: { ...plainType, environment: { DIR: this.directory, LEVEL: 'type' }, ...type },
        card: { ...plainType, startTimeoutMs: 1000 },
      },
      components: {
        it: { type: 'type', nodes: ['n1'], instances: { n1: { environment: { LEVEL: 'instance' }, endpoint } } },
        card: { type: 'card', nodes: ['n1'], instances: {}, proxy: 'it' },
      },
    } as unknown as Configuration
    const guard = {
      spawn: (order) => this.#components.spawn(order),
      stop: (order) => this.#components.stop(order),
      setActive: (activity) => void this.activity.push(activity),
    } as Partial<GuardClient> as GuardClient
    this.agent = createProcessAgent({
      node: 'n1',
      configuration,
      guard,
      clock: realClock,
      onEvent: (event) => this.events.push(event),
      createSdk: (callbacks) => {
        this.sdk = callbacks
        if (hasSdk) return this.#realSdk(callbacks)
        return {
          invoke: (order) => void this.told.push(['invoke', order]),
          introduce: (order) => void this.told.push(['introduce', order]),
          stop: (order) => {
            this.told.push(['stop', order])
            return takesStop
          },
          run: (errand) => {
            this.told.push(['run', errand])
            return Promise.resolve(null)
          },
          isConnected: () => false,
          startProxied: () => {},
          lease: () => {},
          deliverCheckpoint: () => Promise.resolve({ ok: true }),
          close() {},
        }
      },
    })
  }

  #realSdk(callbacks: Omit<SdkCallbacks, 'onCheckpoint' | 'onRecord' | 'onSelfTestAsked'>): SdkServer {
    const path = sdkSocketPath({ runtimeDirectory: this.directory, node: 'n1' })
    mkdirSync(dirname(path), { recursive: true })
    return createSdkServer({
      path,
      callbacks: { ...callbacks, onCheckpoint: async () => ({ ok: true }), onRecord() {}, onSelfTestAsked() {} },
      isExpected: (component, incarnation) => this.agent.isExpected(component, incarnation),
      isShared: (component) => this.agent.isShared(component),
    })
  }

  #take(frame: GuardFrame): void {
    if (frame.type === 'component.started') this.agent.onStarted(frame)
    else if (frame.type === 'component.startFailed') this.agent.onStartFailed(frame)
    else if (frame.type === 'component.exited') this.agent.onExited(frame)
    else if (frame.type === 'component.stopFailed') this.agent.onStopFailed(frame)
  }

  async event<Type extends AgentEvent['type']>(type: Type): Promise<Extract<AgentEvent, { type: Type }>> {
    const found = await until(
      () => this.events.find((event) => event.type === type) ?? null,
      () => `${type}; saw ${JSON.stringify(this.events)}`,
    )
    return found as Extract<AgentEvent, { type: Type }>
  }

  /** What a hook or program has written into the folder; lines. */
  lines(name: string): string[] {
    try {
      return readFileSync(join(this.directory, name), 'utf8').trimEnd().split('\n')
    } catch {
      return []
    }
  }

  async close(): Promise<void> {
    this.agent.close()
    await this.#components.killAll({ timeoutMs: 5000 })
    rmSync(this.directory, { recursive: true })
  }
}
