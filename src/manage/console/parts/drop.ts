/** A recording dropped on the page is opened, where the server can open one. */
import { app, notify } from '../app.ts'
import { upload } from '../net/upload.ts'
import { isRecording } from '../state/select.ts'

export function listenToDrops(): void {
  const { classList } = document.documentElement
  window.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    classList.add('is-dropping')
  })
  window.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) classList.remove('is-dropping')
  })
  window.addEventListener('drop', (event) => {
    event.preventDefault()
    classList.remove('is-dropping')
    void open([...(event.dataTransfer?.files ?? [])])
  })
}

export async function open(files: readonly File[]): Promise<void> {
  if (files.length === 0) return
  if (!isRecording(app.store.state())) {
    return notify('A running node opens no recordings. Type: rolecall console FILE', 'bad')
  }
  for (const file of files) {
    const onProgress = (share: number) =>
      app.store.dispatch({ type: 'upload.changed', upload: { name: file.name, share } })
    onProgress(0)
    try {
      await upload(file, onProgress)
      notify(`${file.name} is open`)
    } catch (error) {
      notify(`${file.name} was not opened: ${(error as Error).message}`, 'bad')
    }
  }
  app.store.dispatch({ type: 'upload.changed', upload: null })
  await app.controller
    .session()
    .then(() => app.controller.reopen())
    .catch((error: Error) => notify(`It could not be read again: ${error.message}`, 'bad'))
}
