import type { ReadStream, WriteStream } from 'node:tty'

import { InputParser } from './script-input.ts'
import type { InputEvent } from './script-input.ts'

const PASTE_ON = '\x1b[?2004h'
const PASTE_OFF = '\x1b[?2004l'

export interface Terminal {
  /** Starts handing over what is read; until then it waits where it is. */
  listen(onEvent: (event: InputEvent) => void, onDraft: (draft: string) => void): void
  /** Stops reading. */
  pause(): void
  /** Leaves the terminal as it was found. */
  close(): void
}

/**
 * Takes the terminal over, first of all: what arrives before raw mode would be cut into lines. On a FIFO the same framing is read without
 * a terminal's modes.
 */
export function openTerminal(input: ReadStream, output: WriteStream): Terminal {
  const parser = new InputParser()
  if (input.isTTY) input.setRawMode(true)
  if (output.isTTY) output.write(PASTE_ON)
  input.setEncoding('utf8')
  // A person who hangs up, or nobody there at all, leaves the agent to its work.
  input.on('error', () => undefined)
  return {
    listen(onEvent, onDraft) {
      input.on('data', (chunk: string) => {
        for (const event of parser.feed(chunk)) onEvent(event)
        onDraft(parser.draft)
      })
    },
    pause() {
      input.pause()
    },
    close() {
      if (output.isTTY) output.write(PASTE_OFF)
      if (input.isTTY) input.setRawMode(false)
    },
  }
}
