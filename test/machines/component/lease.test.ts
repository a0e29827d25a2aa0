import { describe, test } from 'bun:test'
import { assign, converse, exited, leaseLost, taking } from './words.ts'

describe("the quorum's lease is lost", () => {
  test('an exclusive primary stops itself', () => {
    converse(
      { given: taking('primary', '1.4'), events: [leaseLost, exited(1)] },
      `
        primary.ready
      > lease.lost
        offline.stopping
        < stop #1 within 700 ms
        < report offline.stopping 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
        @ stopLimit 3700 ms
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.4 #1 failed: lease.lost, the node lost the lease of the quorum
    `,
    )
  })

  test('so does one that may not yet have left its active role', () => {
    converse(
      { given: taking('primary', '1.4'), events: [assign('spare', '1.5'), leaseLost] },
      `
        primary.ready
      > role.assign spare 1.5
        spare.assuming
        < report spare.assuming 1.5 #1
        < invoke spare 1.5 at #1 within 2000 ms
        @ roleLimit 3000 ms
      > lease.lost
        offline.stopping
        < stop #1 within 700 ms
        < report offline.stopping 1.5 #1 failed: lease.lost, the node lost the lease of the quorum
        @ stopLimit 3700 ms
    `,
    )
  })

  test('one that stops already must do so sooner', () => {
    converse(
      { given: taking('primary', '1.4'), events: [assign('offline', '1.5'), leaseLost, leaseLost, exited(1)] },
      `
        primary.ready
      > role.assign offline 1.5
        offline.stopping
        < stop #1 within 5000 ms
        < report offline.stopping 1.5 #1
        @ stopLimit 8000 ms
      > lease.lost
        offline.stopping
        < stop #1 within 700 ms
        < report offline.stopping 1.5 #1
        @ stopLimit 3700 ms
      > lease.lost
        offline.stopping
      > process.exited #1 signal SIGKILL
        offline.stopped
        < inactive #1
        < report offline.stopped 1.5 #1
    `,
    )
  })

  test('a secondary stays', () => {
    converse(
      { given: taking('secondary', '1.4'), events: [leaseLost] },
      `
        secondary.ready
      > lease.lost
        secondary.ready
    `,
    )
  })

  test('a shared primary stays', () => {
    converse(
      { input: { exclusive: false, withoutQuorum: 'ignore' }, given: taking('primary', '1.4'), events: [leaseLost] },
      `
        primary.ready
      > lease.lost
        primary.ready
    `,
    )
  })
})
