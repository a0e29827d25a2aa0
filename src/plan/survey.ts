/** What the loss of each node, and of each pair of nodes, would leave: every case by itself, from the same beginning. */
import { type Plan, type PlanInput, plan } from '../../machines/logic/placement/index.ts'
import { forecast, type PlanDocument } from '../../machines/logic/placement/rehearse.ts'
import type { AssignmentName, NodeName } from '../../machines/model/ids.ts'
import { upAvailabilities } from '../../machines/model/status.ts'
import { apply } from './whatIf.ts'

export const surveyVersion = 1

/** Of more nodes no pairs are looked at: 64 have 2016. */
export const pairNodeCountMax = 64

export interface SurveyCase {
  /** Lost at the same moment. */
  readonly nodes: readonly NodeName[]
  readonly isQuorate: boolean
  readonly verdict: PlanDocument['verdict']
  /** Without their required primaries in the end, though they had them before. */
  readonly lost: readonly AssignmentName[]
  /** Without their required secondaries, or otherwise not as configured, though they were before. */
  readonly degraded: readonly AssignmentName[]
  readonly moveCount: number
  readonly limitMs: number
}

export interface Survey {
  readonly version: typeof surveyVersion
  readonly cluster: string
  /** Not served before anything is lost: none of the cases is to blame for these. */
  readonly lostBefore: readonly AssignmentName[]
  readonly cases: readonly SurveyCase[]
  /** False: there are more than `pairNodeCountMax` nodes, and only single ones were looked at. */
  readonly arePairsIncluded: boolean
}

/** The nodes that are lost in each case: each that is up, then each pair of them. */
export function surveyCases({ configuration, nodes }: PlanInput): NodeName[][] {
  const up = Object.keys(configuration.nodes).filter((name) => upAvailabilities.includes(nodes[name] ?? 'unknown'))
  const pairs = up.flatMap((a, index) => up.slice(index + 1).map((b) => [a, b]))
  return [...up.map((name) => [name]), ...(up.length <= pairNodeCountMax ? pairs : [])]
}

/** One case after the other, so that the caller can tell how far it is. */
export function* survey(settled: PlanInput): Generator<SurveyCase, Survey> {
  const previous = plan(settled)
  const calm = forecast({ before: settled, after: settled, events: [], previous })
  const cases: SurveyCase[] = []
  for (const nodes of surveyCases(settled)) {
    const found = caseOf(settled, nodes, { calm, previous })
    cases.push(found)
    yield found
  }
  return {
    version: surveyVersion,
    cluster: settled.configuration.cluster,
    lostBefore: calm.lost,
    cases,
    arePairsIncluded: Object.keys(settled.configuration.nodes).length <= pairNodeCountMax,
  }
}

function caseOf(
  settled: PlanInput,
  nodes: readonly NodeName[],
  { calm, previous }: { calm: PlanDocument; previous: Plan },
): SurveyCase {
  const after = nodes.reduce((input, node) => apply(input, { what: 'fail', target: { kind: 'node', node } }), settled)
  const { verdict, quorum, lost, shortages, moveCount, limitMs } = forecast({
    before: settled,
    after,
    events: [],
    previous,
  })
  const short = new Set(calm.shortages.map(({ assignment }) => assignment))
  return {
    nodes,
    isQuorate: quorum.isQuorate,
    verdict,
    lost: lost.filter((name) => !calm.lost.includes(name)),
    degraded: shortages.map(({ assignment }) => assignment).filter((name) => !short.has(name) && !lost.includes(name)),
    moveCount,
    limitMs,
  }
}

/** Whether the loss of one node alone takes something required away: what a cluster is there to prevent. */
export function isSingleLossHarmful({ cases }: Survey): boolean {
  return cases.some(({ nodes, lost }) => nodes.length === 1 && lost.length > 0)
}

/** Pairs that lose what neither of the two loses alone. */
export function tellingPairs({ cases }: Survey): SurveyCase[] {
  const alone = new Map(cases.filter(({ nodes }) => nodes.length === 1).map(({ nodes, lost }) => [nodes[0]!, lost]))
  return cases.filter(
    ({ nodes, lost }) =>
      nodes.length === 2 && lost.some((name) => !nodes.some((node) => alone.get(node)?.includes(name))),
  )
}
