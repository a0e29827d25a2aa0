import { expect, test } from 'bun:test'
import { contentsOf, endedWith } from '../../../machines/logic/contents.ts'
import type { Configuration } from '../../../machines/model/configuration.ts'
import type { ComponentId } from '../../../machines/model/ids.ts'
import type { ComponentStatus } from '../../../machines/model/status.ts'
import { configuration } from '../../support/configuration.ts'

/** Cards and a fan in a shelf, chips on a card. */
const cluster: Configuration = {
  ...configuration(),
  relationships: {
    cards: { kind: 'containment', container: 'shelf', contained: 'card' },
    fans: { kind: 'containment', container: 'shelf', contained: 'fan' },
    chips: { kind: 'containment', container: 'card', contained: 'chip' },
    needs: { kind: 'component-dependency', dependent: 'web', sponsor: 'shelf' },
  },
}

type Said = Pick<ComponentStatus, 'component' | 'role' | 'phase'>

function ended(by: ComponentId, said: Record<ComponentId, string>): ComponentId[] {
  const statuses = (Object.keys(said) as ComponentId[]).map((component): [ComponentId, Said] => {
    const [role, phase] = said[component]!.split('.') as [Said['role'], Said['phase']]
    return [component, { component, role, phase }]
  })
  return endedWith(cluster, new Map(statuses), { component: by })
}

test('what is in a component, on its node', () => {
  expect(contentsOf(cluster, 'n1/shelf')).toEqual(['n1/card', 'n1/fan'])
  expect(contentsOf(cluster, 'n2/card')).toEqual(['n2/chip'])
  expect(contentsOf(cluster, 'n1/chip')).toEqual([])
})

test('what has a role ends with its container, on that node; what only needs it does not', () => {
  const said = { 'n1/card': 'primary.ready', 'n1/chip': 'spare.ready', 'n1/web': 'primary.ready' }
  expect(ended('n1/shelf', { ...said, 'n1/shelf': 'offline.stopped' })).toEqual(['n1/card'])
  expect(ended('n1/card', { ...said, 'n1/card': 'offline.stopped' })).toEqual(['n1/chip'])
  expect(ended('n2/shelf', { ...said, 'n2/shelf': 'offline.stopped' })).toEqual([])
})

test('as long as the container is there, or stopping, nothing ends; what is stopping already is left alone', () => {
  for (const is of ['spare.ready', 'primary.preparing', 'offline.stopping', 'offline.stopFailed'])
    expect(ended('n1/shelf', { 'n1/shelf': is, 'n1/card': 'primary.ready' })).toEqual([])
  expect(ended('n1/shelf', { 'n1/shelf': 'offline.stopped', 'n1/card': 'offline.stopping' })).toEqual([])
})

test('a container of several places has ended with the last of them', () => {
  const card = { 'n1/card': 'primary.ready' }
  const one = { ...card, 'n1/shelf/a': 'offline.stopped', 'n1/shelf/b': 'secondary.ready' }
  expect(ended('n1/shelf/a', one)).toEqual([])
  expect(ended('n1/shelf/a', { ...one, 'n1/shelf/b': 'offline.stopped' })).toEqual(['n1/card'])
})
