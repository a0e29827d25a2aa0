/**
 * One process that serves several assignments. Each has a place in it (`n1/pool/web1`) with a component machine of its own, which
 * knows nothing of the others: it orders its process about as if it had one to itself, and counts its lives by itself. Here those
 * orders become those of the one process, and its events those of every place they concern.
 *
 * - The first start starts the process; one that comes while it runs is ready at once, one that comes while it ends waits for that.
 * - A place that stops while others use the process leaves it: the program is told `offline` for its assignment, and goes on.
 * - The last stop ends the process; so does a kill, and the stop of a place that will not leave.
 * - The end of the process is told to every place: to those that wanted it, and to those that fail by it.
 *
 * Safety: `process.exited` is said for a place only when the process has exited, or when the program may not act for that
 * assignment: it was never told to be primary of it, or has answered a later command, for another role, that somebody took. A
 * program that does not answer in half of the time that the stop gives is ended in the other half. So what is true of a process of
 * its own is true here: never is a place said to be stopped while the program may still act for it. The guard holds the whole process
 * for active while one of its places is.
 *
 * It sits between the machines and what runs the process (`process/program.ts`), below which are the guard and the SDK, or those of
 * the simulator: all of them know one component, `n1/pool`, and places only as what a role is for.
 */
import type { ComponentId, Incarnation } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import { compareTokens } from '../../machines/model/token.ts'
import type { Clock } from '../engine/clock.ts'
import type { AgentEvent, ComponentLife, InvokeOrder, RoleWords, StopOrder } from './agent.ts'

/** What runs the one process. Its events about the process name the component, those about roles the place. */
export interface HostProcess {
  /** Whether somebody takes a word on this role; if not, it is `done` and nothing follows from that. */
  takes(role: Role): boolean
  start(life: ComponentLife, words: null): void
  stop(order: StopOrder, told: readonly RoleWords[]): void
  invoke(order: InvokeOrder): void
  introduce(words: RoleWords): void
}

export interface SharedProcessOptions {
  /** `n1/pool` */
  readonly host: ComponentId
  readonly process: HostProcess
  readonly clock: Clock
  readonly setActive: (activity: ComponentLife & { isActive: boolean }) => void
  readonly onEvent: (event: AgentEvent) => void
}

/** One life of a place: from its start to the `process.exited` that it is told. */
interface Place {
  readonly component: ComponentId
  readonly incarnation: Incarnation
  /** `waiting`: for the end of a process that ends; `leaving`: it has stopped, and the program has yet to say so. */
  state: 'waiting' | 'using' | 'leaving'
  /** The last that the program was told for it. */
  told: RoleWords | null
  /** The program may act as primary of its assignment. */
  mayAct: boolean
  /** Its machine knows that the process ends. */
  hasStopped: boolean
}

type ProcessEvent = Exclude<AgentEvent, { type: 'role.done' | 'role.failed' }>
type Answer = EventOf<'role.done' | 'role.failed'>
type EventOf<Type extends AgentEvent['type']> = Extract<AgentEvent, { type: Type }>

export class SharedProcess {
  readonly #options: SharedProcessOptions
  /** Bounded by the assignments that name the component. */
  readonly #places = new Map<ComponentId, Place>()
  readonly #active = new Set<ComponentId>()
  /** Of each place: its last life, and which of the process that was. */
  readonly #lives = new Map<ComponentId, { readonly incarnation: Incarnation; readonly life: Incarnation }>()
  #state: 'absent' | 'starting' | 'running' | 'stopping' = 'absent'
  /** Of the process that is, or of the last one. */
  #incarnation: Incarnation = 0
  #ready: EventOf<'process.ready'> | null = null
  /** What the process has said of itself and of places, by type and name: those that come later are told, too. */
  readonly #said = new Map<string, ProcessEvent>()

  constructor(options: SharedProcessOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#places.size === 0
  }

