import { expect, test } from 'bun:test'
import { checkLinkAddresses, checkNode, openConfiguration } from '../../src/configuration/load.ts'
import { smallest, writeConfiguration } from './support.ts'

const remote = `cluster: demo
nodes:
  n1: { links: [10.0.0.1:7101, 10.1.0.1:7101] }
  n2: { links: [10.0.0.2:7101, 10.1.0.2:7101] }
`

test('a node that is not in the file is refused at the place where it could be', () => {
  const opened = openConfiguration(writeConfiguration(smallest))
  expect(() => checkNode(opened, 'n2')).not.toThrow()
  expect(() => checkNode(opened, 'n22')).toThrow(
    /:2:1: nodes: expected a node named 'n22', found n1, n2, n3; did you mean --name n2\?/,
  )
  expect(() => checkNode(opened, 'toString')).toThrow(/add it, or give the name of another/)
})

test('loopback addresses are always there', () => {
  expect(() => checkLinkAddresses(openConfiguration(writeConfiguration(smallest)), 'n1', [])).not.toThrow()
})

test('link addresses of another machine are refused one by one, with the node that this machine is', () => {
  const opened = openConfiguration(writeConfiguration(remote))
  const here = ['10.0.0.2', '10.1.0.2']
  expect(() => checkLinkAddresses(opened, 'n2', here)).not.toThrow()
  expect(() => checkLinkAddresses(opened, 'n1', here)).toThrow(
    /:3:17: nodes\.n1\.links\[0\]: expected an address of this machine \(10\.0\.0\.2, 10\.1\.0\.2\), found 10\.0\.0\.1; the addresses of n2 are here: --name n2\?[\s\S]*:3:32: nodes\.n1\.links\[1\]/,
  )
})
