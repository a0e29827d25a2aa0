import { afterEach, describe, expect, test } from 'bun:test'
import { type IcmpRemedies, LinkError, type Links, openUdpLinks } from '../../src/transport/links.ts'
import { freeLink, freeLinks, until } from './ports.ts'

const opened: Links[] = []

async function open(options: Parameters<typeof openUdpLinks>[0]): Promise<Links> {
  const links = await openUdpLinks(options)
  opened.push(links)
  return links
}

afterEach(() => {
  for (const links of opened.splice(0)) links.close()
})

const nobody = { onDatagram: () => {} }

async function refusal(options: Parameters<typeof openUdpLinks>[0]): Promise<LinkError> {
  const error = await open(options).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(LinkError)
  return error as LinkError
}

describe('links', () => {
  test('a datagram goes out on every link, and its link is told', async () => {
    const [one, two] = [await freeLinks(), await freeLinks()]
    const heard: string[] = []
    await open({ own: two, peers: {}, onDatagram: (datagram, link) => heard.push(`${link} ${Buffer.from(datagram)}`) })
    const links = await open({ own: one, peers: { two }, ...nobody })
    expect(links.send('two', Buffer.from('hear ye'))).toBe(2)
    await until(() => heard.length === 2)
    expect(heard.toSorted()).toEqual(['0 hear ye', '1 hear ye'])
    expect(links.send('nobody', Buffer.from('?'))).toBe(0)
  })

  test('IPv6 links work as well', async () => {
    const [one, two] = [await freeLink('::1'), await freeLink('::1')]
    const heard: string[] = []
    await open({ own: [two], peers: {}, onDatagram: (datagram) => heard.push(Buffer.from(datagram).toString()) })
    const links = await open({ own: [one], peers: { dead: [await freeLink('::1')], two: [two] }, ...nobody })
    for (let count = 0; count < 20; count++) {
      expect(links.send('dead', Buffer.from('dead'))).toBe(1)
      expect(links.send('two', Buffer.from('living'))).toBe(1)
    }
    await until(() => heard.length === 20)
  })

  describe('a dead peer', () => {
    /** How many of 200 datagrams reach the living, each sent after one to a dead peer. */
    async function livingCount(remedies?: IcmpRemedies): Promise<number> {
      const [own, living, dead] = [await freeLink(), await freeLink(), await freeLink()]
      let count = 0
      await open({ own: [living], peers: {}, onDatagram: () => (count += 1) })
      const peers = { dead: [dead], living: [living] }
      const links = await open({ own: [own], peers, ...nobody, ...(remedies && { remedies }) })
      let sentCount = 0
      for (let round = 0; round < 200; round++) {
        links.send('dead', Buffer.from('are you there?'))
        sentCount += links.send('living', Buffer.from('hello'))
      }
      await until(() => count === sentCount)
      return count
    }

    test('costs the living nothing', async () => {
      expect(await livingCount()).toBe(200)
    })

    test('would cost them datagrams without the remedies', async () => {
      expect(await livingCount({ clearsReceiveErrors: false, retriesRefusedSend: false })).toBeLessThan(200)
    })

    test('costs nothing with either remedy alone', async () => {
      expect(await livingCount({ clearsReceiveErrors: true, retriesRefusedSend: false })).toBe(200)
      expect(await livingCount({ clearsReceiveErrors: false, retriesRefusedSend: true })).toBe(200)
    })
  })

  test('a link that cannot send is down and no exception, and the other carries on', async () => {
    const own = await freeLinks()
    const two = [{ host: '203.0.113.1', port: 7101 }, await freeLink('127.0.0.2')]
    const heard: number[] = []
    await open({ own: two.slice(1), peers: {}, onDatagram: () => heard.push(1) })
    // From a loopback address nothing leaves the machine.
    const links = await open({ own, peers: { two }, ...nobody })
    expect(links.send('two', Buffer.from('one way or another'))).toBe(1)
    expect([links.isSendable('two', 0), links.isSendable('two', 1), links.isSendable('two', 2)]).toEqual([
      false,
      true,
      false,
    ])
    expect(links.failureCount).toBe(1)
    await until(() => heard.length === 1)
  })

  test('an address this machine does not have is refused, named, and nothing stays open', async () => {
    const good = await freeLink()
    const own = [good, { host: '203.0.113.7', port: 7102 }]
    const error = await refusal({ own, peers: {}, ...nobody })
    expect(error).toMatchObject({ code: 'link.unavailable', link: 1, address: '203.0.113.7:7102' })
    expect(error.message).toBe('link 1 at 203.0.113.7:7102: this machine does not have the address')
    await open({ own: [good], peers: {}, ...nobody })
  })

  test('a port in use and an address that is none are refused', async () => {
    const own = [await freeLink()]
    await open({ own, peers: {}, ...nobody })
    expect((await refusal({ own, peers: {}, ...nobody })).code).toBe('link.inUse')
    const bad = [{ host: 'example', port: 1 }]
    expect((await refusal({ own: [await freeLink()], peers: { two: bad }, ...nobody })).code).toBe('link.invalid')
    expect((await refusal({ own: [{ host: '127.0.0.1', port: 0 }], peers: {}, ...nobody })).code).toBe('link.invalid')
  })

  test('an exception of the handler is not swallowed', async () => {
    const [one, two] = [await freeLink(), await freeLink()]
    const script = `
      import { openUdpLinks } from '${import.meta.dir}/../../src/transport/links.ts'
      const [one, two] = ${JSON.stringify([one, two])}
      await openUdpLinks({ own: [two], peers: {}, onDatagram: () => { throw new Error('programming error') } })
      const links = await openUdpLinks({ own: [one], peers: { two: [two] }, onDatagram: () => {} })
      links.send('two', Buffer.from('trigger'))`
    const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'ignore', stderr: 'pipe', timeout: 10_000 })
    expect(await new Response(child.stderr).text()).toContain('programming error')
    expect(await child.exited).toBe(1)
  })
})
