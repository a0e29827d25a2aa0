/**
 * Takes secrets out of what leaves the machine. Which values are secret is known from the configuration's schema: the cluster's secret,
 * options of fence agents but those that only say where and how, values of the environment and arguments of commands whose names say
 * so, passwords in addresses. Every such value is then replaced wherever it stands, also in what was logged or recorded.
 *
 * The same value becomes the same placeholder, and different ones different ones, so that what is compared stays comparable.
 */

/** Of names of environment variables and options. */
const secretName =
  /(secret|token|passw|passphrase|pwd|credential|auth|apikey|api_key|private|cookie|salt|dsn|(^|_|-)(pass|key|pin)($|_|-))/i
/** Keys that mean a secret wherever they stand, if their value is text. */
const secretKey = /^(secret|password|passwd|passphrase|api_?key|private_?key|auth_?token|access_?token)$/i
/** Keys of the repository that rolecall itself writes, of things whose names may be such words: the roles of an assignment `auth`. */
const ownKey = /^(intent|lock|state)\//
/** What a fence agent is told that is no secret: where, which, how. */
const plainOptions = new Set(
  'ip ipaddr ipport port plug method lanplus cipher timeout power_timeout power_wait shell_timeout login_timeout retry_on delay ssl ssl_insecure verbose debug_file separator hexadecimal_kvm secure ssh vmware_type domain'.split(
    ' ',
  ),
)
/** Shorter values are replaced where they stand in the configuration, and not searched for: they would be found everywhere. */
const searchedLengthMin = 6
/** The scheme is bounded: else a long word would be looked at from each of its letters on. */
const inAddress = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]*:)([^\s@/]+)@/gi

const placeholder = /^redacted-\d+$/

/** Takes a secret, gives what is to stand there. */
type Replace = (secret: string) => string

interface Walker {
  readonly secret: Replace
  /** Any other text. */
  readonly text: (text: string) => string
}

/** Words of machines, and of settings that are no secret whatever they are set for: replaced where they stand, and not searched for. */
const words = [
  ...['primary', 'secondary', 'quiescing', 'offline', 'standby', 'spare', 'active', 'member', 'master', 'leader'],
  ...['component', 'process', 'membership', 'fencing', 'assignment', 'cluster', 'repository', 'configuration'],
  ...['enabled', 'disabled', 'default', 'required', 'optional', 'production', 'development', 'localhost'],
]

export class Redactor {
  readonly #placeholders = new Map<string, string>()
  /** Of them, those that were only met while redacting, the first one first. */
  readonly #met = new Set<string>()
  readonly #metCountMax: number
  #lastNumber = 0
  readonly #spared = new Set<string>(words)
  #pattern: RegExp | null = null
  /** Of values that were replaced. */
  redactedCount = 0

  /**
   * `metCountMax`: so many secrets are remembered that were met while redacting, and not learned; then the first of them is forgotten, and
   * no longer found where no key says that it is one. For what redacts without end: programs may record a new password each time.
   */
  constructor({ metCountMax = Number.POSITIVE_INFINITY }: { readonly metCountMax?: number } = {}) {
    this.#metCountMax = metCountMax
  }

