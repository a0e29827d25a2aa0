/** The page's few signs, drawn by the page: 16 × 16, in the colour of the text around them. */
const paths = {
  back: 'M10.5 3.5 6 8l4.5 4.5',
  forward: 'M5.5 3.5 10 8l-4.5 4.5',
  play: 'M5 3.2v9.6L12.6 8z',
  pause: 'M5 3.5v9M11 3.5v9',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  whole: 'M2.5 5V2.5H5M11 2.5h2.5V5M13.5 11v2.5H11M5 13.5H2.5V11',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.5 5.5h7v7h-7zM10.5 5.5v-2h-7v7h2',
  lanes: 'M2.5 4h6M4.5 8h9M2.5 12h8',
  theme: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 1 1 0 11',
  more: 'M6 3.5 10.5 8 6 12.5',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
} as const

export function Icon({ name }: { name: keyof typeof paths }) {
  const isSolid = name === 'play'
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={paths[name]} fill={isSolid ? 'currentColor' : 'none'} stroke="currentColor" stroke-width="1.4" />
    </svg>
  )
}
