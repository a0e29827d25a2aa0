/** SPEC R2, R7: at a component, and at a resource behind it, tokens never go back: a command of an older master takes no effect. */
import { compareTokens, formatToken, type Token } from '../../../machines/model/token.ts'
import type { Checker } from './checker.ts'

export function tokensNeverGoBack(): Checker {
  const highest = new Map<string, Token>()
  return {
    name: 'tokens-never-go-back',
    observe(seen, report) {
      if (seen.type !== 'token.taken') return
      const { holder, token } = seen
      const last = highest.get(holder)
      if (last && compareTokens(token, last) < 0)
        report(`${holder} took token ${formatToken(token)} after ${formatToken(last)}`, { holder, token, last })
      else highest.set(holder, token)
    },
  }
}
