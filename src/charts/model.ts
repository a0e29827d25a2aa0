/**
 * A machine as it is drawn, told, and lit: plain data that says all of its structure and none of its workings. Made when the
 * documents are (`scripts/generateMachines.ts`), so that neither the binary nor the page needs the machine for it.
 *
 * States are named by their paths as the recorder and the HTTP interface have them: `primary.ready`; the root is ``.
 */

export interface Chart {
  readonly name: string
  readonly version: number
  /** One sentence. */
  readonly purpose: string
  readonly initial: string
  /** Parents before their children, otherwise as the machine has them. */
  readonly states: readonly ChartState[]
  /** Of one state and one event in the order in which they are tried. */
  readonly transitions: readonly ChartTransition[]
  /** What is said of guards, actions, delays and events where they are defined. */
  readonly words: Readonly<Record<string, string>>
}

export interface ChartState {
  readonly path: string
  readonly name: string
  /** The path; '' is the root, which is not among the states. */
  readonly parent: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  /** The path of the child that is entered first. */
  readonly initial: string | null
  readonly description: string | null
  readonly entry: readonly string[]
  readonly exit: readonly string[]
}

export interface ChartTransition {
  /** Stable as long as the machine is the same: `primary/role.assign/3`. */
  readonly id: string
  readonly source: string
  /** null: the state stays as it is. */
  readonly target: string | null
  readonly kind: 'event' | 'after' | 'always'
  /** The event's type, or the name of the delay; '' of `always`. */
  readonly event: string
  /** `isLive and not goesOnAlone`, `isFor(primary)` */
  readonly guard: string | null
  readonly actions: readonly string[]
  /** The source is left and entered again, though the target is within it. */
  readonly isReentering: boolean
}

/** The paths of the states around it, outermost first, and its own. */
export function lineageOf(path: string): string[] {
  if (path === '') return []
  const names = path.split('.')
  return names.map((_, index) => names.slice(0, index + 1).join('.'))
}

export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '' || path === ancestor || path.startsWith(`${ancestor}.`)
}

/** One path, or of parallel regions each: the recorder puts `|` between them, the HTTP interface ` & `. */
export function regionsOf(state: string): string[] {
  return state.split(/[&|]/).map((path) => path.trim())
}

/** All that is lit when the machine is in `state`, as the recorder writes it: its paths, and those around them. */
export function litStates(state: string): ReadonlySet<string> {
  return new Set(regionsOf(state).flatMap(lineageOf))
}

export function stateOf(chart: Chart, path: string): ChartState | undefined {
  return chart.states.find((state) => state.path === path)
}

/** `role.assign`, `after roleLimit`, `always` */
export function eventTextOf({ kind, event }: ChartTransition): string {
  if (kind === 'always') return 'always'
  return kind === 'after' ? `after ${event}` : event
}
