/** All of the page: what is around the views, and the view that the address names. */
import { useSelect } from '../parts/hooks.ts'
import type { ViewName } from '../state/route.ts'
import { Banner } from './Banner.tsx'
import { Cluster } from './cluster/Cluster.tsx'
import { Drawer } from './drawer/Drawer.tsx'
import { Incidents } from './incidents/Incidents.tsx'
import { KeySheet } from './KeySheet.tsx'
import { Machines } from './machines/Machines.tsx'
import { Notice } from './Notice.tsx'
import { Records } from './records/Records.tsx'
import { SignIn } from './SignIn.tsx'
import { Topbar } from './Topbar.tsx'
import { Timeline } from './timeline/Timeline.tsx'
import { WhatIf } from './whatif/WhatIf.tsx'

const views: Readonly<Record<ViewName, () => preact.JSX.Element>> = {
  cluster: Cluster,
  machines: Machines,
  incidents: Incidents,
  records: Records,
  whatif: WhatIf,
}

export function Page() {
  const view = useSelect((state) => state.route.view)
  const isOld = useSelect((state) => state.link.phase === 'lost')
  const View = views[view]
  return (
    <div class={`page ${isOld ? 'is-old' : ''}`}>
      <a class="skip" href="#main">
        To the content
      </a>
      <Topbar />
      <Banner />
      <div class="middle">
        <main id="main" class={`view view-${view}`}>
          <View />
        </main>
        <Drawer />
      </div>
      <Timeline />
      <Notice />
      <KeySheet />
      <SignIn />
    </div>
  )
}
