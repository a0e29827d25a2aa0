/** Records and states for the tests of the console's state, short to write. */
import type { RecordView, StatesView } from '../../../src/manage/http/contract.ts'

/** `n1 crim standby>surveying`, or `n1 crim standby` for a step that changes nothing; the time in ms. */
export function record(atMs: number, text: string, more: Partial<RecordView> = {}): RecordView {
  const [node, actor, states] = text.split(' ') as [string, string, string]
  const [from, to = from] = states.split('>') as [string, string?]
  return {
    id: `${node}:1:${atMs}`,
    node,
    timeUs: atMs * 1000,
    timeCount: 0,
    actor,
    machine: actor.split('/')[0]!,
    kind: 'step',
    event: { type: 'something.happened' },
    cause: null,
    fromState: from === '' ? null : from!,
    state: to!,
    effects: [],
    ...more,
  }
}

/** `n1 crim standby` each. */
export function states(atMs: number, ...texts: string[]): StatesView {
  const actors = texts.map((text) => {
    const [node, actor, state] = text.split(' ') as [string, string, string]
    return { node, actor, state, machine: actor.split('/')[0]!, sinceUs: 0, recordId: `${node}:1:0` }
  })
  return { atUs: atMs * 1000, actors }
}
