import { expect, test } from 'bun:test'
import { formatRoute, home, parseRoute, type Route } from '../../../../src/manage/console/state/route.ts'
import { momentOf } from '../../../../src/manage/console/state/time.ts'

const routes: Route[] = [
  home,
  { ...home, view: 'machines', subject: 'n1/component/n1/ledger', filter: 'led ger&x=1' },
  { ...home, view: 'incidents', subject: 'n1:1:100', at: momentOf(1795282112903415, 2) },
  { ...home, of: 'node:n1' },
  { ...home, view: 'whatif', events: ['fail:node:n1', 'lock:n2/ledger'] },
  { ...home, view: 'machines', subject: 'n1/component/n1/ä b?#' },
]

test.each(routes)('what is in the address is where one was: %p', (route) => {
  const address = formatRoute(route)
  const [path, query = ''] = address.split('?') as [string, string?]
  expect(parseRoute(path, query)).toEqual(route)
})

test('addresses read well', () => {
  expect(formatRoute(routes[1]!)).toStartWith('/machines/n1/component/n1/ledger?')
  expect(formatRoute(routes[2]!)).toBe('/incidents/n1:1:100?at=1795282112903415.2')
  expect(formatRoute(routes[4]!)).toBe('/whatif?if=fail:node:n1&if=lock:n2/ledger')
})

test('what is not understood is left out', () => {
  expect(parseRoute('/nowhere/x', 'at=soon&colour=red')).toEqual(home)
  expect(parseRoute('/machines/%E0%A4%A', '').subject).toBe('%E0%A4%A')
})
