/** What the keyboard does, by the table it is done by. */
import { app } from '../app.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { useSelect } from '../parts/hooks.ts'
import { keyTable } from '../parts/keys.ts'

const groups = ['Go to', 'Time', 'Lists', 'Page'] as const

export function KeySheet() {
  const isOpen = useSelect((state) => state.dialog === 'keys')
  if (!isOpen) return null
  return (
    <Dialog title="Keys" class="keysheet" onClose={() => app.store.dispatch({ type: 'dialog.changed', dialog: null })}>
      <div class="keysheet-groups">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {keyTable
                .filter((key) => key.group === group)
                .map(({ keys, does }) => (
                  <div key={keys}>
                    <dt>
                      {keys.split(' ').map((key) => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                    </dt>
                    <dd>{does}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
