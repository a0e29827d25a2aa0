/**
 * What operators ask of the CRIM (SPEC R8, R9): checked, carried out through the same plan as everything else, answered when done, or
 * when it has taken too long. What it has the repository take over is carried on by a successor; the rest (a restart, a self-test, a
 * hand-over that is not decided yet) ends with the mastership, and whoever asked is told so.
 */
import { forecast } from '../logic/placement/rehearse.ts'
import { hostOf } from '../model/ids.ts'
import type { Operation, OperationCode, OperationResult } from '../model/operation.ts'
import type { Change, CrimChange, CrimContext, CrimEffect, PendingOperation } from './context.ts'
import type { Checked, OperationKind } from './operations/kind.ts'
import { lossBy, outageBy } from './operations/loss.ts'
import { migrate } from './operations/migrate.ts'
import { restart } from './operations/restart.ts'
import { isOf, selfTest } from './operations/selfTest.ts'
import { setting } from './operations/settings.ts'
import { shutdown } from './operations/shutdown.ts'
import { switchover } from './operations/switchover.ts'
import { isHostStopped } from './places.ts'
import { nothing, planInputOf, propose, type Reconciled } from './propose.ts'
import { isDue, timerOf } from './timerNames.ts'
import { isAlike, kept } from './unchanged.ts'

/** More operations than this at once are refused. */
const operationCountMax = 64

const kinds = {
  switchover,
  migrate,
  selfTest,
  restart,
  shutdown,
  lock: setting,
  unlock: setting,
  maintenance: setting,
}

function kindOf({ operation }: Operation): OperationKind<Operation> {
  return kinds[operation] as OperationKind<Operation>
}

/** These give back, or leave all as it is. */
const harmless: readonly Operation['operation'][] = ['unlock', 'maintenance']

/** Takes an operation on; it begins as soon as no decision is being committed. A dry run is answered at once. */
export function requested(context: CrimContext, { id, operation }: { id: string; operation: Operation }): Reconciled {
  if (operation.isDryRun) return answer(id, dryRun(context, operation))
  if (context.operations.length >= operationCountMax)
    return answer(id, { ok: false, code: 'unavailable', text: 'too many operations are under way' })
  const pending: PendingOperation = { id, operation, isBegun: false, isDecided: false, successors: {}, hosts: {} }
  return { change: { operations: [...context.operations, pending] }, effects: [] }
}

/** The next that has not begun: refused, done already, or under way from now on. */
export function beginOperation(context: CrimContext, pending: PendingOperation): Reconciled {
  const { id, operation } = pending
  const others = context.operations.filter((other) => other !== pending)
  const checked = kindOf(operation).check(context, operation)
  const result = resultOfCheck(context, operation, checked)
  if (result) return { ...answer(id, result), change: { operations: others } }
  const begun = kindOf(operation).begin(context, pending, operation)
  const change = { ...begun.change, operations: [...others, { ...begun.pending, isBegun: true }] }
  if (begun.changes.length === 0) return { change, effects: [] }
  const proposed = propose({ ...context, ...change }, begun.changes)
  return { change: { ...change, ...proposed.change }, effects: proposed.effects }
}

function resultOfCheck(context: CrimContext, operation: Operation, checked: Checked): OperationResult | null {
  if (checked.kind === 'refused') return { ok: false, code: checked.code, text: checked.text }
  if (checked.kind === 'done') return { ok: true, text: checked.text }
  const loss = operation.isForced ? null : lossOf(context, operation, checked)
  return loss === null ? null : { ok: false, code: 'needs-force', text: `${loss}; force it to go ahead` }
}

function lossOf(context: CrimContext, operation: Operation, checked: Checked & { kind: 'possible' }): string | null {
  if (harmless.includes(operation.operation)) return null
  const before = planInputOf(context)
  const loss = checked.isOutage ? outageBy(before, checked.after) : lossBy(before, checked.after)
  return loss === null ? null : `${kindOf(operation).name(operation)} would leave ${loss}`
}

