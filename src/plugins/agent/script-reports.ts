import { createHash } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { AgentReport } from '../agent.ts'

export type Activity = Extract<AgentReport, { type: 'activity' }>['activity']

/** Who reports, and where to. */
export interface ReportAddress {
  readonly spool: string
  readonly uid: string
  readonly attempt: number
}

/**
 * Drops what the agent does into the spool, one file per fact, named so that they sort in the order they happened. Without an address
 * (somebody tries a scenario by hand) it says nothing; when the spool can't be written the agent works on.
 */
export class Reporter {
  readonly #address: ReportAddress | undefined
  readonly #now: () => number
  #last = ''
  #time = 0
  #count = 0
  #silent = false

  constructor(address: ReportAddress | undefined, now: () => number) {
    this.#address = address
    this.#now = now
  }

  /** Saying the same again is no news. */
  activity(activity: Activity, detail: string): void {
    const news = `${activity} ${detail}`
    if (news === this.#last) return
    this.#last = news
    this.#drop({ type: 'activity', activity, detail: detail.slice(0, 500) })
  }

  promptAccepted(): void {
    this.#drop({ type: 'prompt-accepted' })
  }

  messageAccepted(text: string): void {
    this.#drop({ type: 'message-accepted', digest: digestOf(text) })
  }

  reported(outcome: 'done' | 'failed'): void {
    this.#drop({ type: 'reported', outcome })
  }

  /** From now on nothing is reported, as by an agent that hangs. */
  fallSilent(): void {
    this.#silent = true
  }

  #drop(fact: Fact): void {
    if (this.#address === undefined || this.#silent) return
    const { spool, uid, attempt } = this.#address
    // The clock may step back; the order of the names may not.
    this.#time = Math.max(this.#time, this.#now())
    this.#count += 1
    const time = new Date(this.#time).toISOString()
    const order = `${String(this.#time).padStart(14, '0')}-${String(this.#count).padStart(6, '0')}`
    const name = `${order}-${uid.slice(0, 8)}-${attempt}.json`
    const temporary = join(spool, `.${name}.tmp`)
    try {
      writeFileSync(temporary, JSON.stringify({ uid, attempt, time, ...fact }), { mode: 0o600 })
      renameSync(temporary, join(spool, name))
    } catch {
      // Nobody listens; a coding agent goes on working then, and so does this one.
    }
  }
}

/** Hex SHA-256 of a message's text, trimmed, line ends as \n. */
export function digestOf(text: string): string {
  const plain = text.replaceAll(/\r\n?/g, '\n').trim()
  return createHash('sha256').update(plain).digest('hex')
}

type Fact<R = AgentReport> = R extends AgentReport ? Omit<R, 'uid' | 'attempt' | 'time'> : never
