/**
 * A cluster in miniature for the CRIM: the real crim and component machines, with channels, agents and a repository of the
 * test's. The test decides what happens next, so every order of deliveries can be tried. It knows the truth: which program
 * acts as primary at each moment, whatever anyone believes.
 */
import { component as componentMachine } from '../../machines/component.ts'
import type { AppliedEntry } from '../../machines/crim/context.ts'
import { type CrimContext, type CrimEffect, crim as crimMachine } from '../../machines/crim.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, componentId, nodeOf } from '../../machines/model/ids.ts'
import type { NodeAvailability } from '../../machines/model/status.ts'
import type { Message } from '../../src/engine/step.ts'
import { elapse, Run } from './machines.ts'

interface HostedComponent {
  readonly run: Run
  readonly id: ComponentId
}

interface Node {
  readonly name: string
  incarnation: number
  commandEpoch: number
  isUp: boolean
  isReachable: boolean
  components: HostedComponent[]
}

export class RoleCluster {
  readonly configuration: Configuration
  readonly nodes = new Map<string, Node>()
  /** What is under way, by channel: the first of each is delivered next. */
  readonly channels = new Map<string, Array<() => void>>()
  /** Programs that act as primary, in truth. */
  readonly acting = new Set<ComponentId>()
  readonly answers: Message[] = []
  readonly log: string[] = []
  #entries: AppliedEntry[] = []
  #index = 0
  #epoch = 0
  #crim!: Run

  constructor(configuration: Configuration) {
    this.configuration = configuration
    for (const name of Object.keys(configuration.nodes)) {
      const node: Node = { name, incarnation: 0, commandEpoch: 0, isUp: false, isReachable: true, components: [] }
      this.nodes.set(name, node)
      this.#boot(node)
    }
    this.changeMaster()
  }

  get crim(): CrimContext {
    return this.#crim.snapshot.context as CrimContext
  }

  get crimState(): string {
    return this.#crim.state
  }

