/** Stable. `store.full`: no room on the disk. `store.failed`: a write failed, or the thread that writes ended. */
export type StoreErrorCode =
  | 'store.corrupt'
  | 'store.foreign'
  | 'store.locked'
  | 'store.unusable'
  | 'store.full'
  | 'store.failed'

/** Why a store cannot be used, or not any more. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    readonly path: string,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${detail}`, options)
    this.name = 'StoreError'
  }
}
