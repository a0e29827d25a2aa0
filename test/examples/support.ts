/** Nodes that run one HA-aware program each, joined as rolecall joins them; the test is the CRIM. */
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { Peer } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'
import { TestServer, temporaryDirectory, until } from '../agents/sdk/support.ts'

export const root = join(import.meta.dir, '../..')

/** One that was free a moment ago. */
export function freePort(): number {
  const taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = taken
  taken.stop(true)
  return port
}

interface Told {
  readonly role: Role
  readonly token: Token
  readonly peers: readonly Peer[]
}

export class Cluster {
  readonly directory = temporaryDirectory()
  readonly nodes = new Map<ComponentId, Node>()

  add(name: string, command: readonly string[], environment: Record<string, string> = {}): Node {
    const node = new Node(this, { name, command, environment })
    this.nodes.set(node.component, node)
    return node
  }

  async close(): Promise<void> {
    for (const node of this.nodes.values()) await node.close()
    this.directory.remove()
  }
}

export class Node {
  readonly component: ComponentId
  readonly server: TestServer
  /** While true, what this node sends to others is lost on the way, without an answer. */
  isCutOff = false
  url = ''
  child: Subprocess | null = null
  readonly #options: { name: string; command: readonly string[]; environment: Record<string, string> }
  #incarnation = 0

  constructor(
    cluster: Cluster,
    options: { name: string; command: readonly string[]; environment: Record<string, string> },
  ) {
    this.#options = options
    this.component = `${options.name}/app`
    this.server = new TestServer({
      isExpected: (component, incarnation) => component === this.component && incarnation === this.#incarnation,
      limits: { deliveryTimeoutMs: 1000, checkpointTimeoutMs: 1500 },
    })
    this.server.carry = async (checkpoint) => {
      // As on a network: what is said is heard a little later, in order.
      await new Promise(setImmediate)
      const to = cluster.nodes.get(checkpoint.to)
      if (!to) return { ok: false, code: 'unreachable' }
      return this.isCutOff || to.isCutOff
        ? await new Promise(() => {})
        : await to.server.server.deliverCheckpoint(checkpoint)
    }
  }

  /** Starts the program; resolves when it has registered. */
  async start(): Promise<void> {
    this.#incarnation += 1
    const count = this.server.of('registered').length
    this.child = Bun.spawn([...this.#options.command], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        ...this.#options.environment,
        ROLECALL_SOCKET: this.server.path,
        ROLECALL_COMPONENT: this.component,
        ROLECALL_INCARNATION: String(this.#incarnation),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    this.url = String((await this.server.heard('registered', count + 1)).endpoint)
  }

  /** As kill -9. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL')
    await this.child?.exited
    await until(() => this.server.of('disconnected').length === this.server.of('registered').length)
  }

  /** Tells a role, without waiting. */
  tell({ role, token, peers }: Told, timeLimitMs = 20_000): void {
    const { component } = this
    const told = { component, incarnation: this.#incarnation, assignment: 'app', role, token, peers }
    this.server.server.invoke({ ...told, level: 1, timeLimitMs })
  }

  /** Tells a role; resolves when the program has it. */
  async take(told: Told): Promise<void> {
    const count = this.server.of('roleDone').length
    this.tell(told)
    await this.server.heard('roleDone', count + 1)
  }

  introduce(told: Told): void {
    const { component } = this
    this.server.server.introduce({ component, incarnation: this.#incarnation, assignment: 'app', ...told })
  }

  as(role: Role, token: Token): Peer {
    return { component: this.component, node: this.component.split('/')[0]!, role, endpoint: this.url, token }
  }

  async get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(this.url + path)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  async post(path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(this.url + path, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  async close(): Promise<void> {
    this.child?.kill('SIGKILL')
    await this.child?.exited
    this.server.close()
  }
}

/** What a topology comes to after some events; one after the other (`topologyPlans.ts`). */
export interface ExpectedPlan {
  readonly events: readonly string[]
  readonly placement?: string
  /** What happens, in order, as far as the comment speaks of it. */
  readonly steps?: string
  /** Part of why something is missing. */
  readonly missing?: string
}