function dryRun(context: CrimContext, operation: Operation): OperationResult {
  const kind = kindOf(operation)
  const checked = kind.check(context, operation)
  if (checked.kind !== 'possible') return resultOfCheck(context, operation, checked)!
  const loss = lossOf(context, operation, checked)
  const name = kind.name(operation)
  const plan = forecast({ before: planInputOf(context), after: checked.after, events: [name] })
  return { ok: true, text: loss === null ? `${name} can be done` : `${loss}; it has to be forced`, plan }
}

/** What operations that are under way still have the repository take over. */
export function operationChanges(context: CrimContext): Change[] {
  return context.operations
    .filter(({ isDecided }) => !isDecided)
    .flatMap((pending) => [...(kindOf(pending.operation).changes?.(context, pending, pending.operation) ?? [])])
}

/** Notes of those that are decided; to be looked at before any other begins. */
export function decidedOperations(context: CrimContext): CrimContext['operations'] {
  const { operations } = context
  const now = operations.map((pending) => {
    const { operation, isBegun, isDecided } = pending
    const isNow = isBegun && !isDecided && kindOf(operation).isDecided?.(context, operation) === true
    return isNow ? { ...pending, isDecided: true } : pending
  })
  return isAlike(operations, now) ? operations : now
}

/** What operations that are under way still have nodes do. */
export function proceedOperations(context: CrimContext): Reconciled {
  return context.operations.reduce<Reconciled>((done, pending) => {
    const { change, effects } = done
    const next = kindOf(pending.operation).proceed?.({ ...context, ...change }, pending, pending.operation)
    return next ? { change: { ...change, ...next.change }, effects: [...effects, ...next.effects] } : done
  }, nothing)
}

/** Answers the operations that have come to their end. */
export function finishOperations(context: CrimContext): Reconciled {
  const answers = context.operations.map((pending) => ({ pending, result: resultOf(context, pending) }))
  if (answers.every(({ result }) => result === null)) return nothing
  return {
    change: { operations: answers.filter(({ result }) => result === null).map(({ pending }) => pending) },
    effects: answers.flatMap(({ pending, result }) => (result ? answer(pending.id, result).effects : [])),
  }
}

/** Null while it is under way. */
function resultOf(context: CrimContext, pending: PendingOperation): OperationResult | null {
  return kindOf(pending.operation).result(context, pending, pending.operation)
}

/** Those that have taken too long: who asked is told, and what was to be offline for them alone no longer is. */
export function expireOperations(context: CrimContext): Reconciled {
  const late = context.operations.filter(({ id }) => isDue(context, timerOf.operation(id)))
  if (late.length === 0) return nothing
  const operations = context.operations.filter((pending) => !late.includes(pending))
  const hostsOf = (those: CrimContext['operations']) => those.flatMap((pending) => Object.keys(pending.hosts))
  const [lateHosts, others] = [hostsOf(late), hostsOf(operations)]
  const isLeft = (host: string) => !lateHosts.includes(host) || others.includes(host)
  const result = failure('timed-out', 'not complete in time; what is decided of it goes on: see status')
  return {
    change: {
      operations,
      withheld: Object.fromEntries(Object.entries(context.withheld).filter(([host]) => isLeft(host))),
    },
    effects: late.flatMap(({ id }) => answer(id, result).effects),
  }
}

/** What is to be offline until it has stopped, or, for a self-test, until that is over. */
export function stillWithheld(context: CrimContext): CrimContext['withheld'] {
  return kept(
    context.withheld,
    (host) => !isHostStopped(context, host) || context.operations.some((pending) => isOf(pending, hostOf(host))),
  )
}

/** What was under way when the mastership ended is no longer this CRIM's to answer for. */
export function abandonOperations(context: CrimContext): { change: CrimChange; effects: CrimEffect[] } {
  const result = failure('unavailable', 'the master changed; see status, then try again')
  return {
    change: { operations: [], requests: {} },
    effects: context.operations.flatMap(({ id }) => [...answer(id, result).effects]),
  }
}

function failure(code: OperationCode, text: string): OperationResult {
  return { ok: false, code, text }
}

function answer(id: string, result: OperationResult): Reconciled {
  return { change: {}, effects: [{ type: 'operation.answer', id, result }] }
}
