/** Messages in the order they came, for one reader that may want only some of them. */
export class Inbox {
  readonly #messages: string[]
  #wake: (() => void) | undefined

  /** The array is the caller's to save; it is changed in place. */
  constructor(messages: string[]) {
    this.#messages = messages
  }

  get size(): number {
    return this.#messages.length
  }

  put(text: string): void {
    this.#messages.push(text)
    this.#wake?.()
  }

  /** Takes the first message that is wanted, counting from `from`; undefined after `timeoutMs`. The others stay. */
  async take(
    wanted: (text: string) => boolean,
    options: { readonly from?: number; readonly timeoutMs?: number | undefined } = {},
  ): Promise<string | undefined> {
    let expired = false
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            expired = true
            this.#wake?.()
          }, options.timeoutMs)
    try {
      for (;;) {
        const found = this.#remove(wanted, options.from ?? 0)
        if (found !== undefined || expired) return found
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
      this.#wake = undefined
    }
  }

  #remove(wanted: (text: string) => boolean, from: number): string | undefined {
    const index = this.#messages.findIndex((text, place) => place >= from && wanted(text))
    return index === -1 ? undefined : this.#messages.splice(index, 1)[0]
  }
}
