/** Machines of their own for the nodes of a test: network namespaces on two switches, whose cables can be pulled. */
const switchSpace = 'switch'

/** Made by `ip`; all names carry a prefix of this process, and `remove` takes all of it away. */
export class Namespaces {
  readonly #prefix = `rc${process.pid}`
  readonly #nodes: readonly string[]
  #made: string[] = []

  constructor(nodes: readonly string[]) {
    this.#nodes = nodes
  }

  /** null: they can be made here; else why not. */
  static unavailable(): string | null {
    if (process.getuid?.() !== 0) return 'not root'
    for (const program of ['ip', 'nsenter', 'nft']) if (!Bun.which(program)) return `no ${program}`
    const name = `rc${process.pid}-try`
    try {
      ip('netns', 'add', name)
      ip('-n', name, 'link', 'add', 'bridge0', 'type', 'bridge')
      ip('-n', name, 'link', 'add', 'try0', 'type', 'veth', 'peer', 'name', 'try1')
      return null
    } catch (error) {
      return String(error)
    } finally {
      Bun.spawnSync(['ip', 'netns', 'delete', name])
    }
  }

  make(): void {
    this.#add(switchSpace)
    for (const link of [0, 1]) {
      ip('-n', this.#of(switchSpace), 'link', 'add', `bridge${link}`, 'type', 'bridge')
      ip('-n', this.#of(switchSpace), 'link', 'set', `bridge${link}`, 'up')
    }
    for (const node of this.#nodes) {
      this.#add(node)
      ip('-n', this.#of(node), 'link', 'set', 'lo', 'up')
      for (const link of [0, 1]) this.#connect(node, link)
    }
  }

  addressOf(node: string, link: number): string {
    return `10.${77 + link}.0.${1 + this.#nodes.indexOf(node)}`
  }

  /** The file that is the namespace of a node, for `nsenter --net=`. */
  fileOf(node: string): string {
    return `/run/netns/${this.#of(node)}`
  }

  /** Pulls the cable at the switch, or puts it back: the node's own interface loses its carrier. */
  cable(node: string, link: number, isIn: boolean): void {
    ip('-n', this.#of(switchSpace), 'link', 'set', `${node}-${link}`, isIn ? 'up' : 'down')
  }

  /**
   * From now on drops so many percent of what the node sends (`out`) or receives (`in`) on a link, of or for one other node
   * or all; `mend` ends all of it.
   */
  drop(node: string, of: { link: number; direction: 'in' | 'out'; peer?: string; percent?: number }): void {
    const { link, direction, peer, percent = 100 } = of
    const interfaceMatch = `${direction === 'in' ? 'iifname' : 'oifname'} link${link}`
    const peerMatch = peer ? `ip ${direction === 'in' ? 'saddr' : 'daddr'} ${this.addressOf(peer, link)}` : ''
    const luck = percent < 100 ? `numgen random mod 100 < ${percent}` : ''
    const hook = direction === 'in' ? 'input' : 'output'
    const rule = `add table inet faults
      add chain inet faults ${hook} { type filter hook ${hook} priority 0; }
      add rule inet faults ${hook} ${interfaceMatch} ${peerMatch} ${luck} drop`
    run(['nsenter', `--net=${this.fileOf(node)}`, 'nft', rule])
  }

  mend(node: string): void {
    run(['nsenter', `--net=${this.fileOf(node)}`, 'nft', 'add table inet faults; delete table inet faults'])
  }

  remove(): void {
    for (const space of this.#made.splice(0)) Bun.spawnSync(['ip', 'netns', 'delete', this.#of(space)])
  }

  #connect(node: string, link: number): void {
    const [space, hub, port] = [this.#of(node), this.#of(switchSpace), `${node}-${link}`]
    ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', `link${link}`, 'netns', space)
    ip('-n', hub, 'link', 'set', port, 'master', `bridge${link}`)
    ip('-n', hub, 'link', 'set', port, 'up')
    ip('-n', space, 'address', 'add', `${this.addressOf(node, link)}/24`, 'dev', `link${link}`)
    ip('-n', space, 'link', 'set', `link${link}`, 'up')
  }

  #add(space: string): void {
    ip('netns', 'add', this.#of(space))
    this.#made.push(space)
  }

  #of(space: string): string {
    return `${this.#prefix}-${space}`
  }
}

function ip(...words: string[]): void {
  run(['ip', ...words])
}

function run(command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { stdout: 'ignore', stderr: 'pipe' })
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString().trim()}`)
}
