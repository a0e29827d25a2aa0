import { describe, test } from 'bun:test'
import { announced, assign, converse, exited, healthFailed, load, ready, restored, taking } from './words.ts'

describe('an error report that needs the component in its role', () => {
  const recovery = { first: 'reset' as const, byCode: { 'disk.full': 'restart' as const } }
  const given = taking('primary', '1.4')

  test('leaves it there for the CRIM to decide; what follows from it is no news; a reset ends it', () => {
    converse(
      { input: { recovery }, given, events: [healthFailed(1), healthFailed(1), restored(1), restored(1)] },
      `
        primary.ready
      > health.failed #1 probe.failed, 3 probes in a row
        primary.ready
        < report primary.ready 1.4 #1 failed: probe.failed, 3 probes in a row
      > health.failed #1 probe.failed, 3 probes in a row
        primary.ready
      > health.restored #1
        primary.ready
        < report primary.ready 1.4 #1
      > health.restored #1
        primary.ready
    `,
    )
  })

  test('and is over with the command that answers it', () => {
    converse(
      { input: { recovery }, given, events: [healthFailed(1), assign('quiescing', '1.5')] },
      `
        primary.ready
      > health.failed #1 probe.failed, 3 probes in a row
        primary.ready
        < report primary.ready 1.4 #1 failed: probe.failed, 3 probes in a row
      > role.assign quiescing 1.5
        quiescing.assuming
        < report quiescing.assuming 1.5 #1
        < invoke quiescing 1.5 at #1 within 2000 ms
        @ roleLimit 3000 ms
    `,
    )
  })

  test('does not when its code calls for more, nor before it is ready', () => {
    converse(
      {
        input: { recovery },
        given,
        events: [
          { ...healthFailed(1), code: 'disk.full' },
          exited(1),
          assign('primary', '1.5'),
          ready(2),
          healthFailed(2),
        ],
      },
      `
        primary.ready
      > health.failed #1 disk.full, 3 probes in a row
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: disk.full, 3 probes in a row
        @ stopLimit 3000 ms
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: disk.full, 3 probes in a row
      > role.assign primary 1.5
        primary.preparing
        < active #2
        < report primary.preparing 1.5 #2
        < start #2 as primary 1.5
        @ prepareLimit 9000 ms
      > process.ready #2
        primary.assuming
        < report primary.assuming 1.5 #2
        < invoke primary 1.5 at #2 within 2000 ms
        @ roleLimit 3000 ms
      > health.failed #2 probe.failed, 3 probes in a row
        offline.stopping
        < kill #2
        < report offline.stopping 1.5 #2 failed: probe.failed, 3 probes in a row
        @ stopLimit 3000 ms
    `,
    )
  })
})

test('what a program says of its load, its role and its release is reported, until it ends', () => {
  converse(
    {
      given: taking('secondary', '1.4'),
      events: [load(40), load(70, 7), announced('primary'), announced('primary'), exited(1), load(50)],
    },
    `
        secondary.ready
      > load.changed #1 40%
        secondary.ready
        < report secondary.ready 1.4 #1 load 40%
      > load.changed #7 70%
        secondary.ready
      > role.announced primary #1
        secondary.ready
        < report secondary.ready 1.4 #1 announced primary load 40%
      > role.announced primary #1
        secondary.ready
      > process.exited #1 signal SIGKILL
        offline.stopped
        < report offline.stopped 1.4 #1 failed: process.exited, signal SIGKILL
      > load.changed #1 50%
        offline.stopped
    `,
  )
  converse(
    { events: [assign('spare', '1.4'), { ...ready(1), release: '2.1' }] },
    `
        offline.stopped
        < report offline.stopped 0.0 #0
      > role.assign spare 1.4
        spare.preparing
        < report spare.preparing 1.4 #1
        < start #1 as spare 1.4
        @ prepareLimit 9000 ms
      > process.ready #1
        spare.assuming
        < report spare.assuming 1.4 #1 release 2.1
        < invoke spare 1.4 at #1 within 2000 ms
        @ roleLimit 3000 ms
    `,
  )
})
