/**
 * An ideal world for steps: what is decided is carried out one step at a time, in whatever order the test says, by components that do as
 * they are told, or fail when the test wants it. A step is told first (`commanded`), then obeyed; between the two anything may happen.
 */
import { intentChange } from '../../machines/crim/intents.ts'
import { candidatesOf, type PlanInput, type Step, stepsOfAll } from '../../machines/logic/placement/index.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, nodeOf } from '../../machines/model/ids.ts'
import { activeRoles, isRoleChangeAllowed, type Role } from '../../machines/model/roles.ts'
import type { ComponentStatus, Intent, NodeAvailability } from '../../machines/model/status.ts'
import { type Token, zeroToken } from '../../machines/model/token.ts'

/** Of each assignment, what each of its places is to be. */
export type Roles = Readonly<Record<string, Readonly<Record<ComponentId, Role>>>>

interface Told {
  readonly assignment: string
  readonly role: Role
  readonly token: Token
  /** So much had happened by then. */
  readonly upheavalCount: number
}

export class StepsWorld {
  input: PlanInput
  readonly log: string[] = []
  readonly told = new Map<ComponentId, Told>()
  /** What stops, with the role that it leaves. */
  readonly ending = new Map<ComponentId, Role>()
  /** Decisions, and changes of the world that nobody decided. */
  upheavalCount = 0
  #targets: Roles
  #index = 1

  /** Settled: everything is what it was decided to be. */
  constructor(configuration: Configuration, roles: Roles) {
    this.#targets = roles
    const token = { epoch: 1, index: 1 }
    const intents: Record<string, Intent> = {}
    const statuses: Record<ComponentId, ComponentStatus> = {}
    for (const [assignment, places] of Object.entries(roles)) {
      intents[assignment] = {
        assignment,
        roles: Object.fromEntries(Object.entries(places).map(([id, role]) => [id, { role, token }])),
      }
      for (const [id, role] of Object.entries(places) as [ComponentId, Role][])
        statuses[id] = statusOf(id, { role, token, incarnation: 1 })
    }
    this.input = {
      configuration,
      nodes: Object.fromEntries(Object.keys(configuration.nodes).map((name) => [name, 'alive' as const])),
      statuses,
      intents,
      commanded: {},
      locked: {},
      barred: {},
      awaited: [],
      requests: {},
    }
    this.#commit()
  }

  /** Something else is decided. */
  decide(roles: Roles): void {
    this.upheavalCount += 1
    this.#targets = roles
    this.#commit()
  }

  /** Nothing runs, and nothing was ever told. */
  stopAll(): void {
    const ids = Object.keys(this.input.statuses) as ComponentId[]
    const stopped = { role: 'offline', token: zeroToken, incarnation: 0 } as const
    this.input = { ...this.input, statuses: Object.fromEntries(ids.map((id) => [id, statusOf(id, stopped)])) }
    this.#commit()
  }

  steps(): readonly Step[] {
    return stepsOfAll(this.input)
  }

  change(change: Partial<PlanInput>): void {
    this.upheavalCount += 1
    this.input = { ...this.input, ...change }
    this.#commit()
  }

  /** What can be told now and has not been. */
  going(): Step[] {
    return this.steps().filter(({ component, waitsFor }) => waitsFor === null && !this.told.has(component))
  }

  tell(step: Step): void {
    const { component, assignment, role, token } = step
    const from = this.input.statuses[component]!.role
    if (!isRoleChangeAllowed({ from, to: role })) throw new Error(`${component} can't go from ${from} to ${role}`)
    this.log.push(`${component} is told ${role} in ${token.index}`)
    this.told.set(component, { assignment, role, token, upheavalCount: this.upheavalCount })
    const mayAct = activeRoles.includes(role)
    this.input = { ...this.input, commanded: { ...this.input.commanded, [component]: { role, token, mayAct } } }
  }

