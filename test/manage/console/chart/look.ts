import { record, show, startHarness } from './support.ts'
const h = await startHarness()
const scenario = [
  record('role.assign','offline.stopped','secondary.preparing',['process.start','component.reported']),
  record('process.ready','secondary.preparing','secondary.assuming',['role.take']),
  record('role.done','secondary.assuming','secondary.ready',['component.reported']),
  record('load.changed','secondary.ready','secondary.ready',[]),
  record('role.assign','secondary.ready','primary.assuming',['role.take','component.reported']),
  record('role.done','primary.assuming','primary.ready',['component.reported']),
]
for (const [name,w,hh,scheme] of [['wide',1280,760,'light'],['dark',1280,760,'dark'],['phone',390,844,'light']] as const) {
  const p = await h.browser.newPage({ viewport:{width:w,height:hh}, colorScheme: scheme as any })
  p.on('console', m => console.log('console:', m.text())); p.on('pageerror', e => console.log('error:', e.message))
  await p.goto(h.url)
  await show(p, 'component', 'secondary.ready', scenario.slice(0,4))
  await p.waitForTimeout(500)
  await p.screenshot({ path:`/tmp/out/live-${name}-1.png` })
  await show(p, 'component', 'primary.assuming', scenario.slice(0,5))
  await p.waitForTimeout(330)
  await p.screenshot({ path:`/tmp/out/live-${name}-2.png` })
  await show(p, 'component', 'primary.ready', scenario)
  await p.waitForTimeout(1800)
  await p.screenshot({ path:`/tmp/out/live-${name}-3.png` })
  await p.keyboard.press('Tab'); await p.keyboard.press('0'); await p.waitForTimeout(600)
  await p.screenshot({ path:`/tmp/out/live-${name}-4.png` })
  await p.click('[data-state="primary.ready"] .c-name', {force:true}); await p.waitForTimeout(300)
  await show(p, 'membership', 'candidate', []); await p.waitForTimeout(300)
  await p.screenshot({ path:`/tmp/out/live-${name}-5.png` })
  await p.close()
}
await h.close()
process.exit(0)
