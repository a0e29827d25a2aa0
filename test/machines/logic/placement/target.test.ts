import { describe, expect, test } from 'bun:test'
import { candidatesOf, isRenewed, targetOf } from '../../../../machines/logic/placement/index.ts'
import { configuration } from '../../../support/configuration.ts'
import { planInput, type Scenario } from '../../../support/placement.ts'

/** `n1 primary, n2 secondary, n3 spare` */
function target(scenario: Scenario): string {
  const { roles } = targetOf(planInput(scenario), 'service')
  return Object.entries(roles)
    .map(([component, role]) => `${component.slice(0, 2)} ${role}`)
    .join(', ')
}

function reason(scenario: Scenario): string | null {
  return targetOf(planInput(scenario), 'service').reason
}

const settled = { n1: 'primary 5', n2: 'secondary 5', n3: 'spare 5' }
const asIntended = { n1: 'primary ready 5', n2: 'secondary ready 5', n3: 'spare ready 5' }
const fresh = 'offline stopped 0'

describe('2N (SPEC R3)', () => {
  test('first start: the preferred node is primary, the next secondary', () => {
    expect(target({ observed: { n1: fresh, n2: fresh, n3: fresh } })).toBe('n1 primary, n2 secondary, n3 spare')
  })

  test('first start without the preferred node goes on without it', () => {
    expect(target({ observed: { n2: fresh, n3: fresh }, nodes: { n1: 'ended' } })).toBe(
      'n1 offline, n2 primary, n3 secondary',
    )
  })

  test('a fixpoint changes nothing', () => {
    expect(target({ intended: settled, observed: asIntended })).toBe('n1 primary, n2 secondary, n3 spare')
  })

  test('the primary failed: the ready secondary takes over, the spare follows, the fallen one is brought back', () => {
    expect(target({ intended: settled, observed: { ...asIntended, n1: 'offline stopped 5 failed' } })).toBe(
      'n1 spare, n2 primary, n3 secondary',
    )
  })

  test('the primary failed and its standby is not hot: restarted in place, and fails over once it is barred', () => {
    for (const standby of ['warm', 'cold'] as const) {
      const type = configuration({ type: { standby, aware: false } })
      const observed = { ...asIntended, n1: 'offline stopped 5 failed' }
      const scenario: Scenario = { configuration: type, intended: settled, observed }
      expect(target(scenario)).toBe('n1 primary, n2 secondary, n3 spare')
      expect(target({ ...scenario, barred: ['n1'] })).toBe('n1 offline, n2 primary, n3 secondary')
    }
  })

  test('of two, the fallen one is brought back as secondary', () => {
    const two = configuration({ nodes: ['n1', 'n2'] })
    const scenario = { configuration: two, intended: { n1: 'primary 5', n2: 'secondary 5' } }
    expect(target({ ...scenario, observed: { n1: 'offline stopped 5 failed', n2: 'secondary ready 5' } })).toBe(
      'n1 secondary, n2 primary',
    )
  })

  test('the primary failed while the secondary was not in step: restarted in place, since it has the state', () => {
    const observed = { ...asIntended, n1: 'offline stopped 5 failed', n2: 'secondary assuming 5' }
    expect(target({ intended: settled, observed })).toBe('n1 primary, n2 secondary, n3 spare')
  })

  test('a secondary whose role is of an earlier decision is not in step (trap 16)', () => {
    const observed = { ...asIntended, n1: 'offline stopped 5 failed', n2: 'secondary ready 4' }
    expect(target({ intended: settled, observed })).toBe('n1 primary, n2 secondary, n3 spare')
  })

  test('the primary stood down without the quorum: like one that failed, it has the state, and only a new decision brings it back', () => {
    const demoted = { ...asIntended, n1: 'spare ready 5 failed' }
    expect(target({ intended: settled, observed: demoted })).toBe('n1 spare, n2 primary, n3 secondary')
    const alone = { intended: settled, observed: { ...demoted, n2: 'secondary assuming 5' } }
    expect(target(alone)).toBe('n1 primary, n2 secondary, n3 spare')
    const [first] = candidatesOf(planInput(alone), 'service')
    expect(isRenewed(undefined, [], first!)).toBe(true)
  })

  test('the primary failed too often: the secondary, or anyone sound', () => {
    const observed = { ...asIntended, n1: 'offline stopped 5 failed', n2: 'secondary assuming 5' }
    expect(target({ intended: settled, observed, barred: ['n1'] })).toBe('n1 offline, n2 primary, n3 secondary')
  })

  test('the secondary failed: the spare takes its place, the primary stays', () => {
    expect(target({ intended: settled, observed: { ...asIntended, n2: 'offline stopped 5 failed' } })).toBe(
      'n1 primary, n2 spare, n3 secondary',
    )
  })

  test('the node of the primary ended while no standby was in step: nobody is promoted without its state (trap 16)', () => {
    const observed = { ...asIntended, n2: 'secondary assuming 5' }
    const scenario: Scenario = { intended: settled, observed, nodes: { n1: 'ended' } }
    expect(target(scenario)).toBe('n1 primary, n2 secondary, n3 spare')
    expect(reason(scenario)).toContain('no standby is in step with n1/service, whose node is ended')
    expect(target({ ...scenario, request: { to: 'n2' } })).toBe('n1 offline, n2 primary, n3 secondary')
    const warm = configuration({ type: { standby: 'warm' } })
    expect(target({ ...scenario, configuration: warm })).toBe('n1 offline, n2 primary, n3 secondary')
  })

  test('a node that returns takes nothing back (no automatic fail-back)', () => {
    const intended = { n1: 'offline 9', n2: 'primary 9', n3: 'secondary 9' }
    expect(target({ intended, observed: { n1: fresh, n2: 'primary ready 9', n3: 'secondary ready 9' } })).toBe(
      'n1 spare, n2 primary, n3 secondary',
    )
  })
})

