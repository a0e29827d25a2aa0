/** What is under way in the cluster in miniature (`roleCluster.ts`), by channel: the first of each is delivered next. */
import { type ComponentId, nodeOf } from '../../machines/model/ids.ts'

export class Channels extends Map<string, Array<() => void>> {
  later(channel: string, action: () => void): void {
    const queue = this.get(channel) ?? []
    queue.push(action)
    this.set(channel, queue)
  }

  /** Delivers all that is under way in one channel, and what follows from it there. */
  deliver(channel: string): void {
    for (let action = this.get(channel)?.shift(); action; action = this.get(channel)?.shift()) action()
  }

  /** Nothing of the node's, and of its components', is under way any more. */
  clearOf(name: string): void {
    for (const channel of this.keys()) {
      const [direction, subject] = channel.split(' ')
      const isOfNode = subject === name || (direction === 'agent' && nodeOf(subject as ComponentId) === name)
      if (isOfNode) this.delete(channel)
    }
  }
}
