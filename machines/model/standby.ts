/** In which roles a component of each kind of standby has its process. */
import type { Standby } from './configuration.ts'
import type { Role } from './roles.ts'

const rolesWithProcess: Record<Standby, readonly Role[]> = {
  hot: ['spare', 'secondary', 'primary', 'quiescing'],
  warm: ['secondary', 'primary', 'quiescing'],
  cold: ['primary', 'quiescing'],
}

export function needsProcess(standby: Standby, role: Role): boolean {
  return rolesWithProcess[standby].includes(role)
}