  /** A new master: the old one's commands may still be under way. */
  changeMaster(): void {
    this.#epoch += 1
    this.log.push(`-- master of epoch ${this.#epoch}`)
    this.#crim = new Run(crimMachine, { self: 'observer', incarnation: 1, configuration: this.configuration })
    for (const node of this.nodes.values())
      this.#sayNode(node, node.isUp ? (node.isReachable ? 'alive' : 'unreachable') : 'ended')
    const latest = new Map(this.#entries.map((entry) => [entry.key, entry]))
    this.toCrim({ type: 'mastership.acquired', epoch: this.#epoch, entries: [...latest.values()] })
  }

  request(operation: Message): void {
    this.toCrim({ type: 'operation.requested', id: `o${this.answers.length}`, operation })
  }

  killProcess(id: ComponentId): void {
    const run = this.#hosted(id)?.run
    const context = run?.snapshot.context
    if (!run || (context.process !== 'running' && context.process !== 'starting')) return
    this.log.push(`-- kill ${id}`)
    this.acting.delete(id)
    this.#later(`agent ${id}`, () =>
      this.#toComponent(id, { type: 'process.exited', incarnation: context.incarnation, detail: 'signal SIGKILL' }),
    )
  }

  endNode(name: string): void {
    const node = this.nodes.get(name)!
    if (!node.isUp) return
    this.log.push(`-- end ${name}`)
    node.isUp = false
    for (const { id } of node.components) this.acting.delete(id)
    node.components = []
    this.#clearChannels(name)
    this.#sayNode(node, 'ended')
  }

  returnNode(name: string): void {
    const node = this.nodes.get(name)!
    if (node.isUp) return
    this.log.push(`-- return ${name}`)
    this.#boot(node)
    this.#sayNode(node, 'alive')
  }

  /** Its datagrams are lost from now on; what it does by itself goes on. */
  cutOff(name: string): void {
    const node = this.nodes.get(name)!
    if (!node.isUp || !node.isReachable) return
    this.log.push(`-- cut off ${name}`)
    node.isReachable = false
    this.#sayNode(node, 'suspect')
    this.#sayNode(node, 'unreachable')
  }

  /** The lease of a node that is cut off ends, it stops its primaries, and only then the others count it as isolated. */
  isolate(name: string): void {
    const node = this.nodes.get(name)!
    if (!node.isUp || node.isReachable) return
    this.log.push(`-- isolate ${name}`)
    for (const { id } of node.components) {
      this.#toComponent(id, { type: 'lease.lost' })
      this.#drain(`agent ${id}`)
    }
    this.#sayNode(node, 'isolated')
  }

  heal(name: string): void {
    const node = this.nodes.get(name)!
    if (!node.isUp || node.isReachable) return
    this.log.push(`-- heal ${name}`)
    node.isReachable = true
    this.#sayNode(node, 'alive')
  }

  /** Delivers the next of the n-th channel that has something; false when nothing is under way. */
  deliver(choice: number): boolean {
    const waiting = [...this.channels].filter(([name, queue]) => queue.length > 0 && this.#isOpen(name))
    const chosen = waiting[choice % Math.max(1, waiting.length)]
    if (!chosen) return false
    chosen[1].shift()!()
    return true
  }

  /** Delivers all that is under way, and lets the CRIM repeat itself, until nothing happens any more. */
  settle(): void {
    for (let round = 0; round < 30; round++) {
      for (let count = 0; this.deliver(count); count++) if (count > 5000) throw new Error('does not settle')
      const delay = this.#crim.timers[0]
      if (!delay) return
      this.log.push(`-- ${delay} elapsed`)
      this.#performCrim(this.#crim.send(elapse(delay)).effects)
    }
  }

  roleOf(node: string): string {
    return this.#hosted(componentId({ node, component: 'service' }))?.run.state ?? 'down'
  }

  roles(): string[] {
    return [...this.nodes.keys()].map((name) => `${name} ${this.roleOf(name)}`)
  }

  toCrim(event: Message): void {
    const { effects } = this.#crim.send(event)
    this.log.push(`crim > ${event.type}${'status' in event ? ` ${describe(event.status)}` : ''} -> ${this.#crim.state}`)
    this.#performCrim(effects)
  }

  #performCrim(effects: readonly Message[]): void {
    for (const effect of effects as readonly CrimEffect[]) {
      if (effect.type === 'survey.request') for (const name of effect.nodes) this.#survey(name, effect.epoch)
      else if (effect.type === 'repository.propose') this.#commit(effect.changes)
      else if (effect.type === 'operation.answer') this.answers.push(effect)
      else {
        const id = effect.component
        this.log.push(
          `crim < ${effect.type} ${id} ${'role' in effect ? effect.role : ''} ${JSON.stringify(effect.token)}`,
        )
        this.#later(`to ${nodeOf(id)}`, () => this.#command(id, effect))
      }
    }
  }

  #survey(name: string, epoch: number): void {
    this.#later(`to ${name}`, () => {
      const node = this.nodes.get(name)!
      if (epoch < node.commandEpoch) return
      node.commandEpoch = epoch
      const { incarnation } = node
      const statuses = node.components.map(({ id }) => this.#statuses.get(id)!)
      this.#later(`from ${name}`, () =>
        this.#fromNode({ type: 'survey.answered', node: name, incarnation, statuses }, epoch),
      )
    })
  }

  #commit(changes: readonly { key: string; value: unknown }[]): void {
    const epoch = this.#epoch
    this.#later('repository', () => {
      if (epoch !== this.#epoch) return
      this.#index += 1
      const entries = changes.map((change) => ({ ...change, epoch, index: this.#index }))
      this.#entries.push(...entries)
      this.toCrim({ type: 'repository.applied', entries })
    })
  }

  #command(id: ComponentId, effect: Message): void {
    const node = this.nodes.get(nodeOf(id))!
    if (!node.isUp || (effect.epoch as number) < node.commandEpoch) return
    node.commandEpoch = effect.epoch as number
    const { type, epoch: _, assignment: __, component: ___, ...rest } = effect
    this.#toComponent(id, { ...rest, type: type === 'role.command' ? 'role.assign' : 'peers.change' })
  }

  readonly #statuses = new Map<ComponentId, Message>()

  #toComponent(id: ComponentId, event: Message): void {
    const hosted = this.#hosted(id)
    if (!hosted) return
    const { effects } = hosted.run.send(event)
    this.log.push(`${id} > ${event.type} ${event.role ?? ''} -> ${hosted.run.state}`)
    this.#performComponent(hosted, effects)
  }

  #performComponent({ id, run }: HostedComponent, effects: readonly Message[]): void {
    for (const effect of effects as readonly (Message & { incarnation: number })[]) {
      const { incarnation } = effect
      if (effect.type === 'process.start')
        this.#later(`agent ${id}`, () => this.#toComponent(id, { type: 'process.ready', incarnation, endpoint: null }))
      if (effect.type === 'process.stop') {
        this.#later(`agent ${id}`, () => {
          this.acting.delete(id)
          this.#toComponent(id, { type: 'process.exited', incarnation, detail: 'stopped' })
        })
      }
      if (effect.type === 'role.invoke') this.#later(`agent ${id}`, () => this.#takeRole(id, run, effect))
      if (effect.type === 'status.report') this.#report(id, effect.status as Message)
    }
  }

  /** The program takes a role, if it is still there. */
  #takeRole(id: ComponentId, run: Run, { incarnation, role, token }: Message): void {
    const { context } = run.snapshot
    if (context.incarnation !== incarnation || context.process === 'stopping') return
    if (role === 'primary' && context.process === 'running') this.acting.add(id)
    else this.acting.delete(id)
    this.#toComponent(id, { type: 'role.done', incarnation, role, token })
  }

  #report(id: ComponentId, status: Message): void {
    this.#statuses.set(id, status)
    const node = this.nodes.get(nodeOf(id))!
    const { incarnation } = node
    this.#later(`from ${node.name}`, () =>
      this.#fromNode({ type: 'status.reported', node: node.name, incarnation, status, atMs: 0 }, null),
    )
  }

  /** An answer to an earlier master finds nobody. */
  #fromNode(event: Message, epoch: number | null): void {
    if (epoch === null || epoch === this.#epoch) this.toCrim(event)
  }

  #boot(node: Node): void {
    node.incarnation += 1
    node.isUp = true
    node.isReachable = true
    node.commandEpoch = 0
    const { configuration } = this
    node.components = Object.entries(configuration.components)
      .filter(([, { nodes }]) => nodes.includes(node.name))
      .map(([name, { type: typeName }]) => {
        const id = componentId({ node: node.name, component: name })
        const type = configuration.types[typeName]!
        const input = {
          component: id,
          node: node.name,
          assignment: 'service',
          standby: type.standby,
          exclusive: type.exclusive,
          roleTimeoutMs: type.roleTimeoutMs,
          startTimeoutMs: type.startTimeoutMs,
          stopTimeoutMs: type.stopTimeoutMs,
          selfStopMs: configuration.timing.selfStopMs,
          firstIncarnation: node.incarnation * 1000,
        }
        return { id, run: new Run(componentMachine, input) }
      })
    for (const hosted of node.components) this.#performComponent(hosted, hosted.run.first.effects)
  }

  #sayNode(node: Node, availability: NodeAvailability): void {
    if (!this.#crim) return
    this.toCrim({ type: 'node.changed', node: node.name, availability, incarnation: node.incarnation, how: 'test' })
  }

  #hosted(id: ComponentId): HostedComponent | undefined {
    return this.nodes.get(nodeOf(id))?.components.find((hosted) => hosted.id === id)
  }

  #later(channel: string, action: () => void): void {
    const queue = this.channels.get(channel) ?? []
    queue.push(action)
    this.channels.set(channel, queue)
  }

  #isOpen(channel: string): boolean {
    const [direction, name] = channel.split(' ')
    if (direction !== 'to' && direction !== 'from') return true
    const node = this.nodes.get(name!)!
    return node.isReachable
  }

  #drain(channel: string): void {
    for (let action = this.channels.get(channel)?.shift(); action; action = this.channels.get(channel)?.shift())
      action()
  }

  #clearChannels(name: string): void {
    for (const channel of this.channels.keys()) {
      const [direction, subject] = channel.split(' ')
      if (subject === name || (direction === 'agent' && nodeOf(subject as ComponentId) === name))
        this.channels.delete(channel)
    }
  }
}

function describe(status: unknown): string {
  const { component, role, phase, token, failure } = status as {
    component: string
    role: string
    phase: string
    token: { index: number }
    failure: unknown
  }
  return `${component} ${role}.${phase} ${token.index}${failure ? ' failed' : ''}`
}
