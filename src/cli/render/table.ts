/** Columns as wide as their widest cell, two spaces apart, no lines: easy on the eye and on `awk`. */
export function table(options: { header: readonly string[]; rows: readonly (readonly string[])[] }): string[] {
  const all = [options.header, ...options.rows]
  const widths = options.header.map((_, column) => Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? ''))))
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column]! - Bun.stringWidth(cell)))
      .join('  ')
      .trimEnd(),
  )
}
