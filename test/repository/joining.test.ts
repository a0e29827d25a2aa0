import { expect, test } from 'bun:test'
import type { Founder } from '../../machines/logic/formation.ts'
import { isCompatible } from '../../machines/logic/protocol.ts'
import { clusterIdOf, Joining } from '../../src/repository/joining.ts'
import type { HelloMessage } from '../../src/wire/messages/hello.ts'
import { ManualClock } from '../support/manualClock.ts'

const expected = ['n1', 'n2', 'n3'].map((name) => ({ name, kind: 'voter' as const }))

/** Nodes that say hello over a network that takes a moment; `isCut` loses what passes between two. */
class Nodes {
  readonly clock = new ManualClock()
  readonly founded = new Map<string, { cluster: string; founders: readonly Founder[] }>()
  readonly disks: string[] = []
  readonly foreign: string[] = []
  readonly protocols: string[] = []
  isCut: (from: string, to: string) => boolean = () => false
  readonly #running = new Map<string, Joining>()

  start(name: string, { disk = `${name}-1`, isForced = false, protocols = { oldest: 1, newest: 1 } } = {}): Joining {
    this.#running.get(name)?.stop()
    const joining = new Joining({
      ...{ self: name, disk, expected, isForced, protocols, clock: this.clock },
      peers: () => expected.map(({ name }) => name).filter((other) => other !== name),
      founded: () => (this.founded.get(name) as HelloMessage['founded']) ?? null,
      send: (to, message) => this.#carry(name, to, message),
      found: (founders) => void this.founded.set(name, { cluster: clusterIdOf(founders), founders }),
      onProtocols: (node, theirs) => {
        this.protocols.push(`${name} hears ${node} speak ${theirs.oldest} to ${theirs.newest}`)
        return isCompatible(protocols, theirs)
      },
      onDisk: (node, disk) => void this.disks.push(`${name} sees ${node} with ${disk}`),
      onForeign: (node) => void this.foreign.push(`${name} refuses ${node}`),
    })
    this.#running.set(name, joining)
    joining.start()
    return joining
  }

  #carry(from: string, to: string, message: HelloMessage): void {
    const text = JSON.stringify(message)
    this.clock.setTimer(1, () => {
      if (!this.isCut(from, to)) this.#running.get(to)?.receive(from, JSON.parse(text))
    })
  }
}

test('three empty disks found one cluster; nothing before the last is there', () => {
  const nodes = new Nodes()
  const n1 = nodes.start('n1')
  nodes.start('n2')
  nodes.clock.advance(10_000)
  expect([nodes.founded.size, n1.missing]).toEqual([0, ['n3']])
  nodes.start('n3')
  nodes.clock.advance(500)
  expect(new Set([...nodes.founded.values()].map(({ cluster }) => cluster)).size).toBe(1)
  expect([nodes.founded.size, n1.missing]).toEqual([3, []])
  expect(nodes.clock.timerCount).toBe(0)
})

test('a founder that missed the founding adopts it', () => {
  const nodes = new Nodes()
  nodes.isCut = (from, to) => to === 'n3' && from === 'n2'
  for (const name of ['n1', 'n2', 'n3']) nodes.start(name)
  nodes.clock.advance(1000)
  expect(nodes.founded.size).toBe(3)
})

test('a node whose disk was replaced waits to be admitted, however many others are as empty', () => {
  const nodes = new Nodes()
  for (const name of ['n1', 'n2', 'n3']) nodes.start(name)
  nodes.clock.advance(1000)
  nodes.founded.delete('n2')
  const n2 = nodes.start('n2', { disk: 'n2-2', isForced: true })
  nodes.clock.advance(5000)
  expect([nodes.founded.has('n2'), n2.isWaitingForAdmission, n2.missing]).toEqual([false, true, []])
  expect(nodes.disks).toContain('n1 sees n2 with n2-2')
})

test('a majority is enough only if the operator says so', () => {
  const nodes = new Nodes()
  nodes.start('n1')
  nodes.start('n2', { isForced: true })
  nodes.clock.advance(1000)
  expect(nodes.founded.get('n2')!.founders.map(({ disk }) => disk)).toEqual(['n1-1', 'n2-1', ''])
  expect(nodes.founded.get('n1')).toEqual(nodes.founded.get('n2')!)
})

test('a node of another cluster is refused', () => {
  const nodes = new Nodes()
  for (const name of ['n1', 'n2', 'n3']) nodes.start(name)
  nodes.clock.advance(1000)
  nodes.founded.set('n3', { cluster: 'another', founders: [] })
  nodes.start('n3')
  nodes.clock.advance(1000)
  expect(nodes.foreign).toContain('n1 refuses n3')
})

test('one that shares no protocol founds nothing with the others, and both sides are told', () => {
  const nodes = new Nodes()
  const n1 = nodes.start('n1')
  nodes.start('n2')
  nodes.start('n3', { protocols: { oldest: 2, newest: 3 } })
  nodes.clock.advance(1000)
  expect([nodes.founded.size, n1.missing, nodes.disks.some((text) => text.includes('n3'))]).toEqual([0, ['n3'], false])
  expect(nodes.protocols).toContain('n1 hears n3 speak 2 to 3')
  expect(nodes.protocols).toContain('n3 hears n1 speak 1 to 1')
})

test('one that has a log says hello until everybody has said it, and again to one that returned', () => {
  const nodes = new Nodes()
  for (const name of ['n1', 'n2', 'n3']) nodes.start(name)
  nodes.clock.advance(1000)
  nodes.isCut = () => true
  const n1 = nodes.start('n1')
  nodes.clock.advance(1000)
  nodes.protocols.length = 0
  nodes.isCut = () => false
  nodes.clock.advance(3000)
  expect(nodes.protocols.filter((text) => text.startsWith('n1 hears'))).toHaveLength(2)
  expect(nodes.clock.timerCount).toBe(0)
  nodes.protocols.length = 0
  n1.returned('n2')
  nodes.clock.advance(3000)
  expect(nodes.protocols).toEqual(['n2 hears n1 speak 1 to 1', 'n1 hears n2 speak 1 to 1'])
})
