import { describe, test } from 'bun:test'
import {
  assign,
  changing,
  containerEnded,
  converse,
  done,
  exited,
  nodeLeave,
  peersChange,
  ready,
  taking,
} from './words.ts'

describe('taking a role', () => {
  test('first start, to primary', () => {
    converse(
      { events: [assign('primary', '1.4'), ready(1, '127.0.0.1:9001'), done('primary', '1.4', 1)] },
      `
        offline.stopped
        < report offline.stopped 0.0 #0
      > role.assign primary 1.4
        primary.preparing
        < active #1
        < report primary.preparing 1.4 #1
        < start #1 as primary 1.4
        @ prepareLimit 9000 ms
      > process.ready #1 at 127.0.0.1:9001
        primary.assuming
        < report primary.assuming 1.4 #1 at 127.0.0.1:9001
        < invoke primary 1.4 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done primary 1.4 #1
        primary.ready
        < report primary.ready 1.4 #1 at 127.0.0.1:9001
    `,
    )
  })

  test('a hot standby is promoted: its process runs, so it is told at once', () => {
    converse(
      {
        given: taking('secondary', '1.4', 'n2/ledger primary 1.4'),
        events: [assign('primary', '1.9'), done('primary', '1.9', 1)],
      },
      `
        secondary.ready
      > role.assign primary 1.9
        primary.assuming
        < active #1
        < report primary.assuming 1.9 #1
        < invoke primary 1.9 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done primary 1.9 #1
        primary.ready
        < report primary.ready 1.9 #1
    `,
    )
  })

  test('a switch-over: the old primary hands over, and follows the new one', () => {
    converse(
      {
        given: taking('primary', '1.4'),
        events: [
          assign('quiescing', '1.6'),
          done('quiescing', '1.6', 1),
          assign('spare', '1.6'),
          done('spare', '1.6', 1),
          assign('secondary', '1.6', 'n2/ledger primary 1.6'),
          done('secondary', '1.6', 1),
        ],
      },
      `
        primary.ready
      > role.assign quiescing 1.6
        quiescing.assuming
        < report quiescing.assuming 1.6 #1
        < invoke quiescing 1.6 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done quiescing 1.6 #1
        quiescing.ready
        < report quiescing.ready 1.6 #1
      > role.assign spare 1.6
        spare.assuming
        < report spare.assuming 1.6 #1
        < invoke spare 1.6 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done spare 1.6 #1
        spare.ready
        < inactive #1
        < report spare.ready 1.6 #1
      > role.assign secondary 1.6 [n2/ledger primary 1.6]
        secondary.assuming
        < report secondary.assuming 1.6 #1
        < invoke secondary 1.6 at #1 within 2000 ms [n2/ledger primary 1.6]
        @ roleLimit 3000 ms
      > role.done secondary 1.6 #1
        secondary.ready
        < report secondary.ready 1.6 #1
    `,
    )
  })

  test('a newer command supersedes one whose process is still starting', () => {
    converse(
      {
        given: [assign('secondary', '1.4')],
        events: [assign('primary', '1.5'), ready(1), done('secondary', '1.4', 1), done('primary', '1.5', 1)],
      },
      `
        secondary.preparing
      > role.assign primary 1.5
        primary.preparing
        < active #1
        < report primary.preparing 1.5 #1
        @ prepareLimit 9000 ms
      > process.ready #1
        primary.assuming
        < report primary.assuming 1.5 #1
        < invoke primary 1.5 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done secondary 1.4 #1
        primary.assuming
      > role.done primary 1.5 #1
        primary.ready
        < report primary.ready 1.5 #1
    `,
    )
  })

  test('a newer command supersedes one that is being obeyed', () => {
    converse(
      {
        given: [assign('secondary', '1.4'), ready(1)],
        events: [assign('primary', '1.5'), done('secondary', '1.4', 1), done('primary', '1.5', 1)],
      },
      `
        secondary.assuming
      > role.assign primary 1.5
        primary.assuming
        < active #1
        < report primary.assuming 1.5 #1
        < invoke primary 1.5 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done secondary 1.4 #1
        primary.assuming
      > role.done primary 1.5 #1
        primary.ready
        < report primary.ready 1.5 #1
    `,
    )
  })

  test('the same role under a newer token is taken anew', () => {
    converse(
      { given: taking('primary', '1.4'), events: [assign('primary', '2.1'), done('primary', '2.1', 1)] },
      `
        primary.ready
      > role.assign primary 2.1
        primary.assuming
        < report primary.assuming 2.1 #1
        < invoke primary 2.1 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > role.done primary 2.1 #1
        primary.ready
        < report primary.ready 2.1 #1
    `,
    )
  })

  test('a repeated command changes nothing and is answered with the status', () => {
    converse(
      { given: taking('primary', '1.4'), events: [assign('primary', '1.4')] },
      `
        primary.ready
      > role.assign primary 1.4
        primary.ready
        < report primary.ready 1.4 #1
    `,
    )
  })

  test('changed peers are introduced once, whether by their own message or by a repeated command', () => {
    converse(
      {
        given: taking('primary', '1.4'),
        events: [
          peersChange('1.4', 'n2/ledger secondary 1.4'),
          peersChange('1.4', 'n2/ledger secondary 1.4'),
          assign('primary', '1.4', 'n3/ledger secondary 1.4'),
        ],
      },
      `
        primary.ready
      > peers.change 1.4 [n2/ledger secondary 1.4]
        primary.ready
        < introduce [n2/ledger secondary 1.4] to primary 1.4 #1
      > peers.change 1.4 [n2/ledger secondary 1.4]
        primary.ready
      > role.assign primary 1.4 [n3/ledger secondary 1.4]
        primary.ready
        < introduce [n3/ledger secondary 1.4] to primary 1.4 #1
        < report primary.ready 1.4 #1
    `,
    )
  })

  test('peers that change while the process starts are told with the role', () => {
    converse(
      { given: [assign('primary', '1.4')], events: [peersChange('1.4', 'n2/ledger secondary 1.4'), ready(1)] },
      `
        primary.preparing
      > peers.change 1.4 [n2/ledger secondary 1.4]
        primary.preparing
      > process.ready #1
        primary.assuming
        < report primary.assuming 1.4 #1
        < invoke primary 1.4 at #1 within 2000 ms [n2/ledger secondary 1.4]
        @ roleLimit 3000 ms
    `,
    )
  })

  test('a program that says later where it is reached', () => {
    converse(
      { given: taking('primary', '1.4'), events: [ready(1, '127.0.0.1:9001'), ready(1, '127.0.0.1:9001')] },
      `
        primary.ready
      > process.ready #1 at 127.0.0.1:9001
        primary.ready
        < report primary.ready 1.4 #1 at 127.0.0.1:9001
      > process.ready #1 at 127.0.0.1:9001
        primary.ready
    `,
    )
  })
})

