/** What is known of one node, assignment or component, and what may be done with it. */
import { useEffect, useState } from 'preact/hooks'
import { go } from '../../app.ts'
import { useSelect } from '../../parts/hooks.ts'
import { Icon } from '../../parts/Icon.tsx'
import type { Offer } from '../../state/operations.ts'
import { About } from './About.tsx'
import { Offers } from './Offers.tsx'
import { Operate } from './Operate.tsx'

export function Drawer() {
  const of = useSelect((state) => state.route.of)
  if (of === null) return null
  return <Opened key={of} of={of} />
}

function Opened({ of }: { of: string }) {
  const [offer, setOffer] = useState<Offer | null>(null)
  useEffect(() => setOffer(null), [of])
  return (
    <aside class="drawer" aria-label={of}>
      <header>
        <h2>{of.replace(/^(node|assignment):/, '')}</h2>
        <button type="button" class="quiet" aria-label="Close" title="Close (Esc)" onClick={() => go({ of: null })}>
          <Icon name="close" />
        </button>
      </header>
      {offer ? (
        <Operate offer={offer} onDone={() => setOffer(null)} />
      ) : (
        <>
          <About of={of} />
          <Offers of={of} onChoose={setOffer} />
        </>
      )}
    </aside>
  )
}
