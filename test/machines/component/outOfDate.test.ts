import { describe, test } from 'bun:test'
import {
  assign,
  converse,
  done,
  exited,
  failed,
  healthFailed,
  peersChange,
  ready,
  startFailed,
  taking,
} from './words.ts'

describe('what is out of date', () => {
  test('older tokens are refused, and so are changes that SPEC R1 does not allow', () => {
    converse(
      {
        given: taking('secondary', '2.4'),
        events: [assign('primary', '1.9'), assign('quiescing', '2.5'), peersChange('1.9', 'n2/ledger primary 1.9')],
      },
      `
        secondary.ready
      > role.assign primary 1.9
        secondary.ready
        < refuse primary 1.9: stale-token
      > role.assign quiescing 2.5
        secondary.ready
        < refuse quiescing 2.5: not-allowed
      > peers.change 1.9 [n2/ledger primary 1.9]
        secondary.ready
    `,
    )
  })

  test('a former life of the process, and answers to others than the last command, are ignored', () => {
    converse(
      {
        given: [...taking('primary', '1.4'), exited(1)],
        events: [
          assign('primary', '1.7'),
          exited(1),
          ready(1),
          startFailed(1),
          healthFailed(1),
          ready(2),
          done('primary', '1.4', 2),
          done('primary', '1.7', 1),
          failed('secondary', '1.7', 2),
          done('primary', '1.7', 2),
        ],
      },
      `
        offline.stopped
      > role.assign primary 1.7
        primary.preparing
        < active #2
        < report primary.preparing 1.7 #2
        < start #2 as primary 1.7
        @ prepareLimit 9000 ms
      > process.exited #1 signal SIGKILL
        primary.preparing
      > process.ready #1
        primary.preparing
      > process.startFailed #1 start.failed, no such file
        primary.preparing
      > health.failed #1 probe.failed, 3 probes in a row
        primary.preparing
      > process.ready #2
        primary.assuming
        < report primary.assuming 1.7 #2
        < invoke primary 1.7 at #2 within 2000 ms
        @ roleLimit 3000 ms
      > role.done primary 1.4 #2
        primary.assuming
      > role.done primary 1.7 #1
        primary.assuming
      > role.failed secondary 1.7 #2 role.failed, exit code 3
        primary.assuming
      > role.done primary 1.7 #2
        primary.ready
        < report primary.ready 1.7 #2
    `,
    )
  })

  test('after a failure the command it failed under gives no role again; a newer one restarts it', () => {
    converse(
      {
        given: [...taking('primary', '1.4'), exited(1)],
        events: [
          assign('primary', '1.4'),
          assign('secondary', '1.4'),
          assign('primary', '1.7'),
          ready(2),
          done('primary', '1.7', 2),
        ],
      },
      `
        offline.stopped
      > role.assign primary 1.4
        offline.stopped
        < refuse primary 1.4: stale-token
      > role.assign secondary 1.4
        offline.stopped
        < refuse secondary 1.4: stale-token
      > role.assign primary 1.7
        primary.preparing
        < active #2
        < report primary.preparing 1.7 #2
        < start #2 as primary 1.7
        @ prepareLimit 9000 ms
      > process.ready #2
        primary.assuming
        < report primary.assuming 1.7 #2
        < invoke primary 1.7 at #2 within 2000 ms
        @ roleLimit 3000 ms
      > role.done primary 1.7 #2
        primary.ready
        < report primary.ready 1.7 #2
    `,
    )
  })
})
