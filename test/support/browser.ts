/**
 * A real browser for the tests of the console: Debian's chromium, driven by playwright-core, in a profile of its own. Where there is
 * none, the tests are skipped and say so.
 */
import { test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { binary, testTimeoutMs } from './system.ts'

/** `ROLECALL_CHROMIUM` names another. */
export const chromiumPath =
  [process.env.ROLECALL_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
    (path) => path !== undefined && existsSync(path),
  ) ?? null

export const wide = { width: 1280, height: 800 }
export const phone = { width: 390, height: 844 }

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A test that needs the browser and the binary. */
export function inBrowser(name: string, run: () => Promise<void>): void {
  const lacks = chromiumPath === null ? 'no chromium here' : existsSync(binary) ? null : 'no binary here'
  if (lacks) process.stderr.write(`skipped, ${lacks}: ${name}\n`)
  const seen = async () => {
    try {
      await run()
    } catch (error) {
      await Browser.picture()
      throw error
    } finally {
      await Browser.closePages()
    }
  }
  test.skipIf(lacks !== null)(name, seen, testTimeoutMs)
}

const originOf = (url: string) => new URL(url).origin

export class Browser {
  readonly #context: BrowserContext
  readonly #profile: string
  /** What the pages complained of since they were opened: there should be nothing. */
  readonly complaints: string[] = []

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context
    this.#profile = profile
  }

  static readonly #running = new Set<Browser>()

  /** What a test that fails saw last, where whoever looks into it finds it. */
  static async picture(): Promise<void> {
    for (const page of [...Browser.#running].flatMap((browser) => browser.#context.pages())) {
      const path = join(tmpdir(), `rolecall-browser-${Date.now()}.png`)
      await page.screenshot({ path, timeout: 5000 }).catch(() => null)
      process.stderr.write(`${page.url()} was seen as ${path}\n`)
    }
  }

  /** Those of the test that has ended: they would go on watching. */
  static async closePages(): Promise<void> {
    for (const browser of Browser.#running) {
      for (const page of browser.#context.pages().slice(1)) await page.close()
    }
  }

  static async launch(): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'rolecall-browser-'))
    const options = {
      executablePath: chromiumPath!,
      headless: true,
      args: flags,
      viewport: wide,
      acceptDownloads: false,
    }
    const browser = new Browser(await chromium.launchPersistentContext(profile, options), profile)
    Browser.#running.add(browser)
    return browser
  }

  async open(url: string): Promise<Page> {
    const page = await this.#context.newPage()
    page.setDefaultTimeout(20_000)
    page.on('pageerror', (error) => this.complaints.push(String(error.stack)))
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) this.complaints.push(message.text())
    })
    page.on('request', (request) => {
      const isOwn =
        url === 'about:blank' || request.url().startsWith('data:') || originOf(request.url()) === originOf(url)
      if (!isOwn) this.complaints.push(`asked elsewhere: ${request.url()}`)
    })
    await page.goto(url)
    return page
  }

  async close(): Promise<void> {
    Browser.#running.delete(this)
    await this.#context.close()
    rmSync(this.#profile, { recursive: true, force: true })
  }
}
