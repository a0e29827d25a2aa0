/** The filter of a view. What is typed is in the address. */
import { go } from '../app.ts'
import { useSelect } from './hooks.ts'

export function Filter({ label }: { label: string }) {
  const filter = useSelect((state) => state.route.filter)
  return (
    <input
      type="search"
      class="filter"
      value={filter}
      placeholder={`${label}  /`}
      aria-label={label}
      spellcheck={false}
      autocomplete="off"
      onInput={({ currentTarget }) => go({ filter: currentTarget.value.slice(0, 200) }, { replace: true })}
    />
  )
}
