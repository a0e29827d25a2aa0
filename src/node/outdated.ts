/**
 * A disk that came back old (restored from a backup, a snapshot rolled back): a voter that forgot its votes and entries could
 * help to elect a second master, or to lose what was acknowledged. It shows when a peer speaks of a later life of this node. What is on the disk
 * is then set aside, not deleted, and the node begins anew with an empty repository, as one whose disk was replaced does.
 */
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { keepIncarnation } from '../guard/incarnation.ts'

/** Sets the repository in a node's state directory aside; the next life comes after `known`. Returns where it is now; null: there was none. */
export function setAside(stateDirectory: string, known: number): string | null {
  keepIncarnation(stateDirectory, known)
  const path = join(stateDirectory, 'repository')
  if (!existsSync(path)) return null
  const aside = `${path}.outdated-${known}`
  if (existsSync(aside)) return null
  renameSync(path, aside)
  return aside
}
