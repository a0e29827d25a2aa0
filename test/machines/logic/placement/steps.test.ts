import { describe, expect, test } from 'bun:test'
import { peersOf, type Step, stepsOf } from '../../../../machines/logic/placement/index.ts'
import { configuration } from '../../../support/configuration.ts'
import { idOf, planInput, type Scenario } from '../../../support/placement.ts'

/** One line a step: `n1 quiescing`, `n2 primary (n1/service to stop acting)`. */
function steps(scenario: Scenario): string[] {
  return textOf(stepsOf(planInput(scenario), 'service'))
}

function textOf(steps: readonly Step[]): string[] {
  return steps.map(
    ({ component, role, waitsFor }) => `${component.slice(0, 2)} ${role}${waitsFor ? ` (${waitsFor})` : ''}`,
  )
}

function peers(node: string, scenario: Scenario): string[] {
  return peersOf(planInput(scenario), 'service', idOf(node)).map(
    ({ component, role, token }) => `${component.slice(0, 2)} ${role} ${token.index}`,
  )
}

describe('first start', () => {
  const intended = { n1: 'primary 2', n2: 'secondary 2', n3: 'spare 2' }
  const stopped = 'offline stopped 0'

  test('the standby starts as a spare beside the primary', () => {
    expect(steps({ intended, observed: { n1: stopped, n2: stopped, n3: stopped } })).toEqual([
      'n1 primary',
      'n2 spare',
      'n3 spare',
    ])
  })

  test('it becomes secondary once there is a primary to follow', () => {
    expect(
      steps({ intended, observed: { n1: 'primary assuming 2', n2: 'spare ready 2', n3: 'spare ready 2' } }),
    ).toEqual(['n2 secondary (the primary)'])
    expect(steps({ intended, observed: { n1: 'primary ready 2', n2: 'spare ready 2', n3: 'spare ready 2' } })).toEqual([
      'n2 secondary',
    ])
  })
})

describe('switch-over', () => {
  const intended = { n1: 'secondary 7', n2: 'primary 7', n3: 'spare 5' }
  const others = { n3: 'spare ready 5' }

  test('quiesce, promote, retire, follow: one after the other', () => {
    expect(steps({ intended, observed: { ...others, n1: 'primary ready 5', n2: 'secondary ready 5' } })).toEqual([
      'n1 quiescing',
      'n2 primary (n1/service to stop acting)',
    ])
    expect(steps({ intended, observed: { ...others, n1: 'quiescing assuming 7', n2: 'secondary ready 5' } })).toEqual([
      'n2 primary (n1/service to stop acting)',
      'n1 spare (n1/service to hand over)',
    ])
    expect(steps({ intended, observed: { ...others, n1: 'quiescing ready 7', n2: 'secondary ready 5' } })).toEqual([
      'n2 primary',
      'n1 spare (n2/service to become primary)',
    ])
    expect(steps({ intended, observed: { ...others, n1: 'quiescing ready 7', n2: 'primary ready 7' } })).toEqual([
      'n1 spare',
    ])
    expect(steps({ intended, observed: { ...others, n1: 'spare ready 7', n2: 'primary ready 7' } })).toEqual([
      'n1 secondary',
    ])
    expect(steps({ intended, observed: { ...others, n1: 'secondary ready 7', n2: 'primary ready 7' } })).toEqual([])
  })

  test('one that quiesced and is to be primary again waits for nobody, nor does another that quiesced', () => {
    const again = { n1: 'primary 9', n2: 'secondary 9', n3: 'spare 5' }
    const observed = { n1: 'quiescing ready 7', n2: 'quiescing ready 8', n3: 'spare ready 5' }
    expect(steps({ intended: again, observed })).toEqual(['n1 spare', 'n2 spare (n1/service to become primary)'])
  })

  test('whoever is to quiesce hears of it under no later token than that of the primary to come', () => {
    const tokenOf = (of: { n1: string; observed: string }) => {
      const input = planInput({
        intended: { ...intended, n1: of.n1 },
        observed: { ...others, n1: of.observed, n2: 'secondary ready 5' },
      })
      const { role, token } = stepsOf(input, 'service').find(({ component }) => component === idOf('n1'))!
      return `${role} ${token.index}`
    }
    expect(tokenOf({ n1: 'spare 7', observed: 'primary ready 5' })).toBe('quiescing 7')
    expect(tokenOf({ n1: 'spare 9', observed: 'primary ready 5' })).toBe('quiescing 7')
    expect(tokenOf({ n1: 'spare 9', observed: 'quiescing ready 7' })).toBe('spare 9')
    // It has seen that one already, and would refuse it.
    expect(tokenOf({ n1: 'spare 9', observed: 'primary ready 8' })).toBe('quiescing 9')
  })

  test('a quiescing primary still knows its secondary, so its last writes get there', () => {
    expect(peers('n1', { intended, observed: { ...others, n1: 'primary ready 5', n2: 'secondary ready 5' } })).toEqual([
      'n2 secondary 5',
    ])
  })
})

