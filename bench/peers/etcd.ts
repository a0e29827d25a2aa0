/** Three members of etcd on loopback, written to through the JSON gateway of their leader. */
import { join } from 'node:path'
import { freePorts } from '../../src/demo/ports.ts'
import type { RepositoryPeer, Skipped } from './repositoryPeer.ts'

const startTimeoutMs = 20_000

/** Defaults of etcd: each write is synchronized to disk on a majority before it is acknowledged. */
export async function startEtcd(directory: string): Promise<RepositoryPeer | Skipped> {
  const program = Bun.which('etcd')
  if (program === null) return { peer: 'etcd', why: 'it is not installed (etcd-server)' }
  const ports = await freePorts(6)
  const names = ['m1', 'm2', 'm3']
  const peerUrl = (index: number) => `http://127.0.0.1:${ports[index]}`
  const clientUrl = (index: number) => `http://127.0.0.1:${ports[index + 3]}`
  const members = names.map((name, index) => `${name}=${peerUrl(index)}`).join(',')
  const children = names.map((name, index) =>
    Bun.spawn(
      [
        program,
        ...['--name', name, '--data-dir', join(directory, `etcd-${name}`), '--log-level', 'error'],
        ...['--listen-peer-urls', peerUrl(index), '--initial-advertise-peer-urls', peerUrl(index)],
        ...['--listen-client-urls', clientUrl(index), '--advertise-client-urls', clientUrl(index)],
        ...['--initial-cluster', members, '--initial-cluster-state', 'new'],
      ],
      {
        detached: true,
        stdin: 'ignore',
        stdout: 'ignore',
        stderr: 'ignore',
        env: { PATH: '', ETCD_UNSUPPORTED_ARCH: process.arch },
      },
    ),
  )
  const stop = async () => {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map((child) => child.exited))
  }
  const post = (index: number, path: string, body: object) =>
    fetch(`${clientUrl(index)}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) })
  const leader = await findLeader(post, names.length)
  if (leader === null) {
    await stop()
    return { peer: 'etcd', why: `no leader within ${startTimeoutMs / 1000} s` }
  }
  return {
    name: 'etcd',
    async write(key, value) {
      const response = await post(leader, 'kv/put', { key: btoa(key), value: btoa(value) })
      await response.arrayBuffer()
      return response.ok
    },
    stop,
  }
}

async function findLeader(
  post: (index: number, path: string, body: object) => Promise<Response>,
  memberCount: number,
): Promise<number | null> {
  const endNs = Bun.nanoseconds() + startTimeoutMs * 1e6
  while (Bun.nanoseconds() < endNs) {
    for (let index = 0; index < memberCount; index++) {
      const status = (await post(index, 'maintenance/status', {})
        .then((response) => response.json())
        .catch(() => null)) as { leader?: string; header?: { member_id?: string } } | null
      if (status?.leader !== undefined && status.leader !== '0' && status.leader === status.header?.member_id)
        return index
    }
    await Bun.sleep(100)
  }
  return null
}
