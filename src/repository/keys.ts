/** Keys in their order, so that what is below a name is found without looking at everything. */

/** `lock/n1` is under `lock`, under `lock/` and under '', not under `lo`. */
export function isUnder(key: string, prefix: string): boolean {
  if (prefix === '' || key === prefix) return true
  return key.startsWith(prefix) && (prefix.endsWith('/') || key[prefix.length] === '/')
}

/** By code unit, as everywhere where order has to be the same on all nodes. */
export class SortedKeys {
  #keys: string[] = []

  reset(keys: Iterable<string>): void {
    this.#keys = [...keys].sort((a, b) => (a < b ? -1 : Number(a > b)))
  }

  /** Of a key that is not there. */
  add(key: string): void {
    this.#keys.splice(this.#placeOf(key), 0, key)
  }

  /** Of a key that is there. */
  delete(key: string): void {
    this.#keys.splice(this.#placeOf(key), 1)
  }

  /** Those at `prefix` and below it. */
  under(prefix: string): string[] {
    if (prefix === '') return [...this.#keys]
    const folder = folderOf(prefix)
    const place = this.#placeOf(prefix)
    const own = folder !== prefix && this.#keys[place] === prefix ? [prefix] : []
    // '0' comes right after '/': all that begins with the folder is before it.
    return [...own, ...this.#keys.slice(this.#placeOf(folder), this.#placeOf(`${folder.slice(0, -1)}0`))]
  }

  /** Where the first key is that is not before `key`. */
  #placeOf(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

function folderOf(prefix: string): string {
  return prefix.endsWith('/') ? prefix : `${prefix}/`
}
