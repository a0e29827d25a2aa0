/** The documents of what-if by name, for programs: as JSON Schema. */
import { z } from 'zod'
import { observedSchema } from './observedSchema.ts'
import { planSchema } from './planSchema.ts'
import { surveySchema } from './surveySchema.ts'

export const documents = { observed: observedSchema, plan: planSchema, survey: surveySchema } as const

export type DocumentName = keyof typeof documents

/** As it is written; keys with a default may be left out. */
export function jsonSchemaOf(name: DocumentName): object {
  return z.toJSONSchema(documents[name], { io: 'input' })
}
