/** Restart: what runs there stops, and is what it was again after that. Nobody stands in for it meanwhile. */
import type { PlanInput } from '../../logic/placement/index.ts'
import { type ComponentId, hostOf } from '../../model/ids.ts'
import type { Operation, Target } from '../../model/operation.ts'
import type { CrimContext, PendingOperation } from '../context.ts'
import { placesOfHost } from '../places.ts'
import { planInputOf } from '../propose.ts'
import { intendedRoleOf } from '../recovery.ts'
import { failedWith, noSuch, type OperationKind } from './kind.ts'
import { nameOf, placesOf, whyUnknown } from './targets.ts'

type Restart = Operation & { readonly target: Target }

export const restart: OperationKind<Restart> = {
  name: ({ target }) => `restarting ${nameOf(target)}`,
  check(context, { target }) {
    const unknown = whyUnknown(context, target)
    if (unknown !== null) return noSuch(unknown)
    const hosts = runningHosts(context, target)
    if (hosts.length === 0) return { kind: 'done', text: `nothing of ${nameOf(target)} runs` }
    return { kind: 'possible', after: withoutHosts(context, hosts), isOutage: true }
  },
  begin(context, pending, { target }) {
    const hosts = runningHosts(context, target)
    return {
      change: { withheld: withheldToo(context, hosts) },
      pending: { ...pending, hosts: livesOf(context, hosts) },
      changes: [],
    }
  },
  result(context, { hosts }, { target }) {
    const names = Object.keys(hosts) as ComponentId[]
    const fallen = names.find((host) => placesOfHost(context, host).some((place) => context.statuses[place]!.failure))
    if (fallen) return failedWith(`${fallen} failed when it was restarted; see status`)
    const isBack = names.every((host) => !context.withheld[host] && isAsIntended(context, host))
    return isBack ? { ok: true, text: `${nameOf(target)} is restarted` } : null
  },
}

function runningHosts(context: CrimContext, target: Target): ComponentId[] {
  const running = placesOf(context, target).filter(
    ({ place }) => (context.statuses[place]?.role ?? 'offline') !== 'offline',
  )
  return [...new Set(running.map(({ place }) => hostOf(place)))].sort()
}

export function withheldToo(context: CrimContext, hosts: readonly ComponentId[]): CrimContext['withheld'] {
  return { ...context.withheld, ...Object.fromEntries(hosts.map((host) => [host, true as const])) }
}

/** The life that each of them has now. */
export function livesOf({ statuses }: CrimContext, hosts: readonly ComponentId[]): PendingOperation['hosts'] {
  const lives = hosts.map((host) => {
    const places = (Object.keys(statuses) as ComponentId[]).filter((place) => hostOf(place) === host)
    return [host, Math.max(0, ...places.map((place) => statuses[place]!.incarnation))]
  })
  return Object.fromEntries(lives)
}

/** What is there for as long as nothing of them runs. */
export function withoutHosts(context: CrimContext, hosts: readonly ComponentId[]): PlanInput {
  const statuses = Object.entries(context.statuses).filter(([place]) => !hosts.includes(hostOf(place as ComponentId)))
  return planInputOf({ ...context, statuses: Object.fromEntries(statuses), withheld: withheldToo(context, hosts) })
}

function isAsIntended(context: CrimContext, host: ComponentId): boolean {
  return placesOfHost(context, host).every((place) => {
    const intended = intendedRoleOf(context, place) ?? 'offline'
    const { role, phase } = context.statuses[place]!
    return role === intended && (phase === 'ready' || phase === 'stopped')
  })
}
