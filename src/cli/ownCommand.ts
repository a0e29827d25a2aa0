/** How to run this program again, compiled or from source. */
export function ownCommand(): string[] {
  const isCompiled = Bun.main.startsWith('/$bunfs/')
  return isCompiled ? [process.execPath] : [process.execPath, Bun.main]
}
