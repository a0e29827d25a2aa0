/** Colour, where it is wanted: on a terminal that isn't dumb, and not against NO_COLOR (https://no-color.org). */

export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly warning: (text: string) => string
  readonly bad: (text: string) => string
}

type Environment = Readonly<Record<string, string | undefined>>

export function hasColour(stream: { readonly isTTY?: boolean }, environment: Environment): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb'
}

export function createStyle(isColoured: boolean): Style {
  const sgr = (code: string) => (isColoured ? (text: string) => `\x1b[${code}m${text}\x1b[0m` : (text: string) => text)
  return { bold: sgr('1'), dim: sgr('2'), good: sgr('32'), warning: sgr('33'), bad: sgr('1;31') }
}

/** What comes from programs and other nodes must not steer the terminal. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
}
