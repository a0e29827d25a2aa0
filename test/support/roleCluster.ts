/**
 * A cluster in miniature for the CRIM: the real crim and component machines, with channels, agents and a repository of the
 * test's. The test decides what happens next, so every order of deliveries can be tried. It knows the truth: which program
 * acts as primary at each moment, whatever anyone believes.
 */
import { component as componentMachine } from '../../machines/component.ts'
import type { AppliedEntry } from '../../machines/crim/context.ts'
import { type CrimContext, type CrimEffect, crim as crimMachine } from '../../machines/crim.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, componentId, hostOf, nodeOf } from '../../machines/model/ids.ts'
import { activeRoles, type Role } from '../../machines/model/roles.ts'
import type { NodeAvailability } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'
import type { Message } from '../../src/engine/step.ts'
import { Channels } from './channels.ts'
import { elapse, Run } from './machines.ts'
import type { HostedComponent, Node } from './roleNode.ts'
import { describe, endedBy, inputOf, isWanted, newNode, removedStatus } from './roleNode.ts'
import { SeenTokens } from './seenTokens.ts'

export class RoleCluster {
  /** All that were ever in force; the last is that of the master. */
  readonly #configurations: Configuration[]
  readonly nodes = new Map<string, Node>()
  readonly channels = new Channels()
  /** Programs that act as primary, in truth. */
  readonly acting = new Set<ComponentId>()
  readonly answers: Message[] = []
  readonly log: string[] = []
  /** The master's time, as events carry it; 0: returns of nodes carry none. */
  nowMs = 0
  /** What masters have done, and after how much the present one ends. */
  protected effectCount = 0
  protected effectLimit = Number.POSITIVE_INFINITY
  #entries: AppliedEntry[] = []
  #index = 0
  #epoch = 0
  #crim!: Run
  #requestCount = 0
  #lifeCount = 0

  constructor(configuration: Configuration) {
    this.#configurations = [configuration]
    for (const name of Object.keys(configuration.nodes)) this.#join(name)
    this.changeMaster()
  }

  get configuration(): Configuration {
    return this.#configurations.at(-1)!
  }

