/** What a node shows holds no secret: neither its configuration, nor what machines were told of it, wherever that was recorded. */
import type { Configuration } from '../../../machines/model/configuration.ts'
import { Redactor } from '../../bundle/redact.ts'
import type { Parts } from '../parts.ts'

/** Secrets that programs recorded, and no configuration has. */
const metCountMax = 256

export class Shown {
  readonly #parts: Pick<Parts, 'configuration'>
  readonly #redactor = new Redactor({ metCountMax })
  #learned: Configuration | null = null

  constructor(parts: Pick<Parts, 'configuration'>) {
    this.#parts = parts
  }

  /** The same, without secrets; those of earlier configurations are still known. */
  redact<T>(value: T): T {
    const { configuration } = this.#parts
    if (configuration !== this.#learned) {
      this.#redactor.spare(namesIn(configuration))
      this.#redactor.learnFrom(configuration)
      this.#learned = configuration
    }
    return this.#redactor.redact(value)
  }

  configuration(): unknown {
    const { http, ...configuration } = this.#parts.configuration
    const digests = http?.tokenDigests.map(() => 'redacted')
    return this.redact({ ...configuration, ...(http && { http: { ...http, tokenDigests: digests } }) })
  }
}

/** A secret that is the same as one of them would be found in every id. */
function namesIn({ cluster, nodes, types, components, assignments }: Configuration): string[] {
  return [cluster, ...[nodes, types, components, assignments].flatMap((named) => Object.keys(named))]
}
