/** What is wrong, worst first, each with the command that helps. */
import type { Problem } from '../../../../../machines/model/view.ts'
import { notify } from '../../app.ts'
import { useSelect } from '../../parts/hooks.ts'
import { Icon } from '../../parts/Icon.tsx'
import { shown } from '../../state/select.ts'

/** The rest is counted: what matters is at the top, and `rolecall problems` has them all. */
const countMax = 50

export function Problems() {
  const problems = useSelect((state) => shown(state).problems)
  return (
    <section class="problems" aria-label="Problems">
      <h2>Problems {problems && problems.length > 0 && <span class="count is-plain">{problems.length}</span>}</h2>
      {problems === null && <p class="nothing">Not recorded; see the incidents.</p>}
      {problems?.length === 0 && <p class="nothing">None</p>}
      <ul>
        {problems?.slice(0, countMax).map((problem) => (
          <ProblemRow key={`${problem.code} ${problem.subject}`} problem={problem} />
        ))}
      </ul>
      {problems && problems.length > countMax && <p class="nothing">and {problems.length - countMax} more</p>}
    </section>
  )
}

function ProblemRow({ problem }: { problem: Problem }) {
  return (
    <li class={`problem is-${problem.severity}`}>
      <p>
        <b>{problem.subject}</b> {problem.text}
      </p>
      {problem.next && <Command text={problem.next} />}
    </li>
  )
}

/** A command line to take along. */
export function Command({ text }: { text: string }) {
  const copy = () =>
    navigator.clipboard
      ?.writeText(text)
      .then(() => notify('Copied'))
      .catch(() => notify('The browser does not let this page copy', 'bad'))
  return (
    <button type="button" class="command" title="Copy" onClick={copy}>
      <code>{text}</code>
      <Icon name="copy" />
    </button>
  )
}
