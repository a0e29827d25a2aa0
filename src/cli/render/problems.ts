import type { ClusterView, Problem } from '../../../machines/model/view.ts'
import { plain, type Style } from './style.ts'

/** What is wrong, worst first, with what to type. */
export function renderProblems(view: ClusterView, style: Style): string[] {
  if (view.problems.length === 0) return [style.good('nothing is wrong')]
  return view.problems.flatMap((problem) => [
    `${severity(problem, style)}  ${style.bold(problem.subject)}  ${problem.code}`,
    `          ${plain(problem.text)}`,
    ...(problem.next === null ? [] : [`          next: ${problem.next}`]),
  ])
}

export function severity(problem: Problem, style: Style): string {
  return (problem.severity === 'critical' ? style.bad : style.warning)(problem.severity.padEnd('critical'.length))
}
