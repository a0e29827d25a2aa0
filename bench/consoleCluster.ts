/**
 * A made-up cluster of 100 nodes, 500 assignments and 1 000 components behind the routes the console asks, for `bench/console.ts`. At
 * each `change` every component has another role, and a record of it.
 */
import type { AssignmentView, ClusterView, ComponentView, NodeView } from '../machines/model/view.ts'
import type { RecordView, StatesView } from '../src/manage/http/contract.ts'
import { pageFiles } from '../src/manage/http/page.ts'

export const nodeCount = 100
export const assignmentCount = 500
export const componentCount = assignmentCount * 2

const names = Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`)
const nodeAt = (index: number) => names[index % nodeCount]!

export class MadeUpCluster {
  #turn = 0
  #position = 0
  #clients = new Set<ReadableStreamDefaultController<string>>()
  readonly #server: Bun.Server<undefined>

  constructor() {
    this.#server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      idleTimeout: 0,
      fetch: (request) => this.#answer(request),
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  /** Half of all roles are swapped: primary and secondary of each assignment. Told to all who watch. */
  change(): void {
    this.#turn += 1
    const view = JSON.stringify(this.#view())
    const records = JSON.stringify(this.#records())
    for (const client of this.#clients) {
      client.enqueue(this.#event('view', view))
      client.enqueue(this.#event('records', records))
    }
  }

  stop(): Promise<void> {
    return this.#server.stop(true)
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    const route = pathname.replace('/v1/', '')
    if (route === 'stream') return new Response(this.#stream(), { headers: { 'content-type': 'text/event-stream' } })
    if (route === 'session') return Response.json(this.#session())
    if (route === 'states') return Response.json(this.#states())
    if (route === 'records') {
      const nowUs = Date.now() * 1000
      return Response.json({ records: [], isTruncated: false, oldestUs: nowUs - 60e6, newestUs: nowUs })
    }
    if (route === 'activity') return Response.json({ fromUs: 0, toUs: 1, buckets: [] })
    if (route === 'incidents') return Response.json({ incidents: [] })
    const { index, files } = await pageFiles()
    const file = files.get(pathname) ?? index
    return new Response(await file.bytes(), { headers: { 'content-type': file.type } })
  }

  #session() {
    return { cluster: 'large', node: 'n1', mode: 'live', version: '0', isSignedIn: false, readOnlyReason: null }
  }

  #stream(): ReadableStream<string> {
    let own: ReadableStreamDefaultController<string>
    return new ReadableStream({
      start: (controller) => {
        own = controller
        this.#clients.add(own)
        own.enqueue(this.#event('hello', JSON.stringify({ cluster: 'large', node: 'n1', nowUs: Date.now() * 1000 })))
        own.enqueue(this.#event('view', JSON.stringify(this.#view())))
      },
      cancel: () => void this.#clients.delete(own),
    })
  }

  #event(name: string, data: string): string {
    return `event: ${name}\nid: ${++this.#position}@made\ndata: ${data}\n\n`
  }

  #roleOf(place: 0 | 1): 'primary' | 'secondary' {
    return (place + this.#turn) % 2 === 0 ? 'primary' : 'secondary'
  }

  #idOf(assignment: number, place: 0 | 1): `${string}/${string}` {
    return `${nodeAt(assignment + place * 37)}/web${assignment}`
  }

  #view(): ClusterView {
    const nodes = names.map((name, index): NodeView => {
      const mastership = index === 0 ? 'master' : index === 1 ? 'vice' : 'member'
      const links = [1, 2].map((net) => ({ address: `10.0.${net}.${index}:7101`, isUp: true }))
      const vote = index < 5 ? 'voter' : 'learner'
      return { name, availability: 'alive', incarnation: 1, mastership, vote, rank: index, protocols: '1', links }
    })
    const assignments = Array.from({ length: assignmentCount }, (_, index): AssignmentView => {
      const [primary, secondary] = this.#turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)
      return {
        name: `web${index}`,
        redundancy: '2N',
        health: 'served',
        primary: this.#idOf(index, primary),
        endpoint: null,
        secondaries: [this.#idOf(index, secondary)],
        spares: [],
        reason: null,
      }
    })
    const components = Array.from({ length: componentCount }, (_, index): ComponentView => {
      const place = (index % 2) as 0 | 1
      const assignment = index >> 1
      const role = this.#roleOf(place)
      return {
        component: this.#idOf(assignment, place),
        type: 'web',
        assignment: `web${assignment}`,
        role,
        phase: 'ready',
        intendedRole: role,
        incarnation: 1,
        isLocked: false,
        isBarred: false,
        failure: null,
        endpoint: null,
      }
    })
    const quorum = { isQuorate: true, voterCount: 5, aliveVoterCount: 5, neededCount: 3 }
    const head = { cluster: 'large', node: 'n1', epoch: 1, master: 'n1', vice: 'n2', protocol: 1, arbiter: null }
    return { ...head, quorum, nodes, assignments, components, problems: [] }
  }

  #records(): RecordView[] {
    const timeUs = Date.now() * 1000
    return Array.from({ length: componentCount }, (_, index) => {
      const place = (index % 2) as 0 | 1
      const component = this.#idOf(index >> 1, place)
      const node = component.slice(0, component.indexOf('/'))
      const role = this.#roleOf(place)
      return {
        id: `${node}:1:${this.#turn * componentCount + index}`,
        node,
        timeUs,
        timeCount: index,
        actor: `component/${component}`,
        machine: 'component',
        kind: 'step',
        event: { type: 'role.assign', role },
        cause: null,
        fromState: `${this.#roleOf(place === 0 ? 1 : 0)}.ready`,
        state: `${role}.ready`,
        effects: [],
      }
    })
  }

  #states(): StatesView {
    const actors = this.#records().map(({ node, actor, machine, state, timeUs, id }) => {
      return { node, actor, machine, state, sinceUs: timeUs, recordId: id }
    })
    return { atUs: Date.now() * 1000, actors }
  }
}
