/**
 * How wide a text is, without a browser: by the widths of Helvetica, Arial and Liberation Sans, which are the same, in thousandths of
 * the size. The drawing says each width with its text (`textLength`), so that another font is fitted to it and nothing overlaps.
 */

// biome-ignore format: one table
const widths = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
  1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
  333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
]
const firstCode = 32
const otherWidth = 1000
/** Bold letters are wider by about this much. */
const boldFactor = 1.07

export interface Font {
  readonly sizePx: number
  readonly isBold?: boolean
}

export function textWidth(text: string, { sizePx, isBold = false }: Font): number {
  const thousandths = [...text].reduce(
    (sum, letter) => sum + (widths[letter.codePointAt(0)! - firstCode] ?? otherWidth),
    0,
  )
  return Math.round((thousandths * sizePx * (isBold ? boldFactor : 1)) / 100) / 10
}

/** Words in lines of at most that width; a word that is wider has a line of its own. */
export function wrap(words: readonly string[], options: { font: Font; widthMax: number; separator: string }): string[] {
  const { font, widthMax, separator } = options
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    const longer = last === undefined ? word : `${last}${separator}${word}`
    if (last !== undefined && textWidth(longer, font) <= widthMax) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line}${separator.trimEnd()}` : line))
}
