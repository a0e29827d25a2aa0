import type { AnyOperation, OperationResult } from '../../machines/model/operation.ts'
import type { ClusterView, ComponentView, NodeView } from '../../machines/model/view.ts'
import { type ControlServer, serveControl } from '../../src/manage/controlServer.ts'
import type { LogHandlers } from '../../src/manage/logRoutes.ts'
import { problemsOf, type ViewWithoutProblems } from '../../src/manage/problems.ts'
import type { RepositoryHandlers } from '../../src/manage/repositoryRoutes.ts'
import { soloCcr } from '../repository/soloCcr.ts'

const undo: (() => unknown)[] = []

/** For the `afterEach` of every file that uses `afterThisTest`. */
export async function undoAll(): Promise<void> {
  for (const each of undo.splice(0).reverse()) await each()
}

export function afterThisTest(action: () => unknown): void {
  undo.push(action)
}

function node(name: string, change: Partial<NodeView> = {}): NodeView {
  const rank = Number(name.slice(1))
  const links = ['127.0.0.1', '127.0.0.2'].map((host) => ({ address: `${host}:${7100 + rank}`, isUp: true }))
  return {
    name,
    availability: 'alive',
    incarnation: rank,
    mastership: 'member',
    vote: 'voter',
    rank,
    protocols: '1',
    links,
    ...change,
  }
}

function component(name: string, change: Partial<ComponentView> = {}): ComponentView {
  return {
    component: `${name}/ledger`,
    type: 'ledger',
    assignment: 'ledger',
    role: 'spare',
    phase: 'ready',
    intendedRole: 'spare',
    incarnation: 1,
    isLocked: false,
    isBarred: false,
    failure: null,
    endpoint: `http://127.0.0.1:810${name.slice(1)}`,
    ...change,
  }
}

export function withProblems(view: ViewWithoutProblems): ClusterView {
  return { ...view, problems: problemsOf(view) }
}

/** Three nodes in the best of health. */
export const soundView: ClusterView = withProblems({
  cluster: 'demo',
  node: 'n2',
  epoch: 4,
  master: 'n1',
  vice: 'n2',
  protocol: 1,
  arbiter: null,
  quorum: { isQuorate: true, voterCount: 3, aliveVoterCount: 3, neededCount: 2 },
  nodes: [node('n1', { mastership: 'master' }), node('n2', { mastership: 'vice' }), node('n3')],
  assignments: [
    {
      name: 'ledger',
      redundancy: '2N',
      health: 'served',
      primary: 'n1/ledger',
      endpoint: 'http://127.0.0.1:8101',
      secondaries: ['n2/ledger'],
      spares: ['n3/ledger'],
      reason: null,
    },
  ],
  components: [
    component('n1', { role: 'primary', intendedRole: 'primary' }),
    component('n2', { role: 'secondary', intendedRole: 'secondary' }),
    component('n3'),
  ],
})

/** n1 has ended, its component with it; n3 has a link down and failed too often. */
export const damagedView: ClusterView = withProblems({
  ...soundView,
  epoch: 5,
  master: 'n2',
  vice: 'n3',
  arbiter: null,
  quorum: { isQuorate: true, voterCount: 3, aliveVoterCount: 2, neededCount: 2 },
  nodes: [
    node('n1', { availability: 'ended', links: node('n1').links.map((link) => ({ ...link, isUp: false })) }),
    node('n2', { mastership: 'master' }),
    node('n3', { mastership: 'vice', links: node('n3').links.map((link, index) => ({ ...link, isUp: index === 0 })) }),
  ],
  assignments: [
    {
      ...soundView.assignments[0]!,
      health: 'degraded',
      primary: 'n2/ledger',
      endpoint: 'http://127.0.0.1:8102',
      secondaries: [],
      spares: [],
      reason: 'no sound component is left for secondary',
    },
  ],
  components: [
    component('n1', { role: 'unknown', phase: 'unknown', intendedRole: 'offline' }),
    component('n2', { role: 'primary', intendedRole: 'primary' }),
    component('n3', {
      role: 'offline',
      phase: 'stopped',
      intendedRole: 'offline',
      incarnation: 4,
      isBarred: true,
      failure: { code: 'process.exited', detail: 'exit code 1' },
    }),
  ],
})

/** Operators and recovery have set something of everything; a pool serves two assignments, one of them several times over. */
export const administeredView: ClusterView = withProblems({
  ...soundView,
  isMaintained: true,
  nodes: [
    node('n1', { mastership: 'master', state: 'maintenance' }),
    node('n2', { mastership: 'vice', state: 'standby' }),
    node('n3', { state: 'held' }),
  ],
  assignments: [
    { ...soundView.assignments[0]!, health: 'unserved', primary: null, secondaries: [], spares: [], state: 'locked' },
    {
      name: 'web',
      redundancy: 'load-sharing',
      health: 'served',
      primary: 'n1/pool/web',
      endpoint: null,
      primaries: ['n1/pool/web', 'n3/pool/web'],
      secondaries: [],
      spares: [],
      reason: null,
      state: 'maintenance',
    },
  ],
  components: [
    component('n1', { component: 'n1/pool/web', type: 'pool', assignment: 'web', role: 'primary', isMaintained: true }),
    component('n3', { component: 'n3/pool/web', type: 'pool', assignment: 'web', role: 'primary' }),
  ],
})

/** What the last node sees of it. */
export const lonelyView: ClusterView = withProblems({
  ...soundView,
  node: 'n3',
  master: null,
  vice: null,
  arbiter: null,
  quorum: { isQuorate: false, voterCount: 3, aliveVoterCount: 1, neededCount: 2 },
  nodes: [node('n1', { availability: 'unreachable' }), node('n2', { availability: 'unknown' }), node('n3')],
  assignments: [{ ...soundView.assignments[0]!, health: 'unserved', primary: null, endpoint: null, reason: null }],
})

/** A control server that shows what it is given, and remembers what it is asked to do. */
export async function serveView(options: {
  path: string
  view: ClusterView
  answer?: OperationResult
  repository?: RepositoryHandlers
  log?: LogHandlers
  delayMs?: number
}) {
  const { path, answer = { ok: true, text: 'done' }, delayMs = 0 } = options
  const listeners = new Set<() => void>()
  const operations: AnyOperation[] = []
  const shown = { view: options.view }
  const server: ControlServer = await serveControl({
    path,
    handlers: {
      view: () => shown.view,
      counters: () => ({ datagramsRefused: 3 }),
      async operate(operation) {
        operations.push(operation)
        await Bun.sleep(delayMs)
        return answer
      },
      changes(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      repository: options.repository ?? soloCcr().ccr,
      ...(options.log && { log: options.log }),
    },
  })
  afterThisTest(() => server.stop())
  return {
    server,
    operations,
    listeners,
    change(view: ClusterView) {
      shown.view = view
      for (const listener of listeners) listener()
    },
  }
}
