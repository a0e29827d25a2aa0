/** One sentence about what was done, or was not; goes by itself. */
import { useEffect } from 'preact/hooks'
import { app } from '../app.ts'
import { useSelect } from '../parts/hooks.ts'

const shownMs = 6000

export function Notice() {
  const notice = useSelect((state) => state.notice)
  useEffect(() => {
    if (!notice) return
    const timer = setTimeout(() => app.store.dispatch({ type: 'notice.given', notice: null }), shownMs)
    return () => clearTimeout(timer)
  }, [notice])
  return (
    <div class="notice-place" role="status" aria-live="polite">
      {notice && <div class={`notice is-${notice.tone}`}>{notice.text}</div>}
    </div>
  )
}
