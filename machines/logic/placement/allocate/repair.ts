import type { Ledger } from './ledger.ts'
export function repair(_ledger: Ledger, _members: readonly number[]): void {}
