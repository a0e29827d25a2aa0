/** Only what is seen of a long list is drawn: rows of one height in a box that scrolls. */
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useSize } from './hooks.ts'
import { rangeOf } from './range.ts'

interface ListProps {
  readonly count: number
  readonly rowHeight: number
  readonly label: string
  readonly class?: string
  /** Kept in sight when it changes; -1: none. */
  readonly selected?: number
  /** Stays at the end while more comes, unless scrolled away from it. */
  readonly sticksToEnd?: boolean
  readonly row: (index: number) => ComponentChildren
}

export function VirtualList(props: ListProps) {
  const { count, rowHeight, selected = -1 } = props
  const [box, size] = useSize<HTMLDivElement>()
  const [offset, setOffset] = useState(0)
  const isAtEnd = useRef(true)
  useLayoutEffect(() => {
    if (box.current && selected >= 0) reveal(box.current, selected * rowHeight, rowHeight)
  }, [selected, rowHeight, size.height])
  useLayoutEffect(() => {
    if (props.sticksToEnd && isAtEnd.current && box.current) box.current.scrollTop = count * rowHeight
  }, [count])
  const { from, to } = rangeOf({ offset, extent: size.height || 400, size: rowHeight, count })
  const onScroll = ({ currentTarget }: { currentTarget: HTMLDivElement }) => {
    setOffset(currentTarget.scrollTop)
    isAtEnd.current = currentTarget.scrollTop + currentTarget.clientHeight >= count * rowHeight - rowHeight
  }
  return (
    <div
      class={`list ${props.class ?? ''}`}
      ref={box}
      onScroll={onScroll}
      role="listbox"
      aria-label={props.label}
      tabIndex={0}
    >
      <div class="list-all" style={{ height: `${count * rowHeight}px` }}>
        <div class="list-seen" style={{ transform: `translateY(${from * rowHeight}px)` }}>
          {Array.from({ length: to - from }, (_, place) => props.row(from + place))}
        </div>
      </div>
    </div>
  )
}

function reveal(box: HTMLElement, top: number, height: number): void {
  if (top < box.scrollTop) box.scrollTop = top
  else if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight
}
