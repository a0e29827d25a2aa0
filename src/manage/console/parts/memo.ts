/** Draws again only when a property is another one: what rows and cells of long lists need, and all of `preact/compat` that the page wants. */
import { Component, type ComponentChildren, type FunctionComponent, h } from 'preact'

export function memo<Props extends object>(Inner: FunctionComponent<Props>): FunctionComponent<Props> {
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return !isShallowSame(this.props as Props, next)
    }
    override render(props: Props): ComponentChildren {
      return h(Inner, props)
    }
  }
  return Memo as unknown as FunctionComponent<Props>
}

function isShallowSame(a: object, b: object): boolean {
  const keys = Object.keys(a) as (keyof typeof a)[]
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
