/**
 * Incidents as OpenTelemetry spans, in the JSON of OTLP/HTTP: a trace for each incident, its root the whole of it, below it what each
 * part took (detect, decide, fence, demote, promote, serve), with the lines of the narrative as events. Ids are made of the incident's,
 * so that what is sent twice is the same trace.
 */
import { createHash } from 'node:crypto'
import { type Explanation, type ExplanationLine, explanationsOf } from '../recorder/explanation.ts'
import type { Incident } from '../recorder/incidents.ts'
import { courseOf, type Milestone } from '../recorder/milestones.ts'
import type { Timeline } from '../recorder/timeline.ts'

interface Attribute {
  readonly key: string
  readonly value:
    | { readonly stringValue: string }
    | { readonly doubleValue: number }
    | { readonly arrayValue: { readonly values: { readonly stringValue: string }[] } }
}

interface SpanEvent {
  readonly timeUnixNano: string
  readonly name: string
  readonly attributes: Attribute[]
}

export interface Span {
  /** 32 and 16 lower-case hexadecimal digits. */
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1: internal. */
  readonly kind: 1
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Attribute[]
  readonly events?: SpanEvent[]
  /** 2: an error. */
  readonly status: { readonly code: 0 | 2; readonly message?: string }
}

/** `ExportTraceServiceRequest`. */
export interface OtlpTraces {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: Attribute[] }
    readonly scopeSpans: {
      readonly scope: { readonly name: string; readonly version: string }
      readonly spans: Span[]
    }[]
  }[]
}

export function otlpOf(timeline: Timeline, { version }: { readonly version: string }): OtlpTraces {
  const byNode = new Map<string, Span[]>()
  for (const explanation of explanationsOf(timeline)) {
    for (const { node, span } of spansOf(explanation.incident, explanation, timeline.entries.at(-1)!.time.us)) {
      const spans = byNode.get(node)
      if (spans) spans.push(span)
      else byNode.set(node, [span])
    }
  }
  return {
    resourceSpans: [...byNode].map(([node, spans]) => ({
      resource: {
        attributes: [text('service.name', 'rolecall'), text('service.instance.id', node), text('host.name', node)],
      },
      scopeSpans: [{ scope: { name: 'rolecall', version }, spans }],
    })),
  }
}

/** At most so many events a span, the first: a collector refuses what is too large. */
const eventCountMax = 128

function spansOf(incident: Incident, explanation: Explanation, lastUs: number): { node: string; span: Span }[] {
  const { fromUs, milestones } = courseOf(explanation)
  const traceId = hex(`trace ${incident.id} ${incident.startUs}`, 32)
  const rootId = hex(`root ${incident.id} ${incident.startUs}`, 16)
  const endUs = Math.max(incident.endUs ?? lastUs, fromUs)
  const root: Span = {
    traceId,
    spanId: rootId,
    name: nameOf(incident),
    kind: 1,
    startTimeUnixNano: nanosOf(fromUs),
    endTimeUnixNano: nanosOf(endUs),
    attributes: attributesOf(incident),
    events: explanation.lines.slice(0, eventCountMax).map(eventOf),
    status: incident.severity === 'critical' ? { code: 2, message: incident.title } : { code: 0 },
  }
  const nodeOf = (milestone: Milestone) =>
    explanation.lines.find(({ recordId }) => recordId === milestone.recordId)!.node
  const parts = milestones.map((milestone) => ({
    node: nodeOf(milestone),
    span: partOf(milestone, { traceId, rootId, fromUs, explanation }),
  }))
  return [{ node: explanation.lines[0]?.node ?? 'unknown', span: root }, ...parts]
}

/** A loss of service that nobody ordered is a failover, whatever it took. */
function nameOf({ code, severity, assignments }: Incident): string {
  const what = assignments.slice(0, 3).join(', ')
  const name = severity === 'critical' ? 'failover' : code
  return what === '' ? name : `${name} ${what}`
}

function partOf(
  milestone: Milestone,
  of: { traceId: string; rootId: string; fromUs: number; explanation: Explanation },
): Span {
  const { phase, reached, recordId, atMs, tookMs } = milestone
  const line = of.explanation.lines.find((one) => one.recordId === recordId)!
  return {
    traceId: of.traceId,
    spanId: hex(`${reached} ${of.explanation.id}`, 16),
    parentSpanId: of.rootId,
    name: phase,
    kind: 1,
    startTimeUnixNano: nanosOf(of.fromUs + Math.round((atMs - tookMs) * 1000)),
    endTimeUnixNano: nanosOf(of.fromUs + Math.round(atMs * 1000)),
    attributes: [
      text('rolecall.reached', reached),
      text('rolecall.record.id', recordId),
      text('rolecall.node', line.node),
      text('rolecall.actor', line.actor),
      text('rolecall.text', line.text),
    ],
    status: { code: 0 },
  }
}

function attributesOf(incident: Incident): Attribute[] {
  const { id, code, severity, subject, title, assignments, outageMs } = incident
  return [
    text('rolecall.incident.id', id),
    text('rolecall.incident.code', code),
    text('rolecall.incident.severity', severity),
    text('rolecall.incident.subject', subject),
    text('rolecall.incident.title', title),
    {
      key: 'rolecall.assignments',
      value: { arrayValue: { values: assignments.map((stringValue) => ({ stringValue })) } },
    },
    ...(outageMs === null ? [] : [{ key: 'rolecall.outage_ms', value: { doubleValue: outageMs } }]),
  ]
}

function eventOf({ timeUs, text: name, node, actor, phase, recordId }: ExplanationLine): SpanEvent {
  const attributes = [
    text('node', node),
    text('actor', actor),
    text('phase', phase),
    text('rolecall.record.id', recordId),
  ]
  return { timeUnixNano: nanosOf(timeUs), name, attributes }
}

function text(key: string, stringValue: string): Attribute {
  return { key, value: { stringValue } }
}

/** As a decimal string: nanoseconds since 1970 are no safe integer. */
function nanosOf(us: number): string {
  return `${BigInt(us) * 1000n}`
}

function hex(of: string, digitCount: number): string {
  return createHash('sha256').update(of).digest('hex').slice(0, digitCount)
}
