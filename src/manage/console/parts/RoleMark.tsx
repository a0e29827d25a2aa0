/** A role as a letter in a shape: told apart without colour, too. */
const letters: Readonly<Record<string, string>> = {
  primary: 'P',
  secondary: 'S',
  spare: 'R',
  quiescing: 'Q',
  offline: '–',
  unknown: '?',
}

export const roleLetters = letters

export interface RoleMarkProps {
  readonly role: string
  readonly phase?: string
  readonly mark?: string | null
}

const settled = ['ready', 'stopped', '']

export function RoleMark({ role, phase = 'ready', mark = null }: RoleMarkProps) {
  const isMoving = !settled.includes(phase) && phase !== 'stopFailed'
  const name = `role is-${role} ${isMoving ? 'is-moving' : ''} ${mark ? `is-${mark}` : ''}`
  return <span class={name}>{mark === 'failed' || mark === 'barred' ? '×' : (letters[role] ?? '?')}</span>
}

/** What it says when read aloud or hovered. */
export function roleText({ role, phase = '', mark = null }: RoleMarkProps): string {
  const how = settled.includes(phase) ? '' : `, ${phase}`
  return `${role}${how}${mark ? `, ${mark}` : ''}`
}
