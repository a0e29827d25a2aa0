import { describe, test } from 'bun:test'
import { assign, converse, done, exited, failed, healthFailed, leaseGained, leaseLost, ready, taking } from './words.ts'

describe('on a node that has lost the quorum', () => {
  test('`demote`: a primary is a spare, in half of the time that it has', () => {
    converse(
      {
        input: { withoutQuorum: 'demote' },
        given: taking('primary', '1.4'),
        events: [leaseLost, done('spare', '1.4', 1), assign('primary', '1.4'), assign('primary', '1.5')],
      },
      `
        primary.ready
      > lease.lost
        spare.assuming
        < report spare.assuming 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
        < invoke spare 1.4 at #1 within 350 ms
        @ roleLimit 1350 ms
      > role.done spare 1.4 #1
        spare.ready
        < inactive #1
        < report spare.ready 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
      > role.assign primary 1.4
        spare.ready
        < refuse primary 1.4: stale-token
      > role.assign primary 1.5
        primary.assuming
        < active #1
        < report primary.assuming 1.5 #1
        < invoke primary 1.5 at #1 within 2000 ms
        @ roleLimit 3000 ms
    `,
    )
  })

  test('`demote`: one that does not obey is killed', () => {
    converse(
      {
        input: { withoutQuorum: 'demote' },
        given: taking('primary', '1.4'),
        events: [leaseLost, failed('spare', '1.4', 1), exited(1)],
      },
      `
        primary.ready
      > lease.lost
        spare.assuming
        < report spare.assuming 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
        < invoke spare 1.4 at #1 within 350 ms
        @ roleLimit 1350 ms
      > role.failed spare 1.4 #1 role.failed, exit code 3
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
        @ stopLimit 3000 ms
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
    `,
    )
  })

  test('`demote`: what cannot be told, has no process as a spare, or only starts, stops', () => {
    for (const [input, given] of [
      [{ standsDown: false }, taking('primary', '1.4')],
      [{ standby: 'warm' as const }, taking('primary', '1.4')],
      [{}, [assign('primary', '1.4')]],
    ] as const)
      converse(
        { input: { withoutQuorum: 'demote', ...input }, given, events: [leaseLost] },
        `
          primary.${given.length === 1 ? 'preparing' : 'ready'}
        > lease.lost
          offline.stopping
          < stop #1 within 700 ms
          < report offline.stopping 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
          @ stopLimit 3700 ms
      `,
      )
  })

  test('`freeze`: it stays, and is out of its role if it fails', () => {
    converse(
      {
        input: { exclusive: false, withoutQuorum: 'freeze' },
        given: taking('primary', '1.4'),
        events: [leaseLost, exited(1)],
      },
      `
        primary.ready
      > lease.lost
        primary.ready
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: process.exited, signal SIGKILL
    `,
    )
  })

  test('`ignore`: what fails is started again in its role; three times', () => {
    converse(
      {
        input: { exclusive: false, withoutQuorum: 'ignore' },
        given: taking('primary', '1.4'),
        events: [
          leaseLost,
          exited(1),
          ready(2),
          failed('primary', '1.4', 2),
          exited(2),
          ready(3),
          healthFailed(3),
          exited(3),
          exited(4),
        ],
      },
      `
        primary.ready
      > lease.lost
        primary.ready
      > process.exited #1 signal SIGKILL
        primary.preparing
        < inactive #1
        < active #2
        < report primary.preparing 1.4 #2
        < start #2 as primary 1.4
        @ prepareLimit 9000 ms
      > process.ready #2
        primary.assuming
        < report primary.assuming 1.4 #2
        < invoke primary 1.4 at #2 within 2000 ms
        @ roleLimit 3000 ms
      > role.failed primary 1.4 #2 role.failed, exit code 3
        primary.preparing
        < kill #2
        < report primary.preparing 1.4 #2
        @ prepareLimit 3000 ms
      > process.exited #2 signal SIGKILL
        primary.preparing
        < inactive #2
        < active #3
        < report primary.preparing 1.4 #3
        < start #3 as primary 1.4
        @ prepareLimit 9000 ms
      > process.ready #3
        primary.assuming
        < report primary.assuming 1.4 #3
        < invoke primary 1.4 at #3 within 2000 ms
        @ roleLimit 3000 ms
      > health.failed #3 probe.failed, 3 probes in a row
        primary.preparing
        < kill #3
        < report primary.preparing 1.4 #3
        @ prepareLimit 3000 ms
      > process.exited #3 signal SIGKILL
        primary.preparing
        < inactive #3
        < active #4
        < report primary.preparing 1.4 #4
        < start #4 as primary 1.4
        @ prepareLimit 9000 ms
      > process.exited #4 signal SIGKILL
        offline.stopped
        < inactive #4
        < report offline.stopped 1.4 #4 failed: process.exited, signal SIGKILL
    `,
    )
  })

  test('`ignore`: with the lease it is again for the CRIM to decide', () => {
    converse(
      {
        input: { exclusive: false, withoutQuorum: 'ignore' },
        given: taking('primary', '1.4'),
        events: [leaseLost, leaseGained, exited(1)],
      },
      `
        primary.ready
      > lease.lost
        primary.ready
      > lease.gained
        primary.ready
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: process.exited, signal SIGKILL
    `,
    )
  })

  test('an exclusive one never stays', () => {
    converse(
      { input: { withoutQuorum: 'ignore' }, given: taking('primary', '1.4'), events: [leaseLost] },
      `
        primary.ready
      > lease.lost
        offline.stopping
        < stop #1 within 700 ms
        < report offline.stopping 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
        @ stopLimit 3700 ms
    `,
    )
  })
})
