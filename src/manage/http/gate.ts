/**
 * Who may do what. On loopback, unless it is closed, everybody who can reach the port reads; elsewhere, and for every change, a token is
 * needed: as `Authorization: Bearer`, or the page's session cookie. Open to all are the page itself, signing in, and what probes and load
 * balancers ask, which say nothing but yes or no.
 *
 * Against other pages in the operator's browser: on loopback the `Host` must be this machine's (DNS rebinding); what is asked must come
 * from the page itself, as its `Origin` and `Sec-Fetch-Site` say (CSRF, and whoever would only take the node's time), or be where the
 * browser was sent to; and nothing is ever said across origins.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { refuse } from './routing.ts'
import { FailedSignIns, isKnown, Sessions } from './tokens.ts'

export interface GateOptions {
  /** SHA-256 of each. */
  readonly tokenDigests: readonly Uint8Array[]
  /** Only this machine reaches the port, and whoever does may read. */
  readonly isOpen: boolean
  /** Over TLS. */
  readonly isSecure: boolean
  /** Sets this node's cookie apart from those of others on the same machine. */
  readonly cookieName: string
  /** Why there is nothing to change; null: there is. */
  readonly readOnlyReason: string | null
  readonly nowMs?: () => number
}

export type SignIn = 'none' | 'right' | 'wrong' | 'limited'

export class Gate {
  readonly options: GateOptions
  readonly #sessions: Sessions
  readonly #failures: FailedSignIns

  constructor(options: GateOptions) {
    this.options = options
    this.#sessions = new Sessions(options.nowMs)
    this.#failures = new FailedSignIns(options.nowMs)
  }

  /** What the request shows of itself. */
  signInOf(c: Context): SignIn {
    const bearer = bearerOf(c)
    if (bearer !== undefined) return this.#judge(c, bearer)
    const session = getCookie(c, this.options.cookieName)
    return session !== undefined && this.#sessions.has(session) ? 'right' : 'none'
  }

  /** Begins a session of the page. */
  signIn(c: Context, token: string): SignIn {
    const signIn = this.#judge(c, token)
    if (signIn !== 'right') return signIn
    setCookie(c, this.options.cookieName, this.#sessions.begin(), {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      secure: this.options.isSecure,
    })
    return signIn
  }

  signOut(c: Context): void {
    const session = getCookie(c, this.options.cookieName)
    if (session !== undefined) this.#sessions.end(session)
    deleteCookie(c, this.options.cookieName, { path: '/', secure: this.options.isSecure })
  }

  waitSeconds(c: Context): number | null {
    return this.#failures.waitSeconds(addressOf(c))
  }

  mayRead(c: Context): boolean {
    return this.options.isOpen || this.signInOf(c) === 'right'
  }

  /** Of who was let in: a session may have ended since, a token counts as long as the process lives. */
  mayStay(c: Context): boolean {
    return this.options.isOpen || bearerOf(c) !== undefined || this.signInOf(c) === 'right'
  }

  #judge(c: Context, token: string): SignIn {
    if (this.waitSeconds(c) !== null) return 'limited'
    if (isKnown(token, this.options.tokenDigests)) return 'right'
    this.#failures.failed(addressOf(c))
    return 'wrong'
  }
}

function bearerOf(c: Context): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
}

function addressOf(c: Context): string {
  return (c.env as { address?: string } | undefined)?.address ?? 'unknown'
}

const questions = ['GET', 'HEAD']

/** Questions that are too long for an address, and what changes nothing but what is shown. */
const askedByPost = ['/v1/plan', '/v1/recordings']

/** Of what is not: the page's files, and what probes ask. */
const open = ['/v1/session', '/v1/openapi.json']

export function guarded(gate: Gate): MiddlewareHandler {
  return async (c, next) => {
    const { path, method } = c.req
    if (gate.options.isOpen && !isThisMachine(c.req.header('host')))
      return refuse(c, 'forbidden', 'this Host is not this machine')
    const isPublic = !path.startsWith('/v1/') && path !== '/metrics'
    const isMere = questions.includes(method) && (isPublic || c.req.header('sec-fetch-mode') === 'navigate')
    if (!isMere && isForeign(c)) return refuse(c, 'forbidden', 'sent by a page of another origin')
    if (isPublic) return next()
    if (open.includes(path)) return next()
    const isChange = !questions.includes(method) && !askedByPost.includes(path)
    const signIn = gate.signInOf(c)
    if (signIn === 'right') return next()
    if (signIn === 'none' && !isChange && gate.options.isOpen) return next()
    return refuseSignIn(c, gate, signIn)
  }
}

export function refuseSignIn(c: Context, gate: Gate, signIn: SignIn) {
  if (signIn === 'limited') {
    c.header('retry-after', String(gate.waitSeconds(c) ?? 1))
    return refuse(c, 'too-many', 'too many wrong tokens: try again later')
  }
  c.header('www-authenticate', 'Bearer realm="rolecall"')
  const text = signIn === 'wrong' ? 'this token is not one of those that count here' : 'a token is needed for this'
  return refuse(c, 'unauthorized', text)
}

/** By address, or by the one name that is always this machine's. Without any it is a probe: every browser says whom it asks. */
export function isThisMachine(host: string | undefined): boolean {
  if (host === undefined) return true
  const name = host.replace(/:\d*$/, '').toLowerCase()
  return name === 'localhost' || name === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
}

/** Programs send neither header; browsers send one of them at least, unless it is an older one that merely asks. */
function isForeign(c: Context): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const origin = c.req.header('origin')
  return origin !== undefined && !isOwnOrigin(origin, c.req.header('host'))
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}
