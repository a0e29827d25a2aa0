/** Every message between node processes, parsed once, at the border. What does not fit exactly is refused. Guards have heartbeats (heartbeat.ts). */
import { z } from 'zod'
import type { Message } from '../../engine/step.ts'
import { configurationApplied } from './applied.ts'
import { ccrMessages } from './ccr.ts'
import { checkpointMessages } from './checkpoint.ts'
import { clusterLogMessages } from './clusterLog.ts'
import { type ConsensusEnvelope, consensusEnvelope } from './consensus.ts'
import { hello } from './hello.ts'
import { roleMessages } from './roles.ts'
import { masterWord } from './word.ts'

const others = z.discriminatedUnion('type', [
  ...roleMessages,
  ...checkpointMessages,
  ...ccrMessages,
  ...clusterLogMessages,
  masterWord,
  hello,
  configurationApplied,
])

export type PeerMessage = ConsensusEnvelope | z.infer<typeof others>

/** The message, or null if it is none of ours. */
export function parsePeerMessage(body: unknown): (PeerMessage & Message) | null {
  return (consensusEnvelope.safeParse(body).data ?? others.safeParse(body).data ?? null) as
    | (PeerMessage & Message)
    | null
}