describe('nodes that are not alive (SPEC E5)', () => {
  test('a node that ended: its roles move at once', () => {
    expect(target({ intended: settled, observed: asIntended, nodes: { n1: 'ended' } })).toBe(
      'n1 offline, n2 primary, n3 secondary',
    )
  })

  test('an unreachable node keeps its exclusive primary until it has stopped by itself', () => {
    const scenario: Scenario = { intended: settled, observed: asIntended, nodes: { n1: 'unreachable' } }
    expect(target(scenario)).toBe('n1 primary, n2 secondary, n3 spare')
    expect(reason(scenario)).toContain('waiting until n1/service')
    expect(target({ ...scenario, nodes: { n1: 'isolated' } })).toBe('n1 offline, n2 primary, n3 secondary')
  })

  test('a shared one is taken over at once: what it acts on checks the token', () => {
    const shared = configuration({ type: { exclusive: false } })
    expect(
      target({ configuration: shared, intended: settled, observed: asIntended, nodes: { n1: 'unreachable' } }),
    ).toBe('n1 offline, n2 primary, n3 secondary')
  })

  test('the secondary of an unreachable node is dropped at once, so that the primary need not wait for it', () => {
    expect(target({ intended: settled, observed: asIntended, nodes: { n2: 'unreachable' } })).toBe(
      'n1 primary, n2 offline, n3 secondary',
    )
  })

  test('a suspicion moves nothing', () => {
    expect(target({ intended: settled, observed: asIntended, nodes: { n1: 'suspect' } })).toBe(
      'n1 primary, n2 secondary, n3 spare',
    )
  })

  test('nothing is decided about a node that has not said what is', () => {
    expect(target({ intended: settled, observed: { ...asIntended, n1: null } })).toBe(
      'n1 primary, n2 secondary, n3 spare',
    )
    expect(target({ intended: settled, observed: { ...asIntended, n2: null } })).toBe(
      'n1 primary, n2 secondary, n3 spare',
    )
  })

  test('a leaving node hands over', () => {
    expect(target({ intended: settled, observed: asIntended, nodes: { n1: 'leaving' } })).toBe(
      'n1 offline, n2 primary, n3 secondary',
    )
  })
})

describe('what operators ask (SPEC R8)', () => {
  test('switch-over: primary and secondary change places', () => {
    expect(target({ intended: settled, observed: asIntended, request: { to: null } })).toBe(
      'n1 secondary, n2 primary, n3 spare',
    )
  })

  test('switch-over to a spare: it is brought in step first, then promoted', () => {
    expect(target({ intended: settled, observed: asIntended, request: { to: 'n3' } })).toBe(
      'n1 primary, n2 spare, n3 secondary',
    )
    const prepared = { n1: 'primary 5', n2: 'spare 6', n3: 'secondary 6' }
    const syncing = { n1: 'primary ready 5', n2: 'spare ready 6', n3: 'secondary assuming 6' }
    expect(target({ intended: prepared, observed: syncing, request: { to: 'n3' } })).toBe(
      'n1 primary, n2 spare, n3 secondary',
    )
    const inStep = { ...syncing, n3: 'secondary ready 6' }
    expect(target({ intended: prepared, observed: inStep, request: { to: 'n3' } })).toBe(
      'n1 secondary, n2 spare, n3 primary',
    )
  })

  test('lock of the primary while the secondary is not in step: it hands over as soon as it is', () => {
    const observed = { ...asIntended, n2: 'secondary assuming 5' }
    const scenario: Scenario = { intended: settled, observed, locked: ['n1'] }
    expect(target(scenario)).toBe('n1 primary, n2 secondary, n3 spare')
    expect(reason(scenario)).toBe('n1/service hands over as soon as n2/service is in step with it')
  })

  test('lock of the primary: the secondary takes over', () => {
    expect(target({ intended: settled, observed: asIntended, locked: ['n1'] })).toBe(
      'n1 offline, n2 primary, n3 secondary',
    )
  })

  test('everything locked: nobody, and it says why', () => {
    const scenario: Scenario = { intended: settled, observed: asIntended, locked: ['n1', 'n2', 'n3'] }
    expect(target(scenario)).toBe('n1 offline, n2 offline, n3 offline')
    expect(reason(scenario)).toBe(
      'no component can be primary: n1/service is locked; n2/service is locked; n3/service is locked',
    )
  })
})

describe('no redundancy', () => {
  const alone = configuration({ redundancy: 'none', type: { standby: 'cold', aware: false } })
  const intended = { n1: 'primary 5', n2: 'spare 5', n3: 'spare 5' }
  const observed = { n1: 'primary ready 5', n2: 'spare ready 5', n3: 'spare ready 5' }

  test('a failed primary is restarted in place first', () => {
    expect(target({ configuration: alone, intended, observed: { ...observed, n1: 'offline stopped 5 failed' } })).toBe(
      'n1 primary, n2 spare, n3 spare',
    )
  })

  test('past its limit it fails over', () => {
    expect(
      target({
        configuration: alone,
        intended,
        observed: { ...observed, n1: 'offline stopped 5 failed' },
        barred: ['n1'],
      }),
    ).toBe('n1 offline, n2 primary, n3 spare')
  })
})
