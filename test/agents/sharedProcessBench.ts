/** A shared process that notes what it asks of the program, and what it tells the machines of its places. */
import type { ComponentId } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { AgentEvent, RoleWords } from '../../src/agents/agent.ts'
import { type HostProcess, SharedProcess } from '../../src/agents/sharedProcess.ts'
import { ManualClock } from '../support/manualClock.ts'

export const host = 'n1/pool'
export const idOf = (name: string): ComponentId => `${host}/${name}`

/** The process as a list of what it was asked, and the places' side of it. */
export class Bench {
  readonly clock = new ManualClock()
  readonly asked: string[] = []
  readonly heard: string[] = []
  readonly events: AgentEvent[] = []
  takes: (role: Role) => boolean = () => true
  /** Of the real process. */
  incarnation = 0
  readonly shared: SharedProcess

  constructor() {
    const process: HostProcess = {
      takes: (role) => this.takes(role),
      start: ({ incarnation }) => {
        this.incarnation = incarnation
        this.asked.push(`start ${incarnation}`)
      },
      stop: ({ timeoutMs }, told) =>
        this.asked.push(`stop ${timeoutMs}: ${told.map(({ assignment, role }) => `${assignment} ${role}`).join(', ')}`),
      invoke: ({ assignment, role, timeLimitMs }) => this.asked.push(`${assignment} ${role} ${timeLimitMs}`),
      introduce: ({ assignment }) => this.asked.push(`${assignment} peers`),
    }
    this.shared = new SharedProcess({
      host,
      process,
      clock: this.clock,
      setActive: ({ component, incarnation, isActive }) =>
        this.asked.push(`${component} ${incarnation} ${isActive ? 'active' : 'idle'}`),
      onEvent: (event) => {
        this.events.push(event)
        const detail = 'detail' in event ? ` (${event.detail})` : 'role' in event ? ` ${event.role}` : ''
        this.heard.push(`${event.component.slice(host.length + 1)} ${event.incarnation} ${event.type}${detail}`)
      },
    })
  }

  words(name: string, incarnation: number, role: Role = 'spare', index = 1): RoleWords {
    return { component: idOf(name), incarnation, assignment: name, role, token: { epoch: 1, index }, peers: [] }
  }

  start(name: string, incarnation: number): void {
    this.shared.start(this.words(name, incarnation))
  }

  stop(name: string, incarnation: number, timeoutMs = 1000): void {
    this.shared.stop({ component: idOf(name), incarnation, timeoutMs })
  }

  invoke(name: string, incarnation: number, role: Role, index = 1): void {
    this.shared.invoke({ ...this.words(name, incarnation, role, index), level: 1, timeLimitMs: 500 })
  }

  ready(): void {
    this.shared.heard({ type: 'process.ready', component: host, incarnation: this.incarnation, endpoint: 'here' })
  }

  exited(incarnation = this.incarnation): void {
    this.shared.heard({ type: 'process.exited', component: host, incarnation, detail: 'signal 9', atMs: 5 })
  }

  done(name: string, role: Role, index = 1): void {
    const { incarnation } = this
    this.shared.heard({ type: 'role.done', component: idOf(name), incarnation, role, token: { epoch: 1, index } })
  }

  /** What was asked, or heard, since it was looked at last. */
  async take(): Promise<{ asked: string[]; heard: string[] }> {
    await Promise.resolve()
    return { asked: this.asked.splice(0), heard: this.heard.splice(0) }
  }
}
