/**
 * What a node tells Prometheus. A state is a label: of each thing there is one sample a state, 1 for the one it is in. The number of
 * samples is bounded by the configuration: nothing that clients send makes a label.
 */
import type { ClusterView } from '../../../machines/model/view.ts'
import { version } from '../../cli/version.ts'
import { exposition, type Family, type HistogramFamily, type Sample } from '../../manage/http/exposition.ts'
import type { StreamHub } from '../../manage/http/stream.ts'
import type { Parts } from '../parts.ts'
import { viewOf } from '../view.ts'
import type { Watcher } from './watcher.ts'

const availabilities = ['unknown', 'alive', 'suspect', 'unreachable', 'isolated', 'ended', 'leaving', 'left']
const healths = ['served', 'degraded', 'unserved']
const roles = ['primary', 'secondary', 'spare', 'quiescing', 'offline', 'unknown']
const severities = ['critical', 'warning']

export function metricsOf(parts: Parts, { watcher, hub }: { watcher: Watcher; hub: StreamHub | null }): string {
  const view = viewOf(parts)
  return exposition([
    ...clusterFamilies(view),
    ...roleFamilies(view),
    ...watchedFamilies(watcher),
    ...storeFamilies(parts),
    ...logFamilies(parts),
    ...networkFamilies(parts),
    ...processFamilies(parts, hub),
  ])
}

function gauge(name: string, help: string, samples: readonly Sample[] | number): Family {
  return family('gauge', name, help, samples)
}

function counter(name: string, help: string, samples: readonly Sample[] | number): Family {
  return family('counter', name, help, samples)
}

function family(type: Family['type'], name: string, help: string, samples: readonly Sample[] | number): Family {
  return { name: `rolecall_${name}`, help, type, samples: typeof samples === 'number' ? [{ value: samples }] : samples }
}

/** One sample a state. A state that is none of them is none of them. */
function oneOf(states: readonly string[], state: string, labels: Record<string, string>, label = 'state'): Sample[] {
  return states.map((each) => ({ labels: { ...labels, [label]: each }, value: Number(each === state) }))
}

function clusterFamilies(view: ClusterView): Family[] {
  const { cluster, node, master, vice, epoch, quorum, nodes, problems } = view
  const flag = (isTrue: boolean) => Number(isTrue)
  return [
    gauge('build_info', 'Always 1; its labels say what runs.', [
      { labels: { version, bun: Bun.version, cluster, node }, value: 1 },
    ]),
    gauge('quorum', 'Whether this node is in touch with a majority that has a master.', flag(quorum.isQuorate)),
    gauge('quorum_voters', 'Nodes whose votes count.', quorum.voterCount),
    gauge('quorum_voters_alive', 'Of them, those that this node hears.', quorum.aliveVoterCount),
    gauge('quorum_voters_needed', 'So many are a majority.', quorum.neededCount),
    gauge('epoch', 'Of the mastership: goes up with each election.', epoch),
    gauge(
      'master',
      'Which node is master, as this node knows: 1 for that one.',
      nodes.map(({ name }) => ({ labels: { node: name }, value: flag(name === master) })),
    ),
    gauge(
      'vice',
      'Which node is vice master: 1 for that one.',
      nodes.map(({ name }) => ({ labels: { node: name }, value: flag(name === vice) })),
    ),
    gauge('is_master', 'Whether this node is master.', flag(master === node)),
    gauge(
      'node_state',
      'What this node knows of each: 1 for the state it is in.',
      nodes.flatMap(({ name, availability }) => oneOf(availabilities, availability, { node: name })),
    ),
    gauge(
      'link_up',
      'Whether heartbeats come over a link to a node.',
      nodes.flatMap(({ name, links }) =>
        links.map(({ address, isUp }) => ({ labels: { node: name, address }, value: flag(isUp) })),
      ),
    ),
    gauge(
      'problems',
      'What is wrong, as rolecall problems lists it.',
      severities.map((severity) => ({
        labels: { severity },
        value: problems.filter((problem) => problem.severity === severity).length,
      })),
    ),
  ]
}

function roleFamilies({ assignments, components, node }: ClusterView): Family[] {
  return [
    gauge(
      'assignment_health',
      'Of each assignment: 1 for the health it is in.',
      assignments.flatMap(({ name, health }) => oneOf(healths, health, { assignment: name }, 'health')),
    ),
    gauge(
      'assignment_primaries',
      'Primaries that are ready.',
      assignments.map(({ name, primary, primaries }) => ({
        labels: { assignment: name },
        value: primaries?.length ?? Number(primary !== null),
      })),
    ),
    gauge(
      'component_role',
      'Of the components of this node: 1 for the role that each has.',
      components
        .filter(({ component }) => component.startsWith(`${node}/`))
        .flatMap(({ component, assignment, role }) =>
          oneOf(roles, role, { component, assignment: assignment ?? '' }, 'role'),
        ),
    ),
    gauge(
      'component_ready',
      'Of the components of this node: whether each is in the role that it is to have.',
      components
        .filter(({ component }) => component.startsWith(`${node}/`))
        .map(({ component, assignment, role, phase, intendedRole }) => ({
          labels: { component, assignment: assignment ?? '' },
          value: Number(role === intendedRole && (phase === 'ready' || phase === 'stopped')),
        })),
    ),
  ]
}

