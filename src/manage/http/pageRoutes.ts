/** The page at `/` and at every address within it, and its files. */
import { type Context, Hono } from 'hono'
import { type PageFile, pageFiles } from './page.ts'

/** Whatever a browser goes to that is nothing else here: the page finds what to show there by itself. */
const apart = /^\/(v1|livez|readyz|metrics|primary|secondary|role)(\/|$)/

export function pageRoutes(): Hono {
  const app = new Hono()
  app.get('/:file{[^/]+\\.[a-z0-9]+}', async (c, next) => {
    const file = (await pageFiles()).files.get(c.req.path)
    // Its name has its hash: what is at that address never changes.
    return file ? answer(c, file, 'public, max-age=31536000, immutable') : next()
  })
  app.get('*', async (c, next) => {
    if (apart.test(c.req.path)) return next()
    const isBrowser = c.req.header('accept')?.includes('text/html') ?? false
    if (!isBrowser && !/^\/(machines\/|incidents\/|$)/.test(c.req.path)) return next()
    return answer(c, (await pageFiles()).index, 'no-cache')
  })
  return app
}

async function answer(c: Context, { bytes, type, etag }: PageFile, caching: string) {
  c.header('cache-control', caching)
  if (etag !== null) {
    const quoted = `"${etag}"`
    c.header('etag', quoted)
    if (c.req.header('if-none-match') === quoted) return c.body(null, 304)
  }
  return c.body(await bytes(), 200, { 'content-type': type })
}
