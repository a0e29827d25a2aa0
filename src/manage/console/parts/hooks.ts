/** How components come to the state, to their size and to the clock. */
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks'
import { app } from '../app.ts'
import type { ConsoleState } from '../state/model.ts'

/** Draws again when what was selected is another value; `select` must answer with the same one while nothing has changed. */
export function useSelect<Value>(select: (state: ConsoleState) => Value): Value {
  const [, redraw] = useReducer((count: number, _: undefined) => count + 1, 0)
  const current = useRef<Value>(undefined as Value)
  const selector = useRef(select)
  selector.current = select
  current.current = select(app.store.state())
  useLayoutEffect(
    () =>
      app.store.subscribe(() => {
        if (!Object.is(selector.current(app.store.state()), current.current)) redraw(undefined)
      }),
    [],
  )
  return current.current
}

export interface Size {
  readonly width: number
  readonly height: number
}

export function useSize<Of extends Element>(): [{ current: Of | null }, Size] {
  const element = useRef<Of>(null)
  const [size, setSize] = useState<Size>({ width: 0, height: 0 })
  useLayoutEffect(() => {
    if (!element.current) return
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element.current ?? { clientWidth: 0, clientHeight: 0 }
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }))
    }
    const observer = new ResizeObserver(measure)
    observer.observe(element.current)
    measure()
    return () => observer.disconnect()
  }, [])
  return [element, size]
}

/** Of this browser, every so often. */
export function useNow(everyMs: number): number {
  const [nowMs, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowMs
}

export type Asked<Answer> =
  | { readonly phase: 'waiting'; readonly answer: Answer | null }
  | { readonly phase: 'done'; readonly answer: Answer }
  | { readonly phase: 'failed'; readonly answer: null; readonly error: Error }

/** Asks again when `key` changes; null asks nothing. What was answered before stays until the next answer. */
export function useAsk<Answer>(key: string | null, ask: () => Promise<Answer>): Asked<Answer> {
  const [asked, setAsked] = useState<Asked<Answer>>({ phase: 'waiting', answer: null })
  useEffect(() => {
    if (key === null) return
    let isCurrent = true
    setAsked(({ answer }) => ({ phase: 'waiting', answer }))
    ask().then(
      (answer) => isCurrent && setAsked({ phase: 'done', answer }),
      (error: Error) => isCurrent && setAsked({ phase: 'failed', answer: null, error }),
    )
    return () => {
      isCurrent = false
    }
  }, [key])
  return asked
}
