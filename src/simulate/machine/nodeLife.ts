/** One life of a simulated node process: the real node, put together on simulated ports. */
import type { Configuration } from '../../../machines/model/configuration.ts'
import type { NodeName } from '../../../machines/model/ids.ts'
import type { FileConfiguration } from '../../configuration/tree.ts'
import { type EndRecord, isNote, type StartRecord, type StepRecord } from '../../engine/record.ts'
import { createGuardClient, type GuardClient, type GuardHandlers } from '../../guard/client.ts'
import type { GuardFrame, NodeFrame } from '../../guard/protocol.ts'
import { startActors } from '../../node/actors.ts'
import { assemble } from '../../node/assemble.ts'
import { begin } from '../../node/begin.ts'
import type { Parts } from '../../node/parts.ts'
import type { NodePorts } from '../../node/ports.ts'
import { type BlackBox, noStats, type RecorderOptions } from '../../recorder/index.ts'
import type { Random } from '../random.ts'
import type { ProcessClock } from '../world/clocks.ts'
import type { Networks } from '../world/networks.ts'
import type { World } from '../world/world.ts'
import type { SimulatedDisk } from './disk.ts'
import { SimulatedSdk } from './sdk.ts'

export interface NodeLifeOptions {
  readonly world: World
  readonly networks: Networks
  readonly random: Random
  readonly process: ProcessClock
  readonly disk: SimulatedDisk
  readonly configuration: Configuration
  readonly file: FileConfiguration
  readonly name: NodeName
  readonly incarnation: number
  readonly openRecorder: ((options: RecorderOptions) => BlackBox) | null
  readonly onRecord: (record: EndRecord | StartRecord | StepRecord) => void
  /** Whatever may have changed its leases has happened. */
  readonly onLease: (life: NodeLife) => void
  readonly toGuard: (frame: NodeFrame) => void
  readonly killGroup: (groupId: number) => void
  readonly killGuard: () => void
  readonly isGuardAlive: () => boolean
  readonly exit: (exitCode: number) => void
  readonly onThrown: (error: unknown) => void
}

export class NodeLife {
  readonly process: ProcessClock
  readonly incarnation: number
  /** null: not put together yet. */
  parts: Parts | null = null
  sdk: SimulatedSdk | null = null
  #recorder: BlackBox | null = null
  readonly #options: NodeLifeOptions
  #take: (frame: GuardFrame) => void = () => {}
  #lost: () => void = () => {}
  #ending: () => void = () => {}

  constructor(options: NodeLifeOptions) {
    this.#options = options
    this.process = options.process
    this.incarnation = options.incarnation
    const { configuration, file, name: self, incarnation } = options
    assemble({ configuration, file, self, incarnation, ports: this.#ports() }).then(
      (parts) => {
        if (!this.process.isAlive) return
        this.parts = parts
        this.process.receive(() => {
          startActors(parts)
          begin(parts)
        })
      },
      (error) => options.onThrown(error),
    )
  }

  take(frame: GuardFrame): void {
    this.process.receive(() => {
      this.#take(frame)
      if (frame.type === 'lease.report') this.#options.onLease(this)
    })
  }

  guardLost(): void {
    this.process.receive(() => this.#lost())
  }

  /** It ends by itself, and so gets to do what is still to be done. */
  ending(): void {
    this.#ending()
  }

  /** Of a process that has ended: its black box is what is left. */
  close(): void {
    this.process.kill()
    this.parts?.network.close()
    this.#recorder?.close()
    this.#recorder = null
  }

  #ports(): NodePorts {
    const { process, world, networks, random, disk, exit } = this.#options
    return {
      clock: process,
      defer: (callback) => void process.setTimer(0, callback),
      seed: () => Math.floor(random.next() * 0x1_0000_0000),
      environment: {},
      openRecorder: (options) => this.#openRecorder(options),
      openNetwork: async (options) => networks.open(process, options),
      openStore: async () => disk.open(process),
      connectGuard: (handlers, { timing }) => this.#connectGuard(handlers, timing),
      createSdk: (options) => {
        this.sdk = new SimulatedSdk(options, { process, world })
        return this.sdk
      },
      findCore: () => null,
      wasWatchdogReset: () => false,
      setAside: (_, known) => {
        disk.setAside(known)
        return 'repository.outdated'
      },
      exit,
    }
  }

  #openRecorder(options: RecorderOptions): BlackBox {
    const { openRecorder, onRecord } = this.#options
    const real = openRecorder?.(options) ?? null
    this.#recorder = real
    return {
      append(record) {
        real?.append(record)
        if (!isNote(record)) onRecord(record)
      },
      // How the life before ended would be found on a disk that is not simulated: runs with and without black boxes are to be the same.
      lastLife: null,
      close: () => real?.close(),
      stats: () => real?.stats() ?? noStats,
    }
  }

  #connectGuard(handlers: GuardHandlers, timing: Configuration['timing']): GuardClient {
    const { process, toGuard, killGroup, killGuard, isGuardAlive, exit } = this.#options
    const { client, take, lost, ending } = createGuardClient(handlers, {
      clock: process,
      sharedTime: process,
      timing,
      send: (frame) => process.isAlive && toGuard(frame),
      killGroup,
      killGuard,
      isGuardAlive,
      exit,
    })
    this.#ending = ending
    this.#take = take
    this.#lost = lost
    const observed = (): void => this.#options.onLease(this)
    return {
      ...client,
      setMastership(mastership) {
        client.setMastership(mastership)
        process.receive(observed)
      },
      dropLease(epoch) {
        client.dropLease(epoch)
        process.receive(observed)
      },
    }
  }
}
