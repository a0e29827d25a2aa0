/** A file dropped on the page goes to the server that opens recordings; `XMLHttpRequest` because `fetch` tells no progress. */
import { ClientError } from './client.ts'

export function upload(file: File, onProgress: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `/v1/recordings?name=${encodeURIComponent(file.name)}`)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0)
    request.onload = () => (request.status < 300 ? resolve() : reject(refusal(request)))
    request.onerror = () => reject(new ClientError({ status: 0, code: 'unavailable', text: 'nobody answers' }))
    request.send(file)
  })
}

function refusal(request: XMLHttpRequest): ClientError {
  // What is much too large is refused before anything of it is read, with nothing said.
  const said = request.status === 413 ? 'it is too large: 128 MiB at most' : `answered with ${request.status}`
  const { code = 'refused', text = said } = parse(request.responseText)
  return new ClientError({ status: request.status, code, text })
}

function parse(text: string): { code?: string; text?: string } {
  try {
    return JSON.parse(text) as { code?: string; text?: string }
  } catch {
    return {}
  }
}
