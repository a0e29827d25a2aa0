/** SPEC R1: a component's role for an assignment changes only as allowed. One whose process ended is offline. */
import { isRoleChangeAllowed, type Role } from '../../../machines/model/roles.ts'
import { type Checker, goneWith } from './checker.ts'

export function roleChangesAllowed(): Checker {
  const held = new Map<string, { node: string; component: string; role: Role }>()
  return {
    name: 'role-changes-allowed',
    observe(seen, report) {
      if (seen.type === 'role.changed') {
        const { node, component, assignment, role } = seen
        const key = JSON.stringify([component, assignment])
        const from = held.get(key)?.role ?? 'offline'
        if (!isRoleChangeAllowed({ from, to: role }))
          report(`${component} went from ${from} to ${role} for ${assignment}`, {
            component,
            assignment,
            from,
            to: role,
          })
        held.set(key, { node, component, role })
      }
      const isGone = goneWith(seen)
      if (isGone === null) return
      for (const [key, one] of held) if (isGone(one)) held.delete(key)
    },
  }
}
