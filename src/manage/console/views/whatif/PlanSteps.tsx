/** The steps in the order they are carried out; those of one turn at the same time. */
import type { PlanDocument } from '../../../../../machines/logic/placement/rehearse.ts'
import { RoleMark } from '../../parts/RoleMark.tsx'
import { spanText } from '../../state/time.ts'

const stepCountMax = 300

export function PlanSteps({ plan: { steps, passages, waits } }: { plan: PlanDocument }) {
  if (steps.length === 0 && passages.length === 0 && waits.length === 0) return null
  const passageBefore = (number: number) => passages.filter(({ beforeStep }) => beforeStep === number)
  return (
    <section>
      <h2>Steps</h2>
      <ol class="plan-steps">
        {steps.slice(0, stepCountMax).flatMap((step, index) => [
          ...passageBefore(step.number).map(({ text, atMs }) => (
            <Passage key={`p ${step.number} ${text}`} text={text} atMs={atMs} />
          )),
          <li key={step.number} class={index > 0 && steps[index - 1]!.turn !== step.turn ? 'is-turn' : ''}>
            <span class="step-turn number" title="Steps of one turn are carried out at the same time">
              {step.turn}
            </span>
            <b>{step.place}</b>
            <span class="step-roles">
              <RoleMark role={step.from} />
              <span class="arrow">→</span>
              <RoleMark role={step.to} />
              {step.to}
            </span>
            <span class="step-reason">
              {step.reason}
              {step.waitedFor && <span class="dim"> — after {step.waitedFor}</span>}
            </span>
          </li>,
        ])}
        {passageBefore(steps.length + 1).map(({ text, atMs }) => (
          <Passage key={`p ${text}`} text={text} atMs={atMs} />
        ))}
      </ol>
      {steps.length > stepCountMax && <p class="nothing">and {steps.length - stepCountMax} more</p>}
      {waits.length > 0 && <p class="nothing">Waits in the end: {waits.join('; ')}</p>}
    </section>
  )
}

function Passage({ text, atMs }: { text: string; atMs: number }) {
  return (
    <li class="passage">
      <span class="step-turn number">{spanText(atMs)}</span>
      <span class="dim">{text}</span>
    </li>
  )
}
