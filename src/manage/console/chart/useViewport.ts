/** Zoom and pan by wheel, mouse, fingers and keys. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Area, Layout, Point } from '../../../charts/layout.ts'
import { between, fitting, focused, isSeen, kept, panned, type Size, type Viewport, zoomedAt } from './viewport.ts'

const moveMs = 320
const keyPanPx = 60
const keyFactor = 1.25

export interface ViewportControl {
  readonly viewport: Viewport
  readonly view: Size
  readonly isFollowing: boolean
  readonly zoom: (factor: number) => void
  readonly fit: () => void
  readonly follow: () => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

/** `focus`: where the machine is. It is followed until somebody moves the drawing. */
export function useViewport(frame: { current: Element | null }, layout: Layout, focus: Area | null): ViewportControl {
  const [view, setView] = useState<Size>({ width: 0, height: 0 })
  const [viewport, setViewport] = useState<Viewport>({ x: 0, y: 0, scale: 1 })
  const [isFollowing, setFollowing] = useState(true)
  const isPlaced = useRef(false)
  const latest = useRef({ view, viewport, layout })
  latest.current = { view, viewport, layout }
  const moving = useRef(0)

  const moveTo = useCallback((target: Viewport) => {
    cancelAnimationFrame(moving.current)
    if (!isPlaced.current || matchMedia('(prefers-reduced-motion: reduce)').matches) return setViewport(target)
    const [from, startMs] = [latest.current.viewport, performance.now()]
    const frameDone = (nowMs: number) => {
      const part = Math.min(1, (nowMs - startMs) / moveMs)
      setViewport(between(from, target, part))
      if (part < 1) moving.current = requestAnimationFrame(frameDone)
    }
    moving.current = requestAnimationFrame(frameDone)
  }, [])

  /** By somebody's hand: it is no longer followed. */
  const change = useCallback((to: (viewport: Viewport) => Viewport) => {
    cancelAnimationFrame(moving.current)
    setFollowing(false)
    setViewport((before) => kept(to(before), latest.current.layout))
  }, [])

  useSize(frame, setView)
  useGestures(frame, change, latest)

  useLayoutEffect(() => {
    if (view.width === 0) return
    const target = focused(focus ?? { x: 0, y: 0, ...layout }, layout, view)
    if (!isPlaced.current) setViewport(target)
    else if (isFollowing && focus && !isSeen(focus, latest.current.viewport, view)) moveTo(target)
    isPlaced.current = true
  }, [view.width, view.height, layout, focus?.x, focus?.y, isFollowing])

  useEffect(() => () => cancelAnimationFrame(moving.current), [])

  const zoom = (factor: number) =>
    change((before) => zoomedAt(before, { factor, at: { x: view.width / 2, y: view.height / 2 }, view }))
  const fit = () => {
    setFollowing(false)
    moveTo(fitting({ x: 0, y: 0, width: layout.width, height: layout.height }, view))
  }
  const follow = () => {
    setFollowing(true)
    if (focus) moveTo(focused(focus, layout, view))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const pan = pansByKey[event.key]
    if (pan) change((before) => panned(before, pan.x * keyPanPx, pan.y * keyPanPx))
    else if (event.key === '+' || event.key === '=') zoom(keyFactor)
    else if (event.key === '-') zoom(1 / keyFactor)
    else if (event.key === '0') fit()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return { viewport, view, isFollowing, zoom, fit, follow, onKeyDown }
}

const pansByKey: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: 1, y: 0 },
  ArrowRight: { x: -1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
}

function useSize(frame: { current: Element | null }, onSize: (size: Size) => void): void {
  useLayoutEffect(() => {
    const element = frame.current
    if (!element) return
    const measure = () => onSize({ width: element.clientWidth, height: element.clientHeight })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [])
}

type Change = (to: (viewport: Viewport) => Viewport) => void

/** Fewer pixels are a click, not a drag. */
const dragFromPx = 4

function useGestures(frame: { current: Element | null }, change: Change, latest: { current: { view: Size } }): void {
  useEffect(() => {
    const element = frame.current as HTMLElement | null
    if (!element) return
    const pointers = new Map<number, Point>()
    let moved = 0
    const at = (event: { clientX: number; clientY: number }): Point => {
      const { left, top } = element.getBoundingClientRect()
      return { x: event.clientX - left, y: event.clientY - top }
    }
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      if (event.shiftKey) return change((before) => panned(before, -event.deltaY, 0))
      const pixels = event.deltaMode === 0 ? event.deltaY : event.deltaY * 16
      const factor = Math.exp(-Math.max(-120, Math.min(120, pixels)) * (event.ctrlKey ? 0.01 : 0.0022))
      change((before) => zoomedAt(before, { factor, at: at(event), view: latest.current.view }))
    }
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0) return
      pointers.set(event.pointerId, at(event))
      moved = 0
    }
    const onMove = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId)
      if (!before) return
      const now = at(event)
      const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point)
      moved += Math.hypot(now.x - before.x, now.y - before.y)
      if (moved < dragFromPx) return
      if (!element.hasPointerCapture(event.pointerId)) element.setPointerCapture(event.pointerId)
      pointers.set(event.pointerId, now)
      const [other] = others
      if (!other) return change((viewport) => panned(viewport, now.x - before.x, now.y - before.y))
      const factor =
        Math.hypot(now.x - other.x, now.y - other.y) / (Math.hypot(before.x - other.x, before.y - other.y) || 1)
      change((viewport) => zoomedAt(viewport, { factor, at: other, view: latest.current.view }))
    }
    const onUp = (event: PointerEvent) => {
      pointers.delete(event.pointerId)
    }
    /** What ends a drag is no choice of what is under it. */
    const onClick = (event: MouseEvent) => {
      if (moved >= dragFromPx) event.stopPropagation()
      moved = 0
    }
    const listeners: [string, (event: never) => void, AddEventListenerOptions][] = [
      ['wheel', onWheel, { passive: false }],
      ['pointerdown', onDown, {}],
      ['pointermove', onMove, {}],
      ['pointerup', onUp, {}],
      ['pointercancel', onUp, {}],
      ['click', onClick, { capture: true }],
    ]
    for (const [type, listener, options] of listeners)
      element.addEventListener(type, listener as EventListener, options)
    return () => {
      for (const [type, listener, options] of listeners)
        element.removeEventListener(type, listener as EventListener, options)
    }
  }, [])
}