describe('locked, and unlocked', () => {
  test('a primary that has handed over is stopped, and started again', () => {
    converse(
      {
        given: [...taking('primary', '1.4'), ...changing('quiescing', '1.6')],
        events: [assign('offline', '1.6'), exited(1, 'exit code 0'), assign('offline', '1.6'), assign('spare', '1.8')],
      },
      `
        quiescing.ready
      > role.assign offline 1.6
        offline.stopping
        < stop #1 within 5000 ms
        < report offline.stopping 1.6 #1
        @ stopLimit 8000 ms
      > process.exited #1 exit code 0
        offline.stopped
        < inactive #1
        < report offline.stopped 1.6 #1
      > role.assign offline 1.6
        offline.stopped
        < report offline.stopped 1.6 #1
      > role.assign spare 1.8
        spare.preparing
        < report spare.preparing 1.8 #2
        < start #2 as spare 1.8
        @ prepareLimit 9000 ms
    `,
    )
  })

  test('a command that comes while it stops waits for the exit', () => {
    converse(
      {
        given: taking('spare', '1.4'),
        events: [
          assign('offline', '1.5'),
          assign('offline', '1.5'),
          assign('primary', '1.6'),
          exited(1, 'exit code 0'),
        ],
      },
      `
        spare.ready
      > role.assign offline 1.5
        offline.stopping
        < stop #1 within 5000 ms
        < report offline.stopping 1.5 #1
        @ stopLimit 8000 ms
      > role.assign offline 1.5
        offline.stopping
        < report offline.stopping 1.5 #1
      > role.assign primary 1.6
        primary.preparing
        < report primary.preparing 1.6 #1
        @ prepareLimit 8000 ms
      > process.exited #1 exit code 0
        primary.preparing
        < active #2
        < report primary.preparing 1.6 #2
        < start #2 as primary 1.6
        @ prepareLimit 9000 ms
    `,
    )
  })

  test('in order, when the node leaves', () => {
    converse(
      { given: taking('spare', '1.4'), events: [nodeLeave, exited(1, 'exit code 0')] },
      `
        spare.ready
      > node.leave
        offline.stopping
        < stop #1 within 5000 ms
        < report offline.stopping 1.4 #1 failed: node.left, the node leaves the cluster
        @ stopLimit 8000 ms
      > process.exited #1 exit code 0
        offline.stopped
        < report offline.stopped 1.4 #1 failed: node.left, the node leaves the cluster
    `,
    )
  })

  test('at once, when what it is part of has ended', () => {
    converse(
      { given: taking('spare', '1.4'), events: [containerEnded, exited(1, 'signal SIGKILL'), containerEnded] },
      `
        spare.ready
      > container.ended
        offline.stopping
        < kill #1
        < report offline.stopping 1.4 #1 failed: container.ended, n1/shelf, which it is part of, has ended
        @ stopLimit 3000 ms
      > process.exited #1 signal SIGKILL
        offline.stopped
        < report offline.stopped 1.4 #1 failed: container.ended, n1/shelf, which it is part of, has ended
      > container.ended
        offline.stopped
    `,
    )
  })
})