describe('never two that act', () => {
  const intended = { n1: 'offline 7', n2: 'primary 7', n3: 'spare 5' }
  const others = { n2: 'secondary ready 5', n3: 'spare ready 5' }

  test('one that failed to stop stands in the way (trap 14)', () => {
    expect(steps({ intended, observed: { ...others, n1: 'offline stopFailed 7' } })).toEqual([
      'n2 primary (n1/service to stop acting)',
    ])
  })

  test('one that is stopping stands in the way', () => {
    expect(steps({ intended, observed: { ...others, n1: 'offline stopping 7' } })).toEqual([
      'n2 primary (n1/service to stop acting)',
    ])
  })

  test('one of whom nothing is known stands in the way', () => {
    expect(steps({ intended, observed: { ...others, n1: null } })).toEqual(['n2 primary (n1/service to stop acting)'])
  })

  test('a command to become primary that nobody has answered stands in the way', () => {
    const input = planInput({ intended, observed: { ...others, n1: 'spare ready 4' } })
    const commanded = { [idOf('n1')]: { role: 'primary' as const, token: { epoch: 1, index: 6 }, mayAct: true } }
    const waits = stepsOf({ ...input, commanded }, 'service').map(({ role, waitsFor }) => `${role}: ${waitsFor}`)
    expect(waits).toContain('primary: n1/service to stop acting')
  })

  describe('one with such a command waits for none of those that wait for it', () => {
    const withCommand = (of: { n1: string; observed: string }): string[] => {
      const input = planInput({
        intended: { n1: of.n1, n2: 'primary 7', n3: 'spare 5' },
        observed: { ...others, n1: of.observed },
      })
      const commanded = { [idOf('n1')]: { role: 'primary' as const, token: { epoch: 1, index: 6 }, mayAct: true } }
      return textOf(stepsOf({ ...input, commanded }, 'service')).filter((text) => text.startsWith('n1'))
    }

    test('as a spare, or as the secondary to come', () => {
      const fallen = 'offline stopped 5 failed'
      expect(withCommand({ n1: 'spare 7', observed: fallen })).toEqual(['n1 spare'])
      expect(withCommand({ n1: 'secondary 7', observed: fallen })).toEqual(['n1 spare'])
      expect(withCommand({ n1: 'secondary 7', observed: 'spare ready 5' })).toEqual(['n1 spare'])
      expect(withCommand({ n1: 'secondary 7', observed: 'quiescing ready 5' })).toEqual(['n1 spare'])
    })

    test('nor is it silent when it seems to be offline already', () => {
      expect(withCommand({ n1: 'offline 7', observed: 'offline stopped 5 failed' })).toEqual(['n1 offline'])
    })

    test('and follows the primary like any other when it has answered', () => {
      expect(
        steps({ intended: { n1: 'secondary 7', n2: 'primary 7' }, observed: { ...others, n1: 'spare ready 7' } }),
      ).toContain('n1 secondary (the primary)')
    })
  })

  test('a node out of reach stands in the way until it has stopped by itself', () => {
    const observed = { ...others, n1: 'primary ready 5' }
    expect(steps({ intended, observed, nodes: { n1: 'unreachable' } })).toEqual([
      'n2 primary (n1/service to stop acting)',
    ])
    expect(steps({ intended, observed, nodes: { n1: 'isolated' } })).toEqual(['n2 primary'])
  })

  test('a shared one needs no wait', () => {
    const shared = configuration({ type: { exclusive: false } })
    expect(
      steps({
        configuration: shared,
        intended,
        observed: { ...others, n1: 'primary ready 5' },
        nodes: { n1: 'unreachable' },
      }),
    ).toEqual(['n2 primary'])
  })
})

describe('rendezvous (SPEC R4)', () => {
  const intended = { n1: 'primary 5', n2: 'secondary 6', n3: 'spare 5' }

  test('a secondary is introduced once it has taken its role', () => {
    expect(peers('n1', { intended, observed: { n1: 'primary ready 5', n2: 'spare ready 6' } })).toEqual([])
    expect(peers('n1', { intended, observed: { n1: 'primary ready 5', n2: 'secondary assuming 6' } })).toEqual([
      'n2 secondary 6',
    ])
  })

  test('one that failed stays until the decision that takes its role from it', () => {
    const observed = { n1: 'primary ready 5', n2: 'offline stopped 6 failed' }
    expect(peers('n1', { intended, observed })).toEqual(['n2 secondary 6'])
    expect(peers('n1', { intended: { ...intended, n2: 'secondary 8' }, observed })).toEqual([])
    expect(peers('n1', { intended: { ...intended, n2: 'offline 8' }, observed })).toEqual([])
  })

  test('one that came back with a role of an earlier decision is no secondary, and is taken through spare', () => {
    const observed = { n1: 'primary ready 5', n2: 'secondary ready 3' }
    expect(peers('n1', { intended, observed })).toEqual([])
    expect(steps({ intended, observed })).toContain('n2 spare')
  })
})
