/** A page with one statechart, which the test feeds: `show(machine, state, records)`. */
import { render } from 'preact'
import { StatechartView } from '../../../../src/manage/console/chart/StatechartView.tsx'
import type { RecordView } from '../../../../src/manage/http/contract.ts'

declare global {
  interface Window {
    show: (machine: string, state: string, records: readonly RecordView[]) => void
    clicked: string[]
  }
}

window.clicked = []
window.show = (machine, state, records) => {
  render(
    <StatechartView machine={machine} state={state} records={records} onRecord={({ id }) => window.clicked.push(id)} />,
    document.getElementById('page')!,
  )
}
window.show('component', 'offline.stopped', [])
