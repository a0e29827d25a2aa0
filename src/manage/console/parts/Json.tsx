/** A value as a tree that opens: what a machine has in mind can be large. */
const openDepth = 1
const itemCountMax = 200

export function Json({ value, depth = 0 }: { value: unknown; depth?: number }) {
  if (value === null || typeof value !== 'object') return <Scalar value={value} />
  const entries = Object.entries(value)
  const isArray = Array.isArray(value)
  if (entries.length === 0) return <span class="dim">{isArray ? '[]' : '{}'}</span>
  return (
    <ul class="json">
      {entries.slice(0, itemCountMax).map(([key, item]) => (
        <li key={key}>
          <Entry name={key} item={item} depth={depth} />
        </li>
      ))}
      {entries.length > itemCountMax && <li class="dim">and {entries.length - itemCountMax} more</li>}
    </ul>
  )
}

function Entry({ name, item, depth }: { name: string; item: unknown; depth: number }) {
  const count = item !== null && typeof item === 'object' ? Object.keys(item).length : 0
  if (count === 0) {
    return (
      <>
        <span class="json-key">{name}</span> <Json value={item} depth={depth + 1} />
      </>
    )
  }
  return (
    <details open={depth < openDepth && count <= 12}>
      <summary>
        <span class="json-key">{name}</span> <span class="dim">{count}</span>
      </summary>
      <Json value={item} depth={depth + 1} />
    </details>
  )
}

function Scalar({ value }: { value: unknown }) {
  return <span class={`json-${value === null ? 'null' : typeof value}`}>{value === null ? 'null' : String(value)}</span>
}
