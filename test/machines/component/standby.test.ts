import { describe, test } from 'bun:test'
import { assign, changing, converse, done, exited, failed, ready, taking } from './words.ts'

describe('warm and cold standby', () => {
  test('warm: a spare has no process, a secondary has', () => {
    converse(
      {
        input: { standby: 'warm' },
        events: [
          assign('spare', '1.4'),
          done('spare', '1.4', 0),
          assign('secondary', '1.4'),
          ready(1),
          done('secondary', '1.4', 1),
          assign('spare', '1.8'),
          exited(1, 'exit code 0'),
        ],
      },
      `
        offline.stopped
        < report offline.stopped 0.0 #0
      > role.assign spare 1.4
        spare.assuming
        < report spare.assuming 1.4 #0
        < invoke spare 1.4 at #0 within 2000 ms
        @ roleLimit 3000 ms
      > role.done spare 1.4 #0
        spare.ready
        < report spare.ready 1.4 #0
      > role.assign secondary 1.4
        secondary.preparing
        < report secondary.preparing 1.4 #1
        < start #1 as secondary 1.4
        @ prepareLimit 9000 ms
      > process.ready #1
        secondary.assuming
        < report secondary.assuming 1.4 #1
        < invoke secondary 1.4 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done secondary 1.4 #1
        secondary.ready
        < report secondary.ready 1.4 #1
      > role.assign spare 1.8
        spare.preparing
        < report spare.preparing 1.8 #1
        < stop #1 within 5000 ms
        @ prepareLimit 8000 ms
      > process.exited #1 exit code 0
        spare.assuming
        < report spare.assuming 1.8 #1
        < invoke spare 1.8 at #1 within 2000 ms
        @ roleLimit 3000 ms
    `,
    )
  })

  test('one that cannot be told to stand down has quiesced when its process has gone (SPEC E5)', () => {
    converse(
      {
        input: { standby: 'hot', standsDown: false },
        given: taking('primary', '1.4'),
        events: [
          assign('quiescing', '1.8'),
          exited(1, 'exit code 0'),
          done('quiescing', '1.8', 1),
          assign('spare', '1.8'),
        ],
      },
      `
        primary.ready
      > role.assign quiescing 1.8
        quiescing.preparing
        < report quiescing.preparing 1.8 #1
        < stop #1 within 5000 ms
        @ prepareLimit 8000 ms
      > process.exited #1 exit code 0
        quiescing.assuming
        < inactive #1
        < report quiescing.assuming 1.8 #1
        < invoke quiescing 1.8 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done quiescing 1.8 #1
        quiescing.ready
        < report quiescing.ready 1.8 #1
      > role.assign spare 1.8
        spare.preparing
        < report spare.preparing 1.8 #2
        < start #2 as spare 1.8
        @ prepareLimit 9000 ms
    `,
    )
  })

  test('cold: only the primary has a process', () => {
    converse(
      {
        input: { standby: 'cold' },
        events: [
          assign('secondary', '1.4'),
          done('secondary', '1.4', 0),
          assign('primary', '1.5'),
          ready(1),
          done('primary', '1.5', 1),
          assign('quiescing', '1.6'),
          done('quiescing', '1.6', 1),
          assign('spare', '1.6'),
          exited(1, 'exit code 0'),
          done('spare', '1.6', 1),
        ],
      },
      `
        offline.stopped
        < report offline.stopped 0.0 #0
      > role.assign secondary 1.4
        secondary.assuming
        < report secondary.assuming 1.4 #0
        < invoke secondary 1.4 at #0 within 2000 ms
        @ roleLimit 3000 ms
      > role.done secondary 1.4 #0
        secondary.ready
        < report secondary.ready 1.4 #0
      > role.assign primary 1.5
        primary.preparing
        < active #1
        < report primary.preparing 1.5 #1
        < start #1 as primary 1.5
        @ prepareLimit 9000 ms
      > process.ready #1
        primary.assuming
        < report primary.assuming 1.5 #1
        < invoke primary 1.5 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done primary 1.5 #1
        primary.ready
        < report primary.ready 1.5 #1
      > role.assign quiescing 1.6
        quiescing.assuming
        < report quiescing.assuming 1.6 #1
        < invoke quiescing 1.6 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done quiescing 1.6 #1
        quiescing.ready
        < report quiescing.ready 1.6 #1
      > role.assign spare 1.6
        spare.preparing
        < report spare.preparing 1.6 #1
        < stop #1 within 5000 ms
        @ prepareLimit 8000 ms
      > process.exited #1 exit code 0
        spare.assuming
        < inactive #1
        < report spare.assuming 1.6 #1
        < invoke spare 1.6 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done spare 1.6 #1
        spare.ready
        < report spare.ready 1.6 #1
    `,
    )
  })

  test('cold: told to be primary again while its old process still stops, it starts none beside it', () => {
    converse(
      {
        input: { standby: 'cold' },
        given: [...taking('primary', '1.4'), ...changing('quiescing', '1.5')],
        events: [assign('spare', '1.5'), assign('primary', '1.9'), exited(1, 'exit code 0'), ready(2)],
      },
      `
        quiescing.ready
      > role.assign spare 1.5
        spare.preparing
        < report spare.preparing 1.5 #1
        < stop #1 within 5000 ms
        @ prepareLimit 8000 ms
      > role.assign primary 1.9
        primary.preparing
        < report primary.preparing 1.9 #1
        @ prepareLimit 8000 ms
      > process.exited #1 exit code 0
        primary.preparing
        < inactive #1
        < active #2
        < report primary.preparing 1.9 #2
        < start #2 as primary 1.9
        @ prepareLimit 9000 ms
      > process.ready #2
        primary.assuming
        < report primary.assuming 1.9 #2
        < invoke primary 1.9 at #2 within 2000 ms
        @ roleLimit 3000 ms
    `,
    )
  })

  test('cold: a hook that fails where there is no process', () => {
    converse(
      { input: { standby: 'cold' }, events: [assign('secondary', '1.4'), failed('secondary', '1.4', 0)] },
      `
        offline.stopped
        < report offline.stopped 0.0 #0
      > role.assign secondary 1.4
        secondary.assuming
        < report secondary.assuming 1.4 #0
        < invoke secondary 1.4 at #0 within 2000 ms
        @ roleLimit 3000 ms
      > role.failed secondary 1.4 #0 role.failed, exit code 3
        offline.stopped
        < report offline.stopped 1.4 #0 failed: role.failed, exit code 3
    `,
    )
  })
})