  /** Values that are known to be secret, such as what is in a file of secrets. */
  learn(value: unknown): void {
    if (typeof value !== 'string' || value.trim() === '') return
    if (placeholder.test(value)) return // of a bundle that is bundled again
    this.#met.delete(value)
    if (this.#placeholders.has(value)) return
    this.#lastNumber += 1
    this.#placeholders.set(value, `redacted-${this.#lastNumber}`)
    this.#pattern = null
  }

  /** Names that everything is full of: a secret that is the same is replaced only where it is set. */
  spare(names: Iterable<string>): void {
    for (const name of names) this.#spared.add(name)
    this.#pattern = null
  }

  /** Learns every secret in it: a configuration in any form, or something that holds one. Call it with all before redacting any. */
  learnFrom(value: unknown): void {
    this.#walk(value, { secret: (secret) => this.#noted(secret), text: (text) => this.#learnText(text) })
  }

  /** The same, without the secrets. What holds none is returned as it is. */
  redact<T>(value: T): T {
    return this.#walk(value, {
      secret: (secret) => this.#placeholderOf(secret),
      text: (text) => this.redactText(text),
    }) as T
  }

  redactText(text: string): string {
    const searched = this.#searched()
    const known = searched === null ? text : text.replace(searched, (found) => this.#placeholderOf(found))
    if (!known.includes('://')) return known
    return known.replace(inAddress, (_, front: string, secret: string) => `${front}${this.#placeholderOf(secret)}@`)
  }

  /** Whether bytes hold any of the values that were searched for. */
  findIn(bytes: Uint8Array): boolean {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return this.#searchedValues().some((value) => buffer.includes(value))
  }

  #noted(secret: string): string {
    this.learn(secret)
    return secret
  }

  #learnText(text: string): string {
    if (text.includes('://')) for (const [, , secret] of text.matchAll(inAddress)) this.learn(secret)
    return text
  }

  #placeholderOf(text: string): string {
    if (placeholder.test(text)) return text
    this.redactedCount += 1
    const known = this.#placeholders.get(text)
    if (known !== undefined) return known
    this.learn(text)
    this.#met.add(text)
    const made = this.#placeholders.get(text) ?? text
    if (this.#met.size > this.#metCountMax) this.#forget(this.#met.values().next().value!)
    return made
  }

  #forget(value: string): void {
    this.#met.delete(value)
    this.#placeholders.delete(value)
    this.#pattern = null
  }

  #searchedValues(): string[] {
    return [...this.#placeholders.keys()].filter(
      (value) => value.length >= searchedLengthMin && !this.#spared.has(value),
    )
  }

  #searched(): RegExp | null {
    if (this.#pattern) return this.#pattern
    const values = this.#searchedValues()
    if (values.length === 0) return null
    const longestFirst = values.sort((a, b) => b.length - a.length)
    this.#pattern ??= new RegExp(longestFirst.map((value) => RegExp.escape(value)).join('|'), 'g')
    return this.#pattern
  }

  #walk(value: unknown, walker: Walker, isFence = false): unknown {
    if (typeof value === 'string') return walker.text(value)
    if (Array.isArray(value)) return unlessSame(value, this.#list(value, walker))
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
    const setting = this.#setting(value as Record<string, unknown>, walker)
    return setting ?? this.#members(value, (key, inner) => this.#member(key, inner, walker, isFence))
  }

  /** `{key: 'app/password', value: 'x'}`: an entry of the repository. */
  #setting(value: Readonly<Record<string, unknown>>, walker: Walker): unknown {
    const { key, value: inner } = value
    if (typeof key !== 'string' || ownKey.test(key) || !secretName.test(nameIn(key))) return null
    if (typeof inner === 'string') return inner === '' ? null : { ...value, value: walker.secret(inner) }
    return typeof inner === 'object' && inner !== null && !key.startsWith('configuration/')
      ? { ...value, value: this.#wholly(inner, walker) }
      : null
  }

  /** All text in it is secret. */
  #wholly(value: object, walker: Walker): unknown {
    const of = (inner: unknown): unknown => {
      if (typeof inner === 'string' && inner !== '') return walker.secret(inner)
      return typeof inner === 'object' && inner !== null ? this.#wholly(inner, walker) : inner
    }
    return Array.isArray(value) ? unlessSame(value, value.map(of)) : this.#members(value, (_, inner) => of(inner))
  }

  #members(value: object, walk: (key: string, inner: unknown) => unknown): unknown {
    const entries = Object.entries(value)
    const walked = entries.map(([key, inner]): [string, unknown] => [key, walk(key, inner)])
    return walked.every(([, inner], index) => inner === entries[index]![1]) ? value : Object.fromEntries(walked)
  }

  #member(key: string, inner: unknown, walker: Walker, isFence: boolean): unknown {
    if (secretKey.test(key) && typeof inner === 'string' && inner !== '') return walker.secret(inner)
    if (key === 'environment') return this.#named(inner, walker, (name) => secretName.test(name))
    if (key === 'options' && isFence) return this.#named(inner, walker, (name) => !plainOptions.has(name))
    return this.#walk(inner, walker, key === 'fence' || isFence)
  }

  /** A mapping of names to text. */
  #named(value: unknown, walker: Walker, isSecret: (name: string) => boolean): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#walk(value, walker)
    return this.#members(value, (name, inner) =>
      isSecret(name) && typeof inner === 'string' && inner !== '' ? walker.secret(inner) : this.#walk(inner, walker),
    )
  }

  /** A command's arguments: `--password=x`, and what follows `--password`. */
  #list(values: readonly unknown[], walker: Walker): unknown[] {
    return values.map((value, index) => {
      const before = values[index - 1]
      if (typeof value !== 'string') return this.#walk(value, walker)
      const assigned = /^(--?[\w-]+=)(.+)$/s.exec(value)
      if (assigned && secretName.test(assigned[1]!)) return `${assigned[1]}${walker.secret(assigned[2]!)}`
      const isNamed = typeof before === 'string' && /^--?[\w-]+$/.test(before) && secretName.test(before)
      return isNamed && value !== '' && !value.startsWith('-') ? walker.secret(value) : walker.text(value)
    })
  }
}

/** The last part of a repository's key. */
function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

/** The same list where nothing in it has changed. */
function unlessSame(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.every((value, index) => value === before[index]) ? before : after
}
