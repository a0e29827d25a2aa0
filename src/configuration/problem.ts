/** What is wrong with a configuration file, so exactly that it can be mended without a look into the manual. */

export interface ConfigurationProblem {
  readonly file: string
  /** From 1; 0 when the problem is the file as a whole. */
  readonly line: number
  readonly column: number
  /** `types.ledger.stop.signal`; empty when it is no key's. */
  readonly path: string
  /** What was expected and what was found. */
  readonly message: string
  readonly suggestion: string | null
  /** The line itself; empty when there is none to show, or when it would show the secret. */
  readonly excerpt: string
}

/** A configuration that is refused. Holds every problem that could be found, in the order of the file. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly problems: readonly ConfigurationProblem[]

  constructor(problems: readonly ConfigurationProblem[]) {
    const inOrder = [...problems].sort((a, b) => a.line - b.line || a.column - b.column)
    const shown = inOrder.slice(0, problemsShownMax).map(formatProblem)
    const hiddenCount = inOrder.length - shown.length
    super([...shown, ...(hiddenCount > 0 ? [`and ${hiddenCount} more problems`] : [])].join('\n'))
    this.problems = inOrder
  }
}

/** `file:line:column: path: message; suggestion`, then the line with a caret under the place. */
export function formatProblem(problem: ConfigurationProblem): string {
  const { file, line, column, path, message, suggestion, excerpt } = problem
  const place = line === 0 ? file : `${file}:${line}:${column}`
  const text = `${place}: ${path === '' ? '' : `${path}: `}${message}${suggestion === null ? '' : `; ${suggestion}`}`
  if (excerpt === '') return text
  const shown = excerpt.slice(0, excerptWidthMax).replaceAll('\t', ' ')
  const number = String(line).padStart(5)
  if (column > shown.length + 1) return `${text}\n${number} | ${shown}`
  const indent = ' '.repeat(Bun.stringWidth(shown.slice(0, column - 1)))
  return `${text}\n${number} | ${shown}\n${' '.repeat(number.length)} | ${indent}^`
}

const excerptWidthMax = 120

/** More than this in one message help nobody; the list has them all. */
const problemsShownMax = 50

/** `types.ledger.command[0]` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
}
