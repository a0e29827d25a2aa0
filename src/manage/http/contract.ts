/**
 * What the HTTP interface says and takes, version 1 (SPEC A1): the one description by which requests are checked, the OpenAPI document
 * is made, and the console is typed. Times are hybrid: microseconds since 1970, and a count among equals.
 */
import { z } from '@hono/zod-openapi'

const message = z.looseObject({ type: z.string() })

/**
 * One step of one machine, or a note of a component or of the node itself, as the cluster log and the black boxes have it. Ordered by
 * `timeUs`, `timeCount`, `node`, then the two numbers in `id`.
 */
export const recordSchema = z.object({
  /** `node:life:step` */
  id: z.string(),
  node: z.string(),
  timeUs: z.number(),
  timeCount: z.number(),
  /** `crim`, `membership`, `node/n2`, `component/n1/ledger` */
  actor: z.string(),
  /** Of the catalogue; null: not known, or no machine's. */
  machine: z.string().nullable(),
  kind: z.enum(['start', 'step', 'omitted', 'end', 'application', 'note']),
  event: message,
  /** The id of the step that caused it; null: the world did. */
  cause: z.string().nullable(),
  fromState: z.string().nullable(),
  state: z.string(),
  effects: z.array(message),
})
export type RecordView = z.output<typeof recordSchema>

/** Oldest first. */
export const recordsSchema = z.object({
  records: z.array(recordSchema),
  /** There are more than asked for within the span: those kept are the last ones. */
  isTruncated: z.boolean(),
  /** Of all that can be asked for; null: nothing is there. */
  oldestUs: z.number().nullable(),
  newestUs: z.number().nullable(),
})
export type RecordsView = z.output<typeof recordsSchema>

/** What every machine was in at one moment. */
export const statesSchema = z.object({
  atUs: z.number(),
  actors: z.array(
    z.object({
      node: z.string(),
      actor: z.string(),
      machine: z.string().nullable(),
      /** `primary.ready`; parallel regions are joined by ` & `. */
      state: z.string(),
      sinceUs: z.number(),
      /** The last record that is known of it. */
      recordId: z.string(),
    }),
  ),
})
export type StatesView = z.output<typeof statesSchema>

/** A machine's whole snapshot after one step, run again from the black box. */
export const snapshotSchema = z.object({
  id: z.string(),
  machine: z.string(),
  value: z.unknown(),
  context: z.unknown(),
  /** False: made by another version of the machine; what is shown is the recorded snapshot nearest before. */
  isVerified: z.boolean(),
})
export type SnapshotView = z.output<typeof snapshotSchema>

/** One cause and all that came of it, until the cluster was whole again or said what it lacks. */
export const incidentSchema = z.object({
  /** That of the record it began with. */
  id: z.string(),
  /** `component.failed`, `node.failed`, `node.left`, `mastership.changed`, `operation`, `quorum.lost`, … */
  code: z.string(),
  severity: z.enum(['critical', 'warning', 'info']),
  /** `n1/ledger`, `n2`, `cluster` */
  subject: z.string(),
  /** One sentence for people. */
  title: z.string(),
  startUs: z.number(),
  /** null: it has not ended. */
  endUs: z.number().nullable(),
  assignments: z.array(z.string()),
  /** How long no primary served, longest of its assignments, in ms; null: service went on, or it is not known. */
  outageMs: z.number().nullable(),
  recordIds: z.array(z.string()),
})
export type IncidentView = z.output<typeof incidentSchema>

/** The causal chain of a record or an incident, in order, with what is to be read of each step. */
export const explanationSchema = z.object({
  id: z.string(),
  incident: incidentSchema.nullable(),
  /** The narrative: one line a step that mattered. */
  lines: z.array(
    z.object({
      recordId: z.string(),
      timeUs: z.number(),
      offsetMs: z.number(),
      depth: z.number(),
      node: z.string(),
      actor: z.string(),
      /** detect, decide, fence, demote, promote, restart, serve, other */
      phase: z.string(),
      text: z.string(),
      isAsked: z.boolean(),
    }),
  ),
  records: z.array(recordSchema),
})
export type ExplanationView = z.output<typeof explanationSchema>

/** How much happened in each equal part of a span: what the timeline draws from afar. */
export const activitySchema = z.object({
  fromUs: z.number(),
  toUs: z.number(),
  buckets: z.array(z.object({ stepCount: z.number(), changeCount: z.number(), failureCount: z.number() })),
})
export type ActivityView = z.output<typeof activitySchema>

/** Who asks, whom, and what may be done. */
export const sessionSchema = z.object({
  cluster: z.string(),
  /** null: no node, but recordings that were opened. */
  node: z.string().nullable(),
  mode: z.enum(['live', 'recording']),
  version: z.string(),
  isSignedIn: z.boolean(),
  /** Whether changes are possible at all, and with a token; null: they are. */
  readOnlyReason: z.string().nullable(),
})
export type SessionView = z.output<typeof sessionSchema>

/**
 * The stream (`GET /v1/stream`, server-sent events). Its ids are positions of this node's store: `Last-Event-ID` resumes there; where
 * that is no longer kept, `reset` says so first, and what is shown must be asked for again.
 */
export interface StreamEvents {
  /** First, always. */
  readonly hello: { readonly cluster: string; readonly node: string; readonly nowUs: number }
  readonly reset: { readonly reason: string }
  /** The `ClusterView` (machines/model/view.ts), whole, when it has changed. */
  readonly view: unknown
  /** Records of any node as they arrive here: not in the order of time. */
  readonly records: readonly RecordView[]
  /** Every 5 s when there is nothing else. */
  readonly alive: { readonly nowUs: number }
}

/** No bytes that end an argument of a command. */
const target = z
  .string()
  .max(200)
  .regex(/^[^\0]+$/)
  .openapi({ example: 'node:n1' })
/** With a key: without one it would be taken for the name of a file, of which the node reads none for who asks. */
const change = z
  .string()
  .max(4096)
  .regex(/^[^=\0]+=[^\0]*$/, { error: 'expected KEY=VALUE' })
const targets = z.array(target).max(100).optional()

/** What if: as `rolecall plan` takes it, all at once. Targets are written `n1/ledger`, `node:n1`, `assignment:ledger`, `group:web`, `cluster`. */
export const planRequestSchema = z.strictObject({
  return: targets,
  unlock: targets,
  resume: targets,
  fail: targets,
  end: targets,
  lock: targets,
  standby: targets,
  hold: targets,
  maintain: targets,
  restart: targets,
  /** `ledger`, or `ledger=n2` */
  switchover: targets,
  /** Changes to the configuration first: `KEY=VALUE`, null deletes. */
  add: z.array(change).max(100).optional(),
})
export type PlanRequest = z.output<typeof planRequestSchema>

/** Whether this node does its part, and what keeps it from it. */
export const readySchema = z.object({ isReady: z.boolean(), reasons: z.array(z.string()) })

/** Every refusal. `code` is stable. */
export const refusalSchema = z.object({
  ok: z.literal(false),
  code: z.string(),
  text: z.string(),
  suggestion: z.string().optional(),
})
export type Refusal = z.output<typeof refusalSchema>

/** Of an operation; `plan`: of a dry run, as docs/plan.md has it. */
export const doneSchema = z.object({ ok: z.literal(true), text: z.string(), plan: z.unknown().optional() })

export const incidentsSchema = z.object({ incidents: z.array(incidentSchema) })

/** With the same chart that `rolecall machines NAME --json` prints; null: none is known. */
export const machinesSchema = z.object({
  machines: z.array(z.looseObject({ name: z.string(), version: z.number() })),
})