  /** A change is committed: the master has it at once, each node when its log brings it. */
  configure(configuration: Configuration): void {
    this.log.push(`-- configure ${JSON.stringify([configuration.assignments, configuration.components])}`)
    const { nodes } = this.configuration
    this.#configurations.push(configuration)
    this.toCrim({ type: 'configuration.changed', configuration })
    for (const name of Object.keys(configuration.nodes)) {
      const known = this.nodes.get(name)
      if (known && this.#strangers.delete(name)) known.isReachable = true
      if (known && !nodes[name])
        this.#sayNode(known, known.isUp ? (known.isReachable ? 'alive' : 'unreachable') : 'ended')
      if (known) continue
      this.#join(name)
      this.#sayNode(this.nodes.get(name)!, 'alive')
    }
    for (const node of this.nodes.values()) this.#replicate(node)
  }

  /** Components that act as primary of an assignment. */
  actingFor(assignment: string): ComponentId[] {
    return [...this.acting].filter((id) => this.#hosted(id)?.assignment === assignment)
  }

  /** The wait for nodes that a master knows only by name is over; so are, before, the leases of those. */
  endStrangersWait(): void {
    if (!this.waits.includes('strangersWait')) return
    for (const name of this.nodes.keys()) if (this.crim.nodes[name] === undefined) this.#stopByItself(name)
    this.elapse('strangersWait')
  }

  get crim(): CrimContext {
    return this.#crim.snapshot.context as CrimContext
  }

  get crimState(): string {
    return this.#crim.state
  }

  /**
   * A new master: the old one's commands may still be under way. One that has started since a node was removed has never heard of
   * that node, nor does the node hear of it.
   */
  changeMaster({ isForgetful = false } = {}): void {
    this.#epoch += 1
    this.log.push(`-- master of epoch ${this.#epoch}`)
    this.#crim = new Run(crimMachine, { self: 'observer', incarnation: 1, configuration: this.configuration })
    for (const node of this.nodes.values()) {
      const isMember = this.configuration.nodes[node.name] !== undefined
      if (!isMember && isForgetful) node.isReachable = false
      if (!isMember && (isForgetful || this.#strangers.has(node.name))) this.#strangers.add(node.name)
      else this.#sayNode(node, node.isUp ? (node.isReachable ? 'alive' : 'unreachable') : 'ended')
    }
    const latest = new Map(this.#entries.map((entry) => [entry.key, entry]))
    this.toCrim({ type: 'mastership.acquired', epoch: this.#epoch, entries: [...latest.values()] })
  }

  request(operation: Message): void {
    this.#requestCount += 1
    this.toCrim({ type: 'operation.requested', id: `o${this.#requestCount}`, operation })
  }

  killProcess(id: ComponentId): void {
    const run = this.#hosted(id)?.run
    const context = run?.snapshot.context
    if (!run || (context.process !== 'running' && context.process !== 'starting')) return
    this.log.push(`-- kill ${id}`)
    this.acting.delete(id)
    this.channels.later(`agent ${id}`, () =>
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
    this.channels.clearOf(name)
    this.#sayNode(node, 'ended')
  }

  returnNode(name: string): void {
    const node = this.nodes.get(name)!
    if (node.isUp) return
    if (!this.configuration.nodes[name]) return
    this.log.push(`-- return ${name}`)
    this.#boot(node)
    this.#sayNode(node, 'alive')
    this.#replicate(node)
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
    this.#stopByItself(name)
    this.#sayNode(node, 'isolated')
  }

  heal(name: string): void {
    const node = this.nodes.get(name)!
    if (!node.isUp || node.isReachable || this.#strangers.has(name)) return
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
      const delay = this.#crim.timers.find((name) => name === 'retry' || name === 'surveyTimeout')
      if (!delay) return
      this.elapse(delay)
    }
  }

  roleOf(node: string, component = 'service'): string {
    return this.#hosted(componentId({ node, component }))?.run.state ?? 'down'
  }

  /** Of an assignment, by node: `n1/service primary.ready`. */
  rolesFor(assignment: string): string[] {
    return [...this.nodes.values()]
      .flatMap(({ components }) => components)
      .filter((hosted) => hosted.assignment === assignment)
      .map(({ id, run }) => `${id} ${run.state}`)
      .sort()
  }

  roles = (): string[] => [...this.nodes.keys()].map((name) => `${name} ${this.roleOf(name)}`)

  toCrim(event: Message): void {
    const { effects } = this.#crim.send(event)
    this.log.push(`crim > ${event.type}${'status' in event ? ` ${describe(event.status)}` : ''} -> ${this.#crim.state}`)
    this.#performCrim(effects)
  }

  #performCrim(effects: readonly Message[]): void {
    for (const effect of effects as readonly CrimEffect[]) {
      if (++this.effectCount > this.effectLimit) return
      if (effect.type === 'survey.request') for (const name of effect.nodes) this.#survey(name, effect.epoch)
      else if (effect.type === 'repository.propose') this.#commit(effect.changes)
      else if (effect.type === 'operation.answer') this.answers.push(effect)
      else if (effect.type !== 'role.command' && effect.type !== 'peers.command') this.perform(effect)
      else {
        const id = effect.component
        this.log.push(
          `crim < ${effect.type} ${id} ${'role' in effect ? effect.role : ''} ${JSON.stringify(effect.token)}`,
        )
        this.channels.later(`to ${nodeOf(id)}`, () => this.#command(id, effect))
      }
    }
  }

  /** What the CRIM asks for beside roles (`operatedCluster.ts`). */
  protected perform(_: CrimEffect): void {}

  elapse(delay: string): void {
    this.log.push(`-- ${delay} elapsed`)
    this.#performCrim(this.#crim.send(elapse(delay)).effects)
  }

  get waits(): readonly string[] {
    return this.#crim.timers
  }

  /** A node answers once it has applied what the asking master had. */
  #survey(name: string, epoch: number): void {
    const appliedCount = this.#configurations.length
    this.channels.later(`to ${name}`, () => {
      const node = this.nodes.get(name)
      if (!node || epoch < node.commandEpoch) return
      node.survey = { epoch, appliedCount }
      this.#answerSurvey(node)
    })
  }

  #answerSurvey(node: Node): void {
    const { survey, name, incarnation } = node
    if (!survey || survey.epoch < node.commandEpoch || node.appliedCount < survey.appliedCount) return
    node.survey = null
    node.commandEpoch = survey.epoch
    const statuses = node.components.map(({ id }) => this.#statuses.get(id)!)
    this.channels.later(`from ${name}`, () =>
      this.#fromNode({ type: 'survey.answered', node: name, incarnation, statuses }, survey.epoch),
    )
  }

  /** Brings a node, entry by entry, what it has not applied. */
  #replicate(node: Node): void {
    const queued = this.channels.get(`log ${node.name}`)?.length ?? 0
    for (let count = node.appliedCount + queued; count < this.#configurations.length; count++)
      this.channels.later(`log ${node.name}`, () => this.#apply(node))
  }

  #apply(node: Node): void {
    node.appliedCount += 1
    this.log.push(`${node.name} applies configuration ${node.appliedCount}`)
    this.#startWanted(node)
    for (const hosted of [...node.components]) this.#endIfUnwanted(node, hosted)
    if (!this.#applied(node).nodes[node.name]) this.#leave(node)
    this.#answerSurvey(node)
  }

  /** It finds itself removed: it stops everything, and says good-bye. */
  #leave(node: Node): void {
    if (!node.isUp || node.isLeaving) return
    node.isLeaving = true
    for (const { id } of node.components) this.#toComponent(id, { type: 'node.leave' })
    this.channels.later(`leave ${node.name}`, () => this.#sayGoodBye(node))
  }

  #sayGoodBye(node: Node): void {
    if (!node.isUp) return
    if (node.components.some(({ run }) => run.state !== 'offline.stopped')) {
      for (const { id } of node.components) this.#toComponent(id, { type: 'node.leave' })
      return this.channels.later(`leave ${node.name}`, () => this.#sayGoodBye(node))
    }
    node.components = []
    node.isUp = false
    this.channels.clearOf(node.name)
    if (!this.#strangers.has(node.name)) this.#sayNode(node, 'left')
  }

  #applied(node: Node): Configuration {
    return this.#configurations[node.appliedCount - 1]!
  }

  #stopByItself(name: string): void {
    const node = this.nodes.get(name)!
    for (const { id } of node.components) {
      this.#toComponent(id, { type: 'lease.lost' })
      this.channels.deliver(`agent ${id}`)
    }
  }

  #commit(changes: readonly { key: string; value: unknown }[]): void {
    const epoch = this.#epoch
    this.channels.later('repository', () => {
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
    const { type, epoch: _, assignment, component: ___, ...rest } = effect
    const hosted = this.#hosted(id)
    if (hosted && hosted.assignment !== assignment) return
    if (!hosted && type === 'role.command') this.#report(id, removedStatus(id, effect.token))
    this.#toComponent(id, { ...rest, type: type === 'role.command' ? 'role.assign' : 'peers.change' })
  }

  readonly #tokens = new SeenTokens(this.log)
  readonly #statuses = new Map<ComponentId, Message>()
  /** Removed nodes that the master of the day has never heard of. */
  readonly #strangers = new Set<string>()

  #toComponent(id: ComponentId, event: Message): void {
    const hosted = this.#hosted(id)
    if (!hosted) return
    const { effects } = hosted.run.send(event)
    this.log.push(`${id} > ${event.type} ${event.role ?? ''} -> ${hosted.run.state}`)
    this.#performComponent(hosted, effects)
    this.#endIfUnwanted(this.nodes.get(nodeOf(id))!, hosted)
  }

  #performComponent({ id, run }: HostedComponent, effects: readonly Message[]): void {
    for (const effect of effects as readonly (Message & { incarnation: number })[]) {
      const { incarnation } = effect
      if (effect.type === 'process.start')
        this.channels.later(`agent ${id}`, () =>
          this.#toComponent(id, { type: 'process.ready', incarnation, endpoint: null }),
        )
      if (effect.type === 'process.stop') {
        this.channels.later(`agent ${id}`, () => {
          this.acting.delete(id)
          this.#toComponent(id, { type: 'process.exited', incarnation, detail: 'stopped' })
        })
      }
      if (effect.type === 'role.invoke') this.channels.later(`agent ${id}`, () => this.#takeRole(id, run, effect))
      if (effect.type === 'status.report') this.#report(id, effect.status as Message)
    }
  }

  /** The program takes a role, if it is still there. */
  #takeRole(id: ComponentId, run: Run, { incarnation, role, token }: Message): void {
    const { context } = run.snapshot
    if (context.incarnation !== incarnation || context.process === 'stopping') return
    if (activeRoles.includes(role as Role) && context.process === 'running')
      this.#tokens.show(this.#hosted(id)!, token as Token)
    this.acting[role === 'primary' && context.process === 'running' ? 'add' : 'delete'](id)
    this.#toComponent(id, { type: 'role.done', incarnation, role, token })
  }

  #report(id: ComponentId, status: Message): void {
    this.#statuses.set(id, status)
    const node = this.nodes.get(nodeOf(id))!
    const report = { type: 'status.reported', node: node.name, incarnation: node.incarnation, status }
    this.channels.later(`from ${node.name}`, () => this.#fromNode({ ...report, atMs: this.nowMs }, null))
    for (const place of endedBy(this.configuration, node, { component: id, statuses: this.#statuses }))
      this.#toComponent(place, { type: 'container.ended', container: hostOf(id) })
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
    node.survey = null
    node.isLeaving = false
    node.components = []
    this.#startWanted(node)
  }

  #join(name: string): void {
    const appliedCount = this.#configurations.length
    const node = newNode({ name, incarnation: this.nodes.get(name)?.incarnation ?? 0, appliedCount })
    this.nodes.set(name, node)
    this.#strangers.delete(name)
    this.#boot(node)
  }

  /** Starts what the node has not got; a component that serves another assignment now starts when the former has ended. */
  #startWanted(node: Node): void {
    if (!node.isUp || node.isLeaving) return
    const configuration = this.#applied(node)
    for (const [assignment, { component }] of Object.entries(configuration.assignments)) {
      const { nodes, type: typeName } = configuration.components[component]!
      const id = componentId({ node: node.name, component })
      if (!nodes.includes(node.name) || this.#hosted(id)) continue
      this.#lifeCount += 1
      const type = configuration.types[typeName]!
      const input = inputOf(configuration, { id, assignment, type, life: this.#lifeCount })
      const hosted = { id, assignment, run: new Run(componentMachine, input) }
      node.components.push(hosted)
      this.#performComponent(hosted, hosted.run.first.effects)
    }
  }

  #endIfUnwanted(node: Node, hosted: HostedComponent): void {
    const isOver = !isWanted(this.#applied(node), hosted) && hosted.run.state === 'offline.stopped'
    if (!isOver || !node.components.includes(hosted)) return
    node.components = node.components.filter((other) => other !== hosted)
    this.channels.delete(`agent ${hosted.id}`)
    this.#startWanted(node)
  }

  #sayNode(node: Node, availability: NodeAvailability): void {
    if (!this.#crim) return
    const { name, incarnation } = node
    const time = this.nowMs > 0 ? { atMs: this.nowMs } : {}
    this.toCrim({ type: 'node.changed', node: name, availability, incarnation, how: 'test', ...time })
  }

  #hosted(id: ComponentId): HostedComponent | undefined {
    return this.nodes.get(nodeOf(id))?.components.find((hosted) => hosted.id === id)
  }

  #isOpen(channel: string): boolean {
    const [direction, name] = channel.split(' ')
    if (!['to', 'from', 'log'].includes(direction!)) return true
    const { isReachable, isUp } = this.nodes.get(name!)!
    return isReachable && (direction !== 'log' || isUp)
  }
}
