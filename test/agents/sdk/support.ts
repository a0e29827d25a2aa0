/** A server with what it says written down, and a program that speaks the protocol by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComponentId } from '../../../machines/model/ids.ts'
import type { Role } from '../../../machines/model/roles.ts'
import type { Peer } from '../../../machines/model/status.ts'
import {
  type Checkpoint,
  type CheckpointResult,
  createSdkServer,
  type RoleInvocation,
  type SdkServer,
  type SdkServerOptions,
} from '../../../src/agents/sdk/server.ts'

type Message = Record<string, unknown>

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'rolecall-sdk-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Resolves as soon as the condition holds; throws after a generous bound. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  for (let attempt = 0; attempt < 2000; attempt += 1) {
    if (condition()) return
    await Bun.sleep(5)
  }
  throw new Error(`gave up waiting for ${what}`)
}

export interface Said {
  readonly name: string
  readonly [key: string]: unknown
}

export class TestServer {
  readonly path: string
  readonly server: SdkServer
  readonly said: Said[] = []
  carry: (checkpoint: Checkpoint) => Promise<CheckpointResult> = () => Promise.resolve({ ok: true })
  readonly #directory = temporaryDirectory()

  constructor(options: Partial<Pick<SdkServerOptions, 'limits' | 'isExpected' | 'isShared' | 'clock'>> = {}) {
    this.path = join(this.#directory.path, 'sdk.sock')
    const note = (name: string) => (event: object) => void this.said.push({ name, ...event })
    this.server = createSdkServer({
      path: this.path,
      isExpected: (_, incarnation) => incarnation === 1,
      ...options,
      callbacks: {
        onRegistered: note('registered'),
        onRoleDone: note('roleDone'),
        onRoleFailed: note('roleFailed'),
        onErrorReport: note('errorReport'),
        onLoad: note('load'),
        onAnnounced: note('announced'),
        onRecord: ({ name, ...record }) => void this.said.push({ name: 'record', of: name, ...record }),
        onSelfTestAsked: note('selfTestAsked'),
        onProxied: note('proxied'),
        onDisconnected: note('disconnected'),
        onCheckpoint: (checkpoint) => this.carry(checkpoint),
      },
    })
  }

  /** What was said of this, in order. */
  of(name: string): Said[] {
    return this.said.filter((said) => said.name === name)
  }

  async heard(name: string, count = 1): Promise<Said> {
    await until(() => this.of(name).length >= count, `${name} × ${count}`)
    return this.of(name)[count - 1]!
  }

  close(): void {
    this.server.close()
    this.#directory.remove()
  }
}

/** A program that says what it is told to say, byte by byte if need be. */
export class RawProgram {
  readonly received: Message[] = []
  readonly socket: Socket
  isClosed = false
  #rest = ''

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (text) => {
      const lines = (this.#rest + text).split('\n')
      this.#rest = lines.pop()!
      for (const line of lines) this.received.push(JSON.parse(line))
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  static connect(path: string): Promise<RawProgram> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ path })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawProgram(socket)))
    })
  }

  static async registered(path: string, component = 'n1/app', incarnation = 1): Promise<RawProgram> {
    const program = await RawProgram.connect(path)
    program.say({ type: 'register', protocol: 1, component, incarnation })
    await program.hears('registered')
    return program
  }

  say(message: object): void {
    this.socket.write(`${JSON.stringify(message)}\n`)
  }

  of(type: string): Message[] {
    return this.received.filter((message) => message.type === type)
  }

  async hears(type: string, count = 1): Promise<Message> {
    await until(() => this.of(type).length >= count, `${type} × ${count}`)
    return this.of(type)[count - 1]!
  }

  async closed(): Promise<void> {
    await until(() => this.isClosed, 'the connection to end')
  }
}

export function token(index: number, epoch = 1): { epoch: number; index: number } {
  return { epoch, index }
}

export function peer(component: ComponentId, role: Role, index: number): Peer {
  return { component, node: component.split('/')[0]!, role, endpoint: null, token: token(index) }
}

export function invocation(of: Partial<RoleInvocation> & { role: Role }): RoleInvocation {
  return {
    component: 'n1/app',
    incarnation: 1,
    assignment: 'app',
    token: token(7),
    peers: [],
    level: 2,
    timeLimitMs: 30_000,
    ...of,
  }
}
