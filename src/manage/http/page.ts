/**
 * The console's page, from inside the binary: its files are there under hashed names. From source it is built in memory, once, when
 * it is first asked for.
 */
import { fileURLToPath } from 'node:url'
import bundled from '../console/index.html'

export interface PageFile {
  readonly bytes: () => Promise<ArrayBuffer>
  readonly type: string
  readonly etag: string | null
}

export interface Page {
  readonly index: PageFile
  /** By path: `/chunk-wxtmsfnm.js`. */
  readonly files: ReadonlyMap<string, PageFile>
}

interface Manifest {
  readonly index: string
  readonly files: readonly {
    readonly path: string
    readonly headers: { readonly etag: string; readonly 'content-type': string }
  }[]
}

let page: Promise<Page> | null = null

export function pageFiles(): Promise<Page> {
  page ??= 'files' in bundled ? Promise.resolve(embedded(bundled as unknown as Manifest)) : built()
  return page
}

function embedded({ index, files }: Manifest): Page {
  const byPath = new Map(
    files.map(({ path, headers }): [string, PageFile] => [
      path,
      { bytes: () => Bun.file(path).arrayBuffer(), type: headers['content-type'], etag: headers.etag },
    ]),
  )
  return pageOf(byPath, index)
}

async function built(): Promise<Page> {
  const { outputs } = await Bun.build({
    entrypoints: [fileURLToPath(new URL('../console/index.html', import.meta.url))],
    target: 'browser',
    minify: true,
    publicPath: '/',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const files = new Map(
    outputs.map((output): [string, PageFile] => [
      output.path,
      { bytes: () => output.arrayBuffer(), type: output.type, etag: output.hash },
    ]),
  )
  return pageOf(files, outputs.find(({ path }) => path.endsWith('.html'))!.path)
}

function pageOf(byPath: ReadonlyMap<string, PageFile>, index: string): Page {
  const files = new Map([...byPath].map(([path, file]) => [`/${path.slice(path.lastIndexOf('/') + 1)}`, file]))
  return { index: byPath.get(index)!, files }
}
