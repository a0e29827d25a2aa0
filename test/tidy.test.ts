/** Guards the tree (STYLE 1, 5, 12): what no type checker or linter sees. */
import { expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dir, '..')
const lineCountMax = 450
const passedOver = ['node_modules', 'dist', '__pycache__']

function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (passedOver.includes(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return entry.isFile() ? [path] : []
  })
}

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const code = ['machines', 'src', 'test', 'bench', 'examples', 'scripts']
  .flatMap(filesBelow)
  .filter((path) => /\.(ts|tsx|py|sh)$/.test(path))
const prose = [
  ...filesBelow('docs').filter((path) => !path.endsWith('.png')),
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
]
const machines = code.filter((path) => path.startsWith('machines/'))

/** `path:line` of each line that matches. */
function linesMatching(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  )
}

test('no file grows beyond what can be read at one go', () => {
  const long = code.filter((path) => read(path).trimEnd().split('\n').length > lineCountMax)
  expect(long).toEqual([])
})

test('nothing is put off', () => {
  const words = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK']
  expect(linesMatching([...code, ...prose], new RegExp(`\\b(${words.join('|')})\\b`))).toEqual([])
})

test('no test is left out or run alone', () => {
  const tests = code.filter((path) => path.endsWith('.test.ts'))
  expect(linesMatching(tests, /\b(test|describe|it)\.(only|todo|skip)\(/)).toEqual([])
})

test('machines import xstate and each other, nothing else', () => {
  const imports = machines.flatMap((path) =>
    [...read(path).matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, target]) => ({
      path,
      target: target!,
    })),
  )
  expect(imports.length).toBeGreaterThan(0)
  const foreign = imports.filter(({ path, target }) => {
    if (!target.startsWith('.')) return target !== 'xstate'
    return !relative(root, resolve(root, dirname(path), target)).startsWith('machines/')
  })
  expect(foreign).toEqual([])
})

test('every machine, and every algorithm below it, has its test', () => {
  const subjects = [
    ...machines.filter((path) => dirname(path) === 'machines' && read(path).includes('createMachine(')),
    ...machines.filter((path) => path.startsWith('machines/logic/')),
  ].map((path) => path.replace(/(\/index)?\.ts$/, ''))
  const untested = subjects.filter((subject) => !isTested(subject))
  expect(untested).toEqual([])
})

/** By a test file of its name, by tests in a folder of its name, or by those of the folder it is part of. */
function isTested(subject: string): boolean {
  const own = `test/${subject}`
  const isOwn = code.some(
    (path) => path.endsWith('.test.ts') && (path === `${own}.test.ts` || path.startsWith(`${own}/`)),
  )
  const parent = dirname(subject)
  return isOwn || (parent !== 'machines' && parent !== 'machines/logic' && isTested(parent))
}

test('the lock file names no registry: any will do', () => {
  expect(linesMatching(['bun.lock'], /[a-z]+:\/\//)).toEqual([])
})

test('nothing in the tree depends on where it was written', () => {
  const place = new RegExp(`(^|[\\s'"\`(=:])/(${['wo' + 'rk', 'ro' + 'ot'].join('|')})/`)
  expect(linesMatching([...code, ...prose, 'package.json'], place)).toEqual([])
})

test('the documents are there', () => {
  const names = prose.map((path) => path.toLowerCase())
  const missing = ['readme.md', 'concepts', 'configuration', 'protocol', 'operations', 'decisions'].filter(
    (wanted) => !names.some((name) => name.includes(wanted)),
  )
  expect(missing).toEqual([])
})
