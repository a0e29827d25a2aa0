/** What the keyboard does. The sheet (`?`) is made from the same table. */
import { app, go, moveTo, step, toPresent } from '../app.ts'
import type { ViewName } from '../state/route.ts'
import { windowOf } from '../state/select.ts'
import { panned, zoomed } from '../state/window.ts'
import { toggleTheme } from './theme.ts'

interface Key {
  readonly keys: string
  readonly does: string
  readonly group: 'Go to' | 'Time' | 'Lists' | 'Page'
}

const views: readonly (readonly [key: string, view: ViewName, name: string])[] = [
  ['c', 'cluster', 'the cluster'],
  ['m', 'machines', 'the machines'],
  ['i', 'incidents', 'the incidents'],
  ['r', 'records', 'the records'],
  ['w', 'whatif', 'what-if'],
]

export const keyTable: readonly Key[] = [
  ...views.map(([key, , name]): Key => ({ keys: `g ${key}`, does: name, group: 'Go to' })),
  { keys: ', .', does: 'one record back, one forward', group: 'Time' },
  { keys: 'Space', does: 'play, pause', group: 'Time' },
  { keys: 'l', does: 'back to live; of a recording, to its end', group: 'Time' },
  { keys: '+ −', does: 'zoom the timeline in, out', group: 'Time' },
  { keys: 'Shift ← →', does: 'move the timeline', group: 'Time' },
  { keys: '0', does: 'show all of it', group: 'Time' },
  { keys: 'j k', does: 'next, the one before (↓ ↑ too)', group: 'Lists' },
  { keys: '/', does: 'filter', group: 'Lists' },
  { keys: 'Esc', does: 'close, leave the filter', group: 'Page' },
  { keys: 't', does: 'light, dark', group: 'Page' },
  { keys: '?', does: 'these keys', group: 'Page' },
]

type Command = () => void

const commands: Readonly<Record<string, Command>> = {
  ',': () => step(-1),
  '.': () => step(1),
  l: toPresent,
  '+': () => zoom(0.5),
  '=': () => zoom(0.5),
  '-': () => zoom(2),
  '0': () => app.store.dispatch({ type: 'window.changed', window: app.store.state().extent }),
  'Shift+ArrowLeft': () => pan(-0.25),
  'Shift+ArrowRight': () => pan(0.25),
  j: () => moveInList(1),
  k: () => moveInList(-1),
  ArrowDown: () => moveInList(1),
  ArrowUp: () => moveInList(-1),
  '/': () => document.querySelector<HTMLInputElement>('input[type=search]')?.focus(),
  t: toggleTheme,
  '?': () => app.store.dispatch({ type: 'dialog.changed', dialog: 'keys' }),
  Escape: close,
  ' ': play,
}

function zoom(factor: number): void {
  const state = app.store.state()
  const window = windowOf(state)
  const { extent, route } = state
  if (!window || !extent) return
  const aroundUs = route.at?.timeUs ?? window.toUs
  app.store.dispatch({ type: 'window.changed', window: zoomed(window, { factor, aroundUs, extent }) })
}

function pan(share: number): void {
  const window = windowOf(app.store.state())
  const { extent } = app.store.state()
  if (window && extent) app.store.dispatch({ type: 'window.changed', window: panned(window, { share, extent }) })
}

/** From the present there is nothing to play: from the beginning of what is seen, then. */
export function play(): void {
  const state = app.store.state()
  const window = windowOf(state)
  if (!state.play.isOn && state.route.at === null && window) moveTo(window.fromUs)
  app.store.dispatch({ type: 'play.changed', isOn: !state.play.isOn })
}

function close(): void {
  const { dialog, route } = app.store.state()
  const { activeElement } = document
  if (dialog !== null) app.store.dispatch({ type: 'dialog.changed', dialog: null })
  else if (activeElement instanceof HTMLInputElement) activeElement.blur()
  else if (route.of !== null) go({ of: null })
}

/** In the list that has the focus, or the first on the page. */
function moveInList(direction: 1 | -1): void {
  const lists = [...document.querySelectorAll('[data-list]')]
  const list = lists.find((one) => one.contains(document.activeElement)) ?? lists[0]
  list?.dispatchEvent(new CustomEvent('list.move', { detail: direction }))
}

let isGoing = false

export function listenToKeys(): void {
  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (isTyping(event.target) && event.key !== 'Escape') return
    if (event.key === ' ' && event.target instanceof HTMLElement && event.target.closest('button,a,select')) return
    const view = isGoing ? views.find(([key]) => key === event.key)?.[1] : undefined
    isGoing = event.key === 'g'
    const command = view ? () => go({ view, subject: null }) : commands[named(event)]
    if (!command) return
    event.preventDefault()
    command()
  })
}

const named = ({ key, shiftKey }: KeyboardEvent): string => (shiftKey && key.startsWith('Arrow') ? `Shift+${key}` : key)

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input,textarea,select') !== null
}