function watchedFamilies(watcher: Watcher): (Family | HistogramFamily)[] {
  const byAssignment = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([assignment, value]) => ({ labels: { assignment }, value }))
  return [
    counter(
      'failovers_total',
      'Primaries that another took over from after they fell, as this node saw it.',
      byAssignment(watcher.failoverCounts),
    ),
    counter(
      'switchovers_total',
      'Primaries that another took over from in order, as this node saw it.',
      byAssignment(watcher.switchoverCounts),
    ),
    counter(
      'mastership_changes_total',
      'Masters that followed another, as this node saw it.',
      watcher.mastershipChangeCount,
    ),
    {
      name: 'rolecall_outage_duration_seconds',
      help: 'How long no primary of an assignment was ready, as this node saw it.',
      type: 'histogram',
      histogram: watcher.outageSeconds,
    },
    {
      name: 'rolecall_detection_duration_seconds',
      help: 'From the last heartbeat of a node until its loss was certain.',
      type: 'histogram',
      histogram: watcher.detectionSeconds,
    },
    {
      name: 'rolecall_loop_lag_seconds',
      help: 'How much later than asked for the loop of the node process turned.',
      type: 'histogram',
      histogram: watcher.lagSeconds,
    },
  ]
}

function storeFamilies({ replica, recorder, tap }: Parts): Family[] {
  const box = recorder.stats()
  return [
    gauge('repository_revision', 'Of the configuration repository, as applied here.', replica.tree.revision),
    gauge('log_commit_index', 'Last entry of the replicated log that is decided, as known here.', replica.commitIndex),
    gauge('log_up_to_date', 'Whether this node has applied what it heard is decided.', Number(replica.isUpToDate)),
    counter('recorder_records_total', 'Steps written to the black box.', box.recordCount),
    counter('recorder_snapshots_total', 'Snapshots written to the black box.', box.snapshotCount),
    counter(
      'recorder_omitted_total',
      'Records too large for the black box; a marker stands for each.',
      box.omittedCount,
    ),
    counter('recorder_lost_total', 'Records that no segment of the black box could take.', box.lostCount),
    counter('recorder_written_bytes_total', 'Written to the black box.', box.byteCount),
    gauge('recorder_segments', 'Segments of the black box on disk.', box.segmentCount),
    counter('stream_untold_total', 'Records that came too fast to be told to those who watch.', tap.droppedCount),
  ]
}

function logFamilies({ clusterLog }: Parts): Family[] {
  if (!clusterLog) return []
  const stats = clusterLog.stats()
  return [
    gauge('cluster_log_records', 'Records of the cluster log kept on this node.', stats.recordCount),
    gauge('cluster_log_size_bytes', 'What they take on disk.', stats.sizeBytes),
    gauge('cluster_log_queued', 'Records that wait for the disk.', stats.queuedCount),
    counter('cluster_log_taken_total', 'Records taken from the machines of this node.', stats.takenCount),
    counter('cluster_log_overflow_total', 'Records that came too fast, and are fetched later.', stats.overflowCount),
    counter('cluster_log_lost_total', 'Records that had to go before they were archived.', stats.lostCount),
    counter('cluster_log_archived_total', 'Records that this node archived.', stats.archivedCount),
    gauge(
      'cluster_log_archive_failing',
      'Whether the last attempt to archive failed.',
      Number(stats.archiveFailure !== null),
    ),
    gauge('cluster_log_is_keeper', 'Whether this node keeps the whole log.', Number(stats.isKeeper)),
  ]
}

function networkFamilies({ network }: Parts): Family[] {
  const counters = network.counters()
  return [
    counter('network_received_total', 'Datagrams that arrived.', counters.receivedCount),
    counter('network_delivered_total', 'Messages of other nodes that were handed on.', counters.deliveredCount),
    counter('network_sent_total', 'Datagrams handed to a link.', counters.sentCount),
    counter('network_retransmitted_total', 'Messages that were sent again.', counters.retransmittedCount),
    counter(
      'network_refused_total',
      'Datagrams that were refused, by the reason.',
      Object.entries(counters.refusedCount).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    counter('network_dropped_total', 'Messages that were given up.', counters.droppedCount),
    counter('network_link_failures_total', 'Sends that a link failed.', counters.linkFailureCount),
  ]
}

function processFamilies({ incarnation }: Parts, hub: StreamHub | null): Family[] {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return [
    gauge('node_life', "The life of this node's process, counted by its guard.", incarnation),
    gauge('process_uptime_seconds', 'Since the node process started.', process.uptime()),
    gauge('process_resident_memory_bytes', 'Of the node process.', rss),
    gauge('process_heap_bytes', 'Of the node process.', heapUsed),
    counter('process_cpu_seconds_total', 'Of the node process.', (user + system) / 1e6),
    gauge('stream_clients', 'Who watch the stream of this node.', hub?.clientCount ?? 0),
    counter('stream_cut_total', 'Clients of the stream that were cut off, mostly as too slow.', hub?.cutCount ?? 0),
  ]
}
