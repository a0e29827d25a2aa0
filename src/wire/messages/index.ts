/** Every message between nodes, parsed once, at the border. What does not fit exactly is refused. */
import { z } from 'zod'
import type { Message } from '../../engine/step.ts'
import { checkpointMessages } from './checkpoint.ts'
import { type ConsensusEnvelope, consensusEnvelope } from './consensus.ts'
import { type Heartbeat, parseHeartbeat } from './heartbeat.ts'
import { hello } from './hello.ts'
import { roleMessages } from './roles.ts'
import { masterWord } from './word.ts'

const others = z.discriminatedUnion('type', [...roleMessages, ...checkpointMessages, masterWord, hello])

export type PeerMessage = Heartbeat | ConsensusEnvelope | z.infer<typeof others>

/** The message, or null if it is none of ours. */
export function parsePeerMessage(body: unknown): (PeerMessage & Message) | null {
  return (parseHeartbeat(body) ?? consensusEnvelope.safeParse(body).data ?? others.safeParse(body).data ?? null) as
    | (PeerMessage & Message)
    | null
}