  /** `isFailing`: it falls, or, told to stop, would not. What stops is seen stopping first: then it is to obey once more. */
  obey(component: ComponentId, { isFailing = false } = {}): void {
    const { role, token } = this.told.get(component)!
    const before = this.input.statuses[component]!
    const isEnding = role === 'offline' && before.role !== 'offline'
    if (isEnding) this.ending.set(component, before.role)
    else this.told.delete(component)
    this.log.push(`${component} ${isFailing ? 'fails as' : isEnding ? 'goes' : 'is'} ${role}`)
    const failure = isFailing ? { code: 'test', detail: 'the test has it fail' } : null
    const after = statusOf(component, { ...before, role: isFailing ? 'offline' : role, token })
    if (isFailing) this.#happen({ ...after, failure, ...this.#asItFailed(before, role) })
    else this.#take(isEnding ? { ...after, phase: 'stopping', isActive: before.isActive } : after)
    if (!isEnding || isFailing) this.ending.delete(component)
    if (isFailing) this.told.delete(component)
  }

  /** One that fails to stop is as active as it was. */
  #asItFailed({ isActive }: ComponentStatus, role: Role): Partial<ComponentStatus> {
    return role === 'offline' ? { phase: 'stopFailed', isActive } : {}
  }

  /** Its process is gone. */
  fall(component: ComponentId): void {
    const before = this.input.statuses[component]!
    const failure = { code: 'process.exited', detail: 'signal SIGKILL' }
    this.#happen({ ...statusOf(component, { ...before, role: 'offline' }), failure })
  }

  /** It is primary, and should not be. */
  actToo(component: ComponentId): void {
    this.#happen(statusOf(component, { ...this.input.statuses[component]!, role: 'primary' }))
  }

  /** Nobody decided that. */
  #happen(status: ComponentStatus): void {
    this.upheavalCount += 1
    this.#take(status)
  }

  #take(status: ComponentStatus): void {
    const { [status.component]: _, ...commanded } = this.input.commanded
    this.input = { ...this.input, commanded, statuses: { ...this.input.statuses, [status.component]: status } }
    this.#commit()
  }

  setNode(node: string, availability: NodeAvailability): void {
    this.log.push(`${node} is ${availability}`)
    this.upheavalCount += 1
    const isGone = availability === 'ended' || availability === 'isolated'
    const drop = <T>(record: Readonly<Record<ComponentId, T>>) =>
      Object.fromEntries(Object.entries(record).filter(([id]) => nodeOf(id as ComponentId) !== node))
    const { statuses, commanded } = this.input
    for (const id of this.told.keys()) if (nodeOf(id) === node) this.told.delete(id)
    for (const id of this.ending.keys()) if (nodeOf(id) === node && isGone) this.ending.delete(id)
    this.input = {
      ...this.input,
      nodes: { ...this.input.nodes, [node]: availability },
      ...(isGone ? { statuses: drop(statuses), commanded: drop(commanded) } : {}),
    }
    this.#commit()
  }

  /** As the CRIM does it, with what is to be given: places that are gone keep what they were to be. */
  #commit(): void {
    for (const [assignment, roles] of Object.entries(this.#targets)) {
      const named = candidatesOf(this.input, assignment).map(({ component }) => [
        component,
        roles[component] ?? 'offline',
      ])
      const changes = intentChange(this.input, { assignment, roles: Object.fromEntries(named), reason: null })
      for (const { value } of changes) this.#decided(assignment, value as Stored | null)
    }
  }

  #decided(assignment: string, stored: Stored | null): void {
    const { [assignment]: _, ...others } = this.input.intents
    this.#index += 1
    if (stored === null) this.input = { ...this.input, intents: others }
    else {
      const token = { epoch: 1, index: this.#index }
      const roles = Object.entries(stored.roles).map(([id, of]) => [id, { role: of.role, token: of.token ?? token }])
      const intent: Intent = { ...stored, assignment, roles: Object.fromEntries(roles) }
      this.log.push(`${assignment} is decided in ${this.#index}`)
      this.input = { ...this.input, intents: { ...others, [assignment]: intent } }
    }
  }
}

interface Stored {
  readonly roles: Readonly<Record<ComponentId, { readonly role: Role; readonly token: Token | null }>>
  readonly sponsors?: Readonly<Record<string, Token>>
}

export function statusOf(
  component: ComponentId,
  { role, token, incarnation }: { role: Role; token: Token; incarnation: number },
): ComponentStatus {
  return {
    component,
    role,
    phase: role === 'offline' ? 'stopped' : 'ready',
    incarnation,
    token,
    failure: null,
    isActive: role === 'primary',
    endpoint: null,
  }
}
