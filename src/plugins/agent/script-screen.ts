import type { WriteStream } from 'node:tty'
import colors from 'picocolors'

const MARGIN = 8
const LINES_SHOWN = 20

export type Tone = 'plain' | 'good' | 'bad' | 'quiet'

/** Where people see what the agent does: a verb in the margin, then words; on a terminal also the line being typed. */
export class Screen {
  readonly #out: WriteStream
  #draft = ''
  #waiting = false

  constructor(out: WriteStream) {
    this.#out = out
    // A terminal that went away must not end the agent.
    out.on('error', () => undefined)
  }

  /** Prints the text beside its verb, line for line; the middle of a long text is left out. */
  tell(verb: string, text: string, tone: Tone = 'plain'): void {
    const [first = '', ...rest] = shorten(printable(text).split('\n'))
    const margin = paint(verb.padStart(MARGIN), tone)
    const indent = ' '.repeat(MARGIN + 2)
    this.#print(`${margin}  ${[first, ...rest.map(line => indent + line)].join('\n')}\n`)
  }

  blank(): void {
    this.#print('\n')
  }

  /** The line being typed has changed. */
  showDraft(draft: string): void {
    this.#draft = draft
    this.#print('')
  }

  /** Shows a prompt while a person may well type something. */
  setWaiting(waiting: boolean): void {
    this.#waiting = waiting
    this.#print('')
  }

  #print(text: string): void {
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${text}${this.#prompt()}`)
    else if (text !== '') this.#out.write(text)
  }

  #prompt(): string {
    if (!this.#waiting && this.#draft === '') return ''
    const room = Math.max(10, this.#out.columns - 6)
    const line = printable(this.#draft).replaceAll('\n', ' ')
    return `${colors.bold('>')} ${line.length > room ? `...${line.slice(3 - room)}` : line}`
  }
}

/** Other people's text can't move the cursor or change the title. */
export function printable(text: string): string {
  return text
    .replaceAll(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)/g, '')
    .replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
}

function shorten(lines: readonly string[]): readonly string[] {
  if (lines.length <= LINES_SHOWN) return lines
  const half = LINES_SHOWN / 2
  const left = lines.length - 2 * half
  return [...lines.slice(0, half), colors.dim(`... ${left} more lines`), ...lines.slice(-half)]
}

function paint(text: string, tone: Tone): string {
  switch (tone) {
    case 'plain':
      return colors.bold(colors.cyan(text))
    case 'good':
      return colors.bold(colors.green(text))
    case 'bad':
      return colors.bold(colors.red(text))
    case 'quiet':
      return colors.dim(text)
  }
}
