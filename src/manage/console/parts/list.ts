/** j and k, arrows: moving through a list by keyboard, wherever the focus is. */
import { useEffect, useRef } from 'preact/hooks'

/** Put on the element around a list, with `data-list`. */
export function useListMoves(onMove: (direction: 1 | -1) => void): { current: HTMLDivElement | null } {
  const element = useRef<HTMLDivElement>(null)
  const latest = useRef(onMove)
  latest.current = onMove
  useEffect(() => {
    const list = element.current
    if (!list) return
    const listener = (event: Event) => latest.current((event as CustomEvent<1 | -1>).detail)
    list.addEventListener('list.move', listener)
    return () => list.removeEventListener('list.move', listener)
  }, [])
  return element
}

/** The index beside, within the list; from none it is the first. */
export function neighbourIndex(index: number, direction: 1 | -1, count: number): number {
  if (index < 0) return 0
  return Math.min(count - 1, Math.max(0, index + direction))
}
