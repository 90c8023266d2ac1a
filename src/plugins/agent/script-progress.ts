import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

import type { Step } from './script-schema.ts'

/** The file in a worktree's private git directory that outlives an attempt. */
export const PROGRESS_FILE = 'ao-script-progress.json'

/** How far a list of steps is done; in the step after the last done one, a message may be being handled. */
export interface Frame {
  done: number
  handling?: { readonly handler: number; readonly message: string; readonly inside: Frame }
}

/** What an agent would know of its conversation after a restart. */
export interface Conversation {
  readonly frame: Frame
  /** Messages taken and not yet looked at. */
  readonly inbox: string[]
}

interface Saved {
  /** Digest of the steps done so far, so that a scenario changed in between starts anew. */
  readonly past: string
  readonly frame: Frame
  readonly inbox: string[]
}

/** Keeps the conversation in one file below the session's uid, as the file may outlive the session. */
export class ProgressFile {
  readonly #path: string | undefined
  readonly #uid: string
  readonly #steps: readonly Step[]

  /** Without a path nothing is kept. */
  constructor(path: string | undefined, uid: string, steps: readonly Step[]) {
    this.#path = path
    this.#uid = uid
    this.#steps = steps
  }

  load(): Conversation {
    const saved = this.#read()
    if (saved === undefined || saved.past !== digestOfPast(this.#steps, saved.frame)) {
      return { frame: { done: 0 }, inbox: saved?.inbox ?? [] }
    }
    return { frame: saved.frame, inbox: saved.inbox }
  }

  save(conversation: Conversation): void {
    if (this.#path === undefined) return
    const saved = { ...conversation, past: digestOfPast(this.#steps, conversation.frame) }
    const temporary = `${this.#path}.tmp`
    try {
      writeFileSync(temporary, JSON.stringify({ [this.#uid]: saved }))
      renameSync(temporary, this.#path)
    } catch {
      // The workspace went away below the agent. It works on, and after a restart it repeats itself.
    }
  }

  #read(): Saved | undefined {
    if (this.#path === undefined) return undefined
    try {
      const all: unknown = JSON.parse(readFileSync(this.#path, 'utf8'))
      const mine: unknown = isRecord(all) ? all[this.#uid] : undefined
      return isSaved(mine) ? mine : undefined
    } catch {
      return undefined
    }
  }
}

/** The steps before the one in progress, and that one too while it handles a message. */
function digestOfPast(steps: readonly Step[], frame: Frame): string {
  const past = steps.slice(0, frame.handling === undefined ? frame.done : frame.done + 1)
  return createHash('sha256').update(JSON.stringify(past)).digest('hex')
}

function isSaved(value: unknown): value is Saved {
  return (
    isRecord(value) &&
    typeof value['past'] === 'string' &&
    isFrame(value['frame']) &&
    Array.isArray(value['inbox']) &&
    value['inbox'].every(message => typeof message === 'string')
  )
}

function isFrame(value: unknown): value is Frame {
  if (!isRecord(value) || !Number.isInteger(value['done'])) return false
  const handling = value['handling']
  if (handling === undefined) return true
  return (
    isRecord(handling) &&
    Number.isInteger(handling['handler']) &&
    typeof handling['message'] === 'string' &&
    isFrame(handling['inside'])
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
