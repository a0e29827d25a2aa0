/**
 * The roles a component can have for an assignment, and the changes that are allowed between them (SPEC R1).
 * `quiescing` is a primary that hands over; a primary leaves its role through it whenever the hand-over is planned.
 */
export const roles = ['offline', 'spare', 'secondary', 'primary', 'quiescing'] as const

export type Role = (typeof roles)[number]

/** Roles in which a component may act on what its assignment stands for: two of these at once is what must never be. */
export const activeRoles: readonly Role[] = ['primary', 'quiescing']

const allowed: Record<Role, readonly Role[]> = {
  offline: ['spare', 'secondary', 'primary'],
  spare: ['offline', 'secondary', 'primary'],
  secondary: ['primary', 'spare', 'offline'],
  primary: ['quiescing', 'spare', 'offline'],
  quiescing: ['spare', 'offline'],
}

/** Whether SPEC R1 allows the change of role. Keeping a role is always allowed. */
export function isRoleChangeAllowed(change: { from: Role; to: Role }): boolean {
  return change.from === change.to || allowed[change.from].includes(change.to)
}