  start({ component, incarnation }: RoleWords): void {
    const isEnding = this.#state === 'stopping'
    const state = isEnding ? 'waiting' : 'using'
    this.#places.set(component, { component, incarnation, state, told: null, mayAct: false, hasStopped: false })
    if (this.#state === 'absent') this.#begin()
    else if (!isEnding) this.#lives.set(component, { incarnation, life: this.#incarnation })
    if (this.#state === 'running')
      this.#later(() => this.#state === 'running' && this.#sayReady(component, incarnation))
  }

  stop({ component, incarnation, timeoutMs }: StopOrder & { timeoutMs: number }): void {
    const place = this.#placeOf({ component, incarnation })
    if (place === null || place.state === 'waiting') {
      if (place !== null) this.#places.delete(component)
      this.#later(() => this.#sayExited({ component, incarnation }, 'it was not running'))
      return
    }
    place.hasStopped = true
    const isAlone = ![...this.#places.values()].some((other) => other !== place && other.state === 'using')
    if (timeoutMs <= 0 || isAlone || this.#state === 'stopping') return this.#end(timeoutMs)
    const isAsked = place.state === 'leaving' || !this.#options.process.takes('offline')
    if (place.told !== null && !isAsked) this.#askToLeave(place, place.told, timeoutMs)
    else if (place.mayAct) this.#end(timeoutMs)
    else this.#leave(place)
  }

  invoke(order: InvokeOrder): void {
    const { component, incarnation, role, token } = order
    const place = this.#placeOf(order)
    if (place === null) {
      // A role without a process: there is nobody to tell.
      this.#later(() => this.#options.onEvent({ type: 'role.done', component, incarnation, role, token }))
      return
    }
    // Of a process that ends the end is the answer.
    if (place.state !== 'using' || this.#state !== 'running') return
    if (role === 'primary') place.mayAct = true
    place.told = wordsOf(order)
    this.#options.process.invoke({ ...order, incarnation: this.#incarnation })
  }

  introduce(words: RoleWords): void {
    const place = this.#placeOf(words)
    if (place?.state !== 'using' || place.told === null) return
    place.told = wordsOf(words)
    this.#options.process.introduce({ ...wordsOf(words), incarnation: this.#incarnation })
  }

  /** The guard is told of the whole process: it acts while one of its places does. */
  setActive({ component, isActive }: { component: ComponentId; isActive: boolean }): void {
    const wasActive = this.#active.size > 0
    if (isActive) this.#active.add(component)
    else this.#active.delete(component)
    if (this.#active.size > 0 !== wasActive) this.#tellActive()
  }

  /** Which life of the process a life of the place is, or was last. */
  lifeOf({ component, incarnation }: ComponentLife): Incarnation {
    const known = this.#lives.get(component)
    return known?.incarnation === incarnation ? known.life : incarnation
  }

  /** What the process says, or the program of a role. */
  heard(event: AgentEvent): void {
    if (event.type === 'role.done' || event.type === 'role.failed') return this.#answered(event)
    if (event.incarnation === this.#incarnation) this.#happened(event)
  }

  #begin(): void {
    const { host, process } = this.#options
    // Later than every life of an earlier node process, as those of the machines are.
    const least = Math.max(...[...this.#places.values()].map(({ incarnation }) => incarnation))
    this.#incarnation = Math.max(this.#incarnation + 1, least)
    this.#state = 'starting'
    this.#said.clear()
    for (const place of this.#places.values()) {
      place.state = 'using'
      this.#lives.set(place.component, { incarnation: place.incarnation, life: this.#incarnation })
    }
    // The guard forgot with the last process; it must know before the next can do anything.
    if (this.#active.size > 0) this.#tellActive()
    process.start({ component: host, incarnation: this.#incarnation }, null)
  }

  #end(timeoutMs: number): void {
    const { host, process } = this.#options
    this.#state = 'stopping'
    const told = [...this.#places.values()].flatMap((place) => (place.told === null ? [] : [place.told]))
    process.stop({ component: host, incarnation: this.#incarnation, timeoutMs }, told)
  }

  /** The program is asked for half of the time; the other half is left for its end. */
  #askToLeave(place: Place, told: RoleWords, timeoutMs: number): void {
    const { process, clock } = this.#options
    const incarnation = this.#incarnation
    const timeLimitMs = Math.floor(timeoutMs / 2)
    const words: RoleWords = { ...told, incarnation, role: 'offline', peers: [] }
    place.state = 'leaving'
    place.told = words
    process.invoke({ ...words, level: 0, timeLimitMs })
    clock.setTimer(timeLimitMs, () => this.#hasNotLeft(place, timeoutMs - timeLimitMs))
  }

  #hasNotLeft(place: Place, remainingMs: number): void {
    if (this.#places.get(place.component) !== place || place.state !== 'leaving') return
    if (place.mayAct) this.#end(remainingMs)
    else this.#leave(place)
  }

  #leave({ component, incarnation }: Place): void {
    this.#places.delete(component)
    this.#later(() => this.#sayExited({ component, incarnation }, 'it has left its process to others'))
  }

  #answered(event: Answer): void {
    const { component, role, token } = event
    const place = this.#places.get(component)
    if (!place?.told || event.incarnation !== this.#incarnation) return
    if (place.told.role !== role || compareTokens(place.told.token, token) !== 0) return
    const isDone = event.type === 'role.done'
    if (isDone && role !== 'primary' && this.#options.process.takes(role)) place.mayAct = false
    if (place.state === 'using') this.#options.onEvent({ ...event, incarnation: place.incarnation })
    else if (!place.mayAct) this.#leave(place)
    // One that refuses to leave is ended when its time to do so is over.
  }

  #happened(event: ProcessEvent): void {
    switch (event.type) {
      case 'process.ready':
        this.#ready = event
        if (this.#state === 'starting') this.#state = 'running'
        for (const { component, incarnation } of this.#using()) this.#sayReady(component, incarnation)
        return
      case 'process.startFailed':
        // Whatever there is of it goes; that it has is then told to all.
        this.#state = 'stopping'
        for (const place of this.#using()) this.#pass(event, place)
        return this.#end(0)
      case 'load.changed':
      case 'role.announced':
        this.#said.set(`${event.type} ${event.component}`, event)
        for (const place of this.#meant(event)) this.#pass(event, place)
        return
      case 'health.failed':
        for (const place of this.#meant(event)) this.#pass(event, place)
        return
      case 'process.stopFailed':
        for (const place of this.#using())
          this.#pass(place.hasStopped ? event : { ...event, type: 'health.failed', code: 'stop.failed' }, place)
        return
      case 'process.exited':
        this.#exited(event)
    }
  }

  #exited(event: EventOf<'process.exited'>): void {
    const gone = this.#using()
    this.#state = 'absent'
    for (const { component } of gone) this.#places.delete(component)
    const cause = gone.find(({ hasStopped }) => hasStopped)
    for (const place of gone) {
      const isOther = cause !== undefined && !place.hasStopped
      const detail = isOther ? `${event.detail}, when ${cause.component} was stopped` : event.detail
      this.#pass({ ...event, detail }, place)
    }
    if (this.#state === 'absent' && this.#places.size > 0) this.#begin()
  }

  /** Of one assignment, or of the whole process. */
  #meant(event: ProcessEvent): Place[] {
    const isWhole = event.component === this.#options.host
    return this.#using().filter(({ component }) => isWhole || component === event.component)
  }

  #using(): Place[] {
    return [...this.#places.values()].filter(({ state }) => state !== 'waiting')
  }

  #placeOf({ component, incarnation }: ComponentLife): Place | null {
    const place = this.#places.get(component)
    return place?.incarnation === incarnation ? place : null
  }

  #pass(event: ProcessEvent, { component, incarnation }: ComponentLife): void {
    this.#options.onEvent({ ...event, component, incarnation })
  }

  #sayReady(component: ComponentId, incarnation: Incarnation): void {
    const place = this.#placeOf({ component, incarnation })
    if (place?.state !== 'using') return
    const { host } = this.#options
    const load = this.#said.get(`load.changed ${component}`) ?? this.#said.get(`load.changed ${host}`)
    for (const event of [this.#ready, load, this.#said.get(`role.announced ${component}`)])
      if (event) this.#pass(event, place)
  }

  #sayExited(life: ComponentLife, detail: string): void {
    this.#options.onEvent({
      type: 'process.exited',
      component: life.component,
      incarnation: life.incarnation,
      detail,
      atMs: this.#options.clock.nowMs(),
    })
  }

  #tellActive(): void {
    const { host, setActive } = this.#options
    setActive({ component: host, incarnation: this.#incarnation, isActive: this.#active.size > 0 })
  }

  #later(callback: () => void): void {
    queueMicrotask(callback)
  }
}

function wordsOf({ component, incarnation, assignment, role, token, peers }: RoleWords): RoleWords {
  return { component, incarnation, assignment, role, token, peers }
}
