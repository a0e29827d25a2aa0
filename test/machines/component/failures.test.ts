import { describe, test } from 'bun:test'
import { elapse } from '../../support/machines.ts'
import {
  assign,
  changing,
  converse,
  exited,
  failed,
  healthFailed,
  ready,
  startFailed,
  stopFailed,
  taking,
} from './words.ts'

describe('failures', () => {
  test('the process of a spare exits: said in the same step', () => {
    converse(
      { given: taking('spare', '1.4'), events: [exited(1, 'exit code 1')] },
      `
        spare.ready
      > process.exited #1 exit code 1
        offline.stopped
        < report offline.stopped 1.4 #1 failed: process.exited, exit code 1
    `,
    )
  })

  test('the process of a secondary exits: said in the same step', () => {
    converse(
      { given: taking('secondary', '1.4'), events: [exited(1, 'exit code 1')] },
      `
        secondary.ready
      > process.exited #1 exit code 1
        offline.stopped
        < report offline.stopped 1.4 #1 failed: process.exited, exit code 1
    `,
    )
  })

  test('the process of a primary exits: said in the same step', () => {
    converse(
      { given: taking('primary', '1.4'), events: [exited(1, 'exit code 1')] },
      `
        primary.ready
      > process.exited #1 exit code 1
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: process.exited, exit code 1
    `,
    )
  })

  test('the process of a quiescing one exits: said in the same step', () => {
    converse(
      { given: [...taking('primary', '1.4'), ...changing('quiescing', '1.5')], events: [exited(1, 'exit code 1')] },
      `
        quiescing.ready
      > process.exited #1 exit code 1
        offline.stopped
        < inactive #1
        < report offline.stopped 1.5 #1 failed: process.exited, exit code 1
    `,
    )
  })

  test('the process exits before it is ready', () => {
    converse(
      { given: [assign('primary', '1.4')], events: [exited(1, 'exit code 1')] },
      `
        primary.preparing
      > process.exited #1 exit code 1
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: process.exited, exit code 1
    `,
    )
  })

  test('the start fails', () => {
    converse(
      { given: [assign('primary', '1.4')], events: [startFailed(1), exited(1, 'exit code 1')] },
      `
        primary.preparing
      > process.startFailed #1 start.failed, no such file
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: start.failed, no such file
        @ stopLimit 3000 ms
      > process.exited #1 exit code 1
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: start.failed, no such file
    `,
    )
  })

  test('nobody says what came of the start', () => {
    converse(
      { given: [assign('primary', '1.4')], events: [elapse('prepareLimit'), exited(1)] },
      `
        primary.preparing
      > time.elapsed prepareLimit
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: start.timedOut, not ready 8000 ms after its start
        @ stopLimit 3000 ms
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: start.timedOut, not ready 8000 ms after its start
    `,
    )
  })

  test('the role is not taken', () => {
    converse(
      { given: [assign('primary', '1.4'), ready(1)], events: [failed('primary', '1.4', 1), exited(1)] },
      `
        primary.assuming
      > role.failed primary 1.4 #1 role.failed, exit code 3
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: role.failed, exit code 3
        @ stopLimit 3000 ms
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: role.failed, exit code 3
    `,
    )
  })

  test('nobody says what came of the role', () => {
    converse(
      { given: [assign('primary', '1.4'), ready(1)], events: [elapse('roleLimit'), exited(1)] },
      `
        primary.assuming
      > time.elapsed roleLimit
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: role.timedOut, the role was not taken within 2000 ms
        @ stopLimit 3000 ms
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: role.timedOut, the role was not taken within 2000 ms
    `,
    )
  })

  test('it is not healthy', () => {
    converse(
      { given: taking('primary', '1.4'), events: [healthFailed(1), healthFailed(1), exited(1)] },
      `
        primary.ready
      > health.failed #1 probe.failed, 3 probes in a row
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: probe.failed, 3 probes in a row
        @ stopLimit 3000 ms
      > health.failed #1 probe.failed, 3 probes in a row
        offline.stopping
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: probe.failed, 3 probes in a row
    `,
    )
  })

  test('it will not stop: active until it is seen to exit', () => {
    converse(
      {
        given: taking('primary', '1.4'),
        events: [healthFailed(1), stopFailed(1), assign('primary', '1.9'), exited(1)],
      },
      `
        primary.ready
      > health.failed #1 probe.failed, 3 probes in a row
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: probe.failed, 3 probes in a row
        @ stopLimit 3000 ms
      > process.stopFailed #1 still there after the kill
        offline.stopFailed
        < report offline.stopFailed 1.4 #1 failed: probe.failed, 3 probes in a row
      > role.assign primary 1.9
        offline.stopFailed
        < refuse primary 1.9: stop-failed
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: probe.failed, 3 probes in a row
    `,
    )
  })

  test('it did not stop when told, and is told again', () => {
    converse(
      {
        given: taking('primary', '1.4'),
        events: [
          assign('offline', '1.5'),
          elapse('stopLimit'),
          assign('offline', '1.4'),
          assign('offline', '1.5'),
          assign('offline', '1.6'),
          exited(1),
        ],
      },
      `
        primary.ready
      > role.assign offline 1.5
        offline.stopping
        < stop #1 within 5000 ms
        < report offline.stopping 1.5 #1
        @ stopLimit 8000 ms
      > time.elapsed stopLimit
        offline.stopFailed
        < report offline.stopFailed 1.5 #1 failed: stop.timedOut, still there though it was to be killed after 5000 ms
      > role.assign offline 1.4
        offline.stopFailed
        < refuse offline 1.4: stale-token
      > role.assign offline 1.5
        offline.stopFailed
        < report offline.stopFailed 1.5 #1 failed: stop.timedOut, still there though it was to be killed after 5000 ms
      > role.assign offline 1.6
        offline.stopping
        < stop #1 within 5000 ms
        < report offline.stopping 1.6 #1
        @ stopLimit 8000 ms
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.6 #1
    `,
    )
  })

  test('a cold spare whose process will not stop', () => {
    converse(
      { input: { standby: 'cold' }, given: taking('primary', '1.4'), events: [assign('spare', '1.5'), stopFailed(1)] },
      `
        primary.ready
      > role.assign spare 1.5
        spare.preparing
        < report spare.preparing 1.5 #1
        < stop #1 within 5000 ms
        @ prepareLimit 8000 ms
      > process.stopFailed #1 still there after the kill
        offline.stopFailed
        < report offline.stopFailed 1.5 #1 failed: stop.failed, still there after the kill
    `,
    )
  })

  test('a cold spare of whose process nothing is heard any more', () => {
    converse(
      {
        input: { standby: 'cold' },
        given: taking('primary', '1.4'),
        events: [assign('spare', '1.5'), elapse('prepareLimit')],
      },
      `
        primary.ready
      > role.assign spare 1.5
        spare.preparing
        < report spare.preparing 1.5 #1
        < stop #1 within 5000 ms
        @ prepareLimit 8000 ms
      > time.elapsed prepareLimit
        offline.stopFailed
        < report offline.stopFailed 1.5 #1 failed: stop.timedOut, still there though it was to be killed after 5000 ms
    `,
    )
  })
})
