/** Who has the token may change things. The page keeps a session, never the token. */
import { useState } from 'preact/hooks'
import { app, notify } from '../app.ts'
import { type ClientError, client } from '../net/client.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { useSelect } from '../parts/hooks.ts'

export function SignIn() {
  const isOpen = useSelect((state) => state.dialog === 'signin')
  return isOpen ? <SignInDialog /> : null
}

const close = () => app.store.dispatch({ type: 'dialog.changed', dialog: null })

function SignInDialog() {
  const [refusal, setRefusal] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const reason = useSelect((state) => state.session?.readOnlyReason ?? null)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const token = String(new FormData(event.currentTarget as HTMLFormElement).get('token') ?? '').trim()
    setBusy(true)
    setRefusal(await signIn(token))
    setBusy(false)
  }
  return (
    <Dialog title="Sign in" class="signin" onClose={close}>
      <form onSubmit={submit}>
        <p class="dim">Changes need a token of this node; reading does too, where it is asked from another machine.</p>
        <label>
          Token
          <input name="token" type="password" autocomplete="current-password" required autofocus spellcheck={false} />
        </label>
        {refusal && (
          <p class="refusal" role="alert">
            {refusal}
          </p>
        )}
        {reason && <p class="dim">{reason}</p>}
        <footer>
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            Sign in
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

/** Null: accepted. */
async function signIn(token: string): Promise<string | null> {
  try {
    await client.signIn(token)
    await app.controller.session()
    close()
    notify('Signed in: you may change things')
    return null
  } catch (error) {
    const { status, message } = error as ClientError
    return status === 401 ? 'Refused: this is no token of this node.' : `Not signed in: ${message}.`
  }
}
