/** How many changes of role lie between what is and what was decided, ways round included. */
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import type { Place } from '../../machines/logic/placement/stepsPlace.ts'
import { progressOf } from '../../machines/logic/placement/stepsProgress.ts'
import type { Role } from '../../machines/model/roles.ts'
import { compareTokens } from '../../machines/model/token.ts'

const path: Record<Role, Record<Role, number>> = {
  offline: { offline: 0, spare: 1, secondary: 2, primary: 1, quiescing: 0 },
  spare: { offline: 1, spare: 0, secondary: 1, primary: 1, quiescing: 0 },
  secondary: { offline: 1, spare: 1, secondary: 0, primary: 1, quiescing: 0 },
  primary: { offline: 2, spare: 2, secondary: 3, primary: 0, quiescing: 1 },
  quiescing: { offline: 1, spare: 1, secondary: 2, primary: 2, quiescing: 0 },
}

export function distanceOf(input: PlanInput): number {
  const { standings } = progressOf(input, null)
  return standings.reduce(
    (sum, { places }) => sum + places.reduce((most, place) => most + distanceOfPlace(place), 0),
    0,
  )
}

function distanceOfPlace({ aim, of: { status, intended } }: Place): number {
  if (status === null || intended === null) return 0
  const from = status.role
  const to = intended.role
  if (aim === 'offline' && to !== 'offline') return path[from].offline + path.offline[to]
  const isOld = compareTokens(status.token, intended.token) < 0
  if (from === to && isOld) return to === 'secondary' ? 2 : to === 'offline' ? 0 : 1
  return path[from][to]
}
