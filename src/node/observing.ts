/** What the CRIM of the acting master knows: for the master's word, and for operators who ask what would happen (docs/plan.md). */
import { viewOf } from '../../machines/crim/view.ts'
import type { CrimContext } from '../../machines/crim.ts'
import type { OperationResult } from '../../machines/model/operation.ts'
import { observedOf } from '../plan/observed.ts'
import { encodeBody, messageBytesMax } from '../wire/codec.ts'
import { actorOf, type Parts } from './parts.ts'

/** Null while this node is not, or not yet, the acting master. */
export function actingCrim(parts: Parts): CrimContext | null {
  if (!parts.engine.has(actorOf.crim)) return null
  const snapshot = parts.engine.snapshot(actorOf.crim)
  return snapshot.value === 'standby' || snapshot.value === 'surveying' ? null : (snapshot.context as CrimContext)
}

/** Of what surrounds it in the message to the node that asked. */
const aroundBytes = 4096

export function observe(parts: Parts, { isRemote }: { isRemote: boolean }): OperationResult {
  const crim = actingCrim(parts)
  if (crim === null) {
    const text = 'this node is not, or not yet, the acting master; try again'
    return { ok: false, code: 'unavailable', text }
  }
  const plan = observedOf(viewOf(crim))
  if (isRemote && encodeBody(plan).length + aroundBytes > messageBytesMax) {
    const text = `what is known is too large to be passed on: ask ${parts.self}, the master, itself`
    return { ok: false, code: 'unavailable', text }
  }
  return { ok: true, text: `as ${parts.self} knows it`, plan }
}
