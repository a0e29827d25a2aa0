/** Light or dark as the system has it, unless the reader has said otherwise. */
export type Theme = 'light' | 'dark'

const key = 'rolecall.theme'

function systemTheme(): Theme {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function theme(): Theme {
  const chosen = localStorage.getItem(key)
  return chosen === 'light' || chosen === 'dark' ? chosen : systemTheme()
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme()
  matchMedia('(prefers-color-scheme: dark)').onchange = () => {
    document.documentElement.dataset.theme = theme()
  }
}

/** What the system has is not kept: then the page goes on following it. */
export function toggleTheme(): Theme {
  const next = theme() === 'dark' ? 'light' : 'dark'
  if (next === systemTheme()) localStorage.removeItem(key)
  else localStorage.setItem(key, next)
  document.documentElement.dataset.theme = next
  return next
}
