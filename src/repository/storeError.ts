/** Why a store cannot be used. Codes are stable. */
export class StoreError extends Error {
  constructor(
    readonly code: 'store.corrupt' | 'store.foreign' | 'store.locked' | 'store.unusable',
    readonly path: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${detail}`, options)
    this.name = 'StoreError'
  }
}
