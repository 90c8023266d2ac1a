import type { Verb } from '../../plan/action.ts'
import type { ResourceKey } from '../../resource/key.ts'

/** How an object came out of an apply. `waiting` is no failure; `stalled` needs a person. */
export type OutcomeState = 'done' | 'waiting' | 'skipped' | 'blocked' | 'stalled' | 'failed'

export interface ProgressOutcome {
  readonly state: OutcomeState
  readonly message?: string
}

/** One object as far as the apply has come with it. */
export interface ProgressRow {
  readonly key: ResourceKey
  /** What is being done to it, in the plan's words. Absent for an object that the plan did not name. */
  readonly verb?: Verb
  readonly state: 'pending' | 'running' | OutcomeState
  readonly message: string
  readonly startedAt?: Date
  readonly finishedAt?: Date
}

/** What a printer hears, in this order: one `started`, any number of the others, one `finished`. */
export type ProgressEvent =
  | { readonly type: 'started'; readonly rows: readonly ProgressRow[] }
  | {
      readonly type: 'step'
      readonly row: ProgressRow
      readonly phase: 'started' | 'finished'
      readonly message: string
    }
  | { readonly type: 'done'; readonly row: ProgressRow }
  | { readonly type: 'note'; readonly message: string }
  /** Time has passed; `waiting` are the objects of which nothing was heard for a while. */
  | { readonly type: 'heartbeat'; readonly waiting: readonly ProgressRow[] }
  | {
      readonly type: 'finished'
      readonly summary: string
      readonly next?: string
      readonly elapsedMs: number
    }

/** One way of showing an apply's progress; all ways hear the same events. */
export interface Printer {
  print(event: ProgressEvent, rows: readonly ProgressRow[]): void
  /** Gives the terminal back as it was. May be called at any time, and twice. */
  close(): void
}

export interface PrinterOptions {
  readonly write: (text: string) => void
  readonly width: number
  /** Lines of the terminal. */
  readonly height: number
  readonly color: boolean
  readonly now: () => Date
}
