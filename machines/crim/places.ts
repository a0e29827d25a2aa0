/** Components and the places in them, as the CRIM has to do with both. */
import type { ComponentType } from '../model/configuration.ts'
import { type ComponentId, componentNameOf, hostOf, nodeOf } from '../model/ids.ts'
import type { CrimContext } from './context.ts'

/** null: it is no longer configured. */
export function typeOfComponent({ configuration }: CrimContext, component: ComponentId): ComponentType | null {
  const configured = configuration.components[componentNameOf(component)]
  return configured ? configuration.types[configured.type]! : null
}

/** Those whose node has said something of them: the component itself, or its places. */
export function placesOfHost({ statuses }: CrimContext, host: ComponentId): ComponentId[] {
  return (Object.keys(statuses) as ComponentId[]).filter((place) => hostOf(place) === host)
}

/** Nothing of it runs, or is about to. */
export function isHostStopped(context: CrimContext, host: ComponentId): boolean {
  return placesOfHost(context, host).every((place) => {
    const { role, phase } = context.statuses[place]!
    return role === 'offline' && phase === 'stopped' && context.commanded[place] === undefined
  })
}

/** In maintenance, by itself or with what it belongs to: nothing there is touched, and what happens there is nobody's failure. */
export function isMaintained({ administrative, intents }: CrimContext, place: ComponentId): boolean {
  const { isMaintained, nodes, components, assignments } = administrative
  if (isMaintained || nodes[nodeOf(place)] === 'maintenance' || components[hostOf(place)] !== undefined) return true
  const served = Object.keys(assignments).filter((name) => assignments[name] === 'maintenance')
  return served.some((name) => intents[name]?.roles[place] !== undefined)
}
