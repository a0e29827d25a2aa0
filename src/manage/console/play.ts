/** Plays the past: the cursor goes on by itself, so many times as fast as it was, frame by frame. */
import { app, moveTo, toPresent } from './app.ts'

/** A longer pause between frames, as of a page that was hidden, counts as this. */
const frameMsMax = 250

export function startPlaying(): () => void {
  let lastMs: number | null = null
  let frame = requestAnimationFrame(next)

  function next(nowMs: number): void {
    frame = requestAnimationFrame(next)
    const { play, route, extent, history } = app.store.state()
    const passedMs = lastMs === null ? 0 : Math.min(frameMsMax, nowMs - lastMs)
    lastMs = nowMs
    if (!play.isOn || !route.at || !extent) return
    // Waits for what is being fetched.
    if (!history?.covers(route.at.timeUs)) return
    const toUs = route.at.timeUs + passedMs * 1000 * play.speed
    if (toUs >= extent.toUs) return toPresent()
    moveTo(toUs)
  }

  return () => cancelAnimationFrame(frame)
}
