/** Guards without a world: simulated time, processes, evidence and heartbeat networks, as a simulation gives them. */
import type { Configuration } from '../../machines/model/configuration.ts'
import { GuardCore, type GuardPorts } from '../../src/guard/guardCore.ts'
import type { HeartbeatNetworkOptions } from '../../src/guard/heartbeatService.ts'
import type { LaunchOrder } from '../../src/guard/launcher.ts'
import type { PeerEnded } from '../../src/guard/liveness.ts'
import type { GuardFrame, NodeFrame } from '../../src/guard/protocol.ts'
import { DriftingWorld } from './driftingWorld.ts'

export interface SimulatedProcess {
  readonly incarnation: number
  readonly pid: number
  readonly frames: GuardFrame[]
  isAlive: boolean
  /** It counts on, as a node process does whose event loop turns. */
  isTurning: boolean
  say(frame: NodeFrame): void
  end(exitCode: number | null): void
}

export class SimulatedGuard {
  readonly core: GuardCore
  readonly lives: SimulatedProcess[] = []
  /** Groups of components that are alive, with what ends them. */
  readonly groups = new Map<number, LaunchOrder>()
  readonly told: string[] = []
  /** The kernel does not let go of what is killed, until `letGo`. */
  isStubborn = false
  exitCode: number | null = null
  evidence: (ended: PeerEnded) => void = () => {}
  hear: HeartbeatNetworkOptions['onHeartbeat'] = () => {}
  readonly #world: GuardWorld
  readonly #doomed = new Set<number>()
  #pid = 100

  constructor(
    readonly name: string,
    world: GuardWorld,
    configuration: Configuration,
    watchdog: GuardPorts['watchdog'] = null,
  ) {
    this.#world = world
    const clock = world.time.clock({ offsetMs: 1000 })
    const at = () => Math.round(world.time.nowMs)
    this.core = new GuardCore(
      { name, configuration },
      {
        clock,
        turn: (callback) => void world.time.after(0, callback),
        sharedTime: { toShared: (atMs) => atMs, fromShared: (atMs) => atMs },
        nextIncarnation: () => this.lives.length + 1,
        startNodeProcess: (life) => this.#start(life, world),
        launcher: {
          launch: (order) => {
            this.groups.set(++this.#pid, order)
            return { isStarted: true, pid: this.#pid }
          },
          signalGroup: (groupId) => this.#endGroup(groupId, world),
          killGroup: async (groupId) => !this.groups.has(groupId),
        },
        warden: { node: () => {}, started: () => {}, ended: () => {}, close: () => {} },
        marker: 'simulated',
        openLiveness: ({ incarnation, onEnded }) => {
          this.evidence = onEnded
          this.told.push(`${at()} alive ${incarnation}`)
          return {
            alive: (next) => void this.told.push(`${at()} alive ${next}`),
            ended: () => void this.told.push(`${at()} ended`),
            endedPeers: [],
            setPeers: (peers) => void this.told.push(`${at()} peers ${Object.keys(peers)}`),
            close: () => {},
          }
        },
        openHeartbeatNetwork: async ({ incarnation, onHeartbeat }) => {
          this.hear = onHeartbeat
          let isOpen = true
          return {
            send: (to, heartbeat) =>
              void world.time.after(0.1, () => {
                if (isOpen) world.guards.get(to)?.hear(name, heartbeat, { incarnation })
              }),
            links: () => ({}),
            setPeers: () => {},
            close: () => {
              isOpen = false
            },
          }
        },
        notifier: { ready() {}, status() {}, stopping() {}, close() {} },
        watchdog,
        problems: [],
      },
    )
    void this.core.run().then((exitCode) => {
      this.exitCode = exitCode
    })
  }

  letGo(): void {
    this.isStubborn = false
    for (const groupId of this.#doomed) this.#endGroup(groupId, this.#world)
  }

  get life(): SimulatedProcess {
    return this.lives.at(-1)!
  }

  #start(
    life: Parameters<GuardPorts['startNodeProcess']>[0],
    world: GuardWorld,
  ): ReturnType<GuardPorts['startNodeProcess']> {
    const { incarnation, onFrame, onExit } = life
    const process: SimulatedProcess = {
      incarnation,
      pid: ++this.#pid,
      frames: [],
      isAlive: true,
      isTurning: true,
      say: (frame) => void world.time.after(0.05, () => process.isAlive && onFrame(frame)),
      end(exitCode) {
        if (!process.isAlive) return
        process.isAlive = false
        world.time.after(0.3, () => onExit({ exitCode, signal: exitCode === null ? 'SIGKILL' : null }))
      },
    }
    this.lives.push(process)
    let count = 0
    const turn = (): void => {
      if (!process.isAlive) return
      if (process.isTurning) process.say({ type: 'node.progress', count: ++count })
      world.time.after(40, turn)
    }
    world.time.after(20, () => {
      turn()
      process.say({ type: 'node.ready' })
    })
    return {
      pid: process.pid,
      send: (frame) => void process.frames.push(frame),
      close: () => process.end(0),
      kill: () => process.end(null),
    }
  }

  #endGroup(groupId: number, world: GuardWorld): boolean {
    const order = this.groups.get(groupId)
    if (!order || this.isStubborn) {
      if (order) this.#doomed.add(groupId)
      return order !== undefined
    }
    this.groups.delete(groupId)
    world.time.after(0.3, () => order.onExit({ exitCode: null, signal: 'SIGKILL' }))
    return true
  }
}

export class GuardWorld {
  readonly time = new DriftingWorld(1)
  readonly guards = new Map<string, SimulatedGuard>()

  add(name: string, configuration: Configuration, watchdog: GuardPorts['watchdog'] = null): SimulatedGuard {
    const guard = new SimulatedGuard(name, this, configuration, watchdog)
    this.guards.set(name, guard)
    return guard
  }

  /** In steps of a millisecond, after each of which what was promised is kept. */
  async run(forMs: number): Promise<void> {
    for (const endMs = this.time.nowMs + forMs; this.time.nowMs < endMs; ) {
      this.time.run(Math.min(endMs, this.time.nowMs + 1))
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
    }
  }
}
