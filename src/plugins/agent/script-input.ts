const PASTE_START = '\x1b[200~'
const PASTE_END = '\x1b[201~'

/** Escape sequences, Enter, runs of text, and single control characters. */
const TOKEN = /^(?:\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\r\n|[^\x00-\x08\x0a-\x1f\x7f]+|[^])/u
const HALF_SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*|O)?$/

export type InputEvent =
  /** A complete message: trimmed, line ends as \n, never empty. */
  | { readonly type: 'message'; readonly text: string }
  /** Ctrl-C on an empty line. */
  | { readonly type: 'interrupt' }
  /** Ctrl-D on an empty line. */
  | { readonly type: 'end' }

/**
 * Turns what a terminal (or a FIFO that talks like one) delivers into messages: a bracketed paste may have many lines, Enter
 * submits. Chunks may be cut anywhere.
 */
export class InputParser {
  #draft = ''
  #rest = ''
  #pasting = false

  /** What is typed and not yet submitted. */
  get draft(): string {
    return this.#draft
  }

  feed(chunk: string): readonly InputEvent[] {
    const events: InputEvent[] = []
    let input = this.#rest + chunk
    this.#rest = ''
    while (input !== '') {
      if (this.#pasting) {
        input = this.#paste(input)
      } else if (HALF_SEQUENCE.test(input)) {
        this.#rest = input
        return events
      } else {
        const token = TOKEN.exec(input)?.[0] ?? input
        input = input.slice(token.length)
        const event = this.#key(token)
        if (event !== undefined) events.push(event)
      }
    }
    return events
  }

  /** Takes pasted text as it is, and gives back what follows the paste. */
  #paste(input: string): string {
    const end = input.indexOf(PASTE_END)
    if (end !== -1) {
      this.#draft += input.slice(0, end)
      this.#pasting = false
      return input.slice(end + PASTE_END.length)
    }
    const kept = beginningOf(PASTE_END, input)
    this.#draft += input.slice(0, input.length - kept)
    this.#rest = input.slice(input.length - kept)
    return ''
  }

  #key(token: string): InputEvent | undefined {
    switch (token) {
      case PASTE_START:
        this.#pasting = true
        return undefined
      case '\r':
      case '\n':
      case '\r\n':
        return this.#submit()
      case '\x7f':
      case '\b':
        this.#draft = [...this.#draft].slice(0, -1).join('')
        return undefined
      case '\x03':
        return this.#leave('interrupt')
      case '\x04':
        return this.#draft === '' ? { type: 'end' } : undefined
      case '\x15':
        this.#draft = ''
        return undefined
      default:
        if (/^[^\x00-\x08\x0a-\x1f]/.test(token)) this.#draft += token
        return undefined
    }
  }

  #submit(): InputEvent | undefined {
    const text = this.#draft.replaceAll(/\r\n?/g, '\n').trim()
    this.#draft = ''
    return text === '' ? undefined : { type: 'message', text }
  }

  #leave(type: 'interrupt'): InputEvent | undefined {
    const wasEmpty = this.#draft === ''
    this.#draft = ''
    return wasEmpty ? { type } : undefined
  }
}

/** How many characters at the end of `text` may be the beginning of `marker`. */
function beginningOf(marker: string, text: string): number {
  for (let length = Math.min(marker.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(marker.slice(0, length))) return length
  }
  return 0
}
