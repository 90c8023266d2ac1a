import type { Plan } from '../../plan/action.ts'
import type { ResourceKey } from '../../resource/key.ts'
import type {
  OutcomeState,
  Printer,
  PrinterOptions,
  ProgressEvent,
  ProgressOutcome,
  ProgressRow,
} from './progress-event.ts'
import { createJsonPrinter } from './progress-json.ts'
import { createLinePrinter } from './progress-lines.ts'
import { createTablePrinter } from './progress-table.ts'

export type { OutcomeState, ProgressOutcome } from './progress-event.ts'

export interface ProgressOptions {
  /** Takes what is to be shown, usually to stderr. */
  readonly write: (text: string) => void
  readonly isTTY: boolean
  readonly width: number
  /** Lines of the terminal. Default: 24. */
  readonly height?: number | undefined
  readonly color: boolean
  readonly now: () => Date
  /** `jsonl` for programs; otherwise a live table on a terminal and lines elsewhere. */
  readonly output?: 'text' | 'jsonl'
}

/** What an apply tells about itself while it runs. It sets no timer: the caller calls `heartbeat` every second or so. */
export interface Progress {
  start(plan: Plan): void
  /** A step of the object has finished, or (`started`) has begun. */
  step(key: ResourceKey, message: string, phase?: 'started' | 'finished'): void
  /** The object has reached an end for now. A later call corrects an earlier one. */
  done(key: ResourceKey, outcome: ProgressOutcome): void
  /** A word that belongs to no object. */
  note(message: string): void
  heartbeat(): void
  /** Prints what came out; `next` is the command to type. Without it a failed object's `describe` is named. */
  finish(summary?: { readonly next?: string | undefined }): void
  /** Gives the terminal back; for the end that is no finish. May be called twice. */
  close(): void
}

const SILENCE_MS = 10_000
const OUTCOMES: readonly OutcomeState[] = [
  'done',
  'waiting',
  'skipped',
  'blocked',
  'stalled',
  'failed',
]

export function createProgress(options: ProgressOptions): Progress {
  const { now } = options
  const printer = printerFor(options)
  const rows = new Map<ResourceKey, ProgressRow>()
  const heardAt = new Map<ResourceKey, number>()
  const startedAt = now()
  let ended = false

  const print = (event: ProgressEvent): void => printer.print(event, [...rows.values()])
  const change = (key: ResourceKey, news: Partial<ProgressRow>): ProgressRow => {
    const { finishedAt: _, ...before } = rows.get(key) ?? blankRow(key)
    const row = { startedAt: now(), ...before, ...news }
    rows.set(key, row)
    heardAt.set(key, now().getTime())
    return row
  }

  return {
    start(plan) {
      for (const { key, action, blockedVerb, reason } of plan.actions) {
        if (action === 'unchanged') continue
        rows.set(key, { key, verb: blockedVerb ?? action, state: 'pending', message: reason })
      }
      print({ type: 'started', rows: [...rows.values()] })
    },
    step(key, message, phase = 'finished') {
      const row = change(key, { state: 'running', message })
      print({ type: 'step', row, phase, message })
    },
    done(key, outcome) {
      const { state, message = '' } = outcome
      print({ type: 'done', row: change(key, { state, message, finishedAt: now() }) })
    },
    note(message) {
      print({ type: 'note', message })
    },
    heartbeat() {
      const at = now().getTime()
      const waiting = [...rows.values()].filter(
        row => row.state === 'running' && at - (heardAt.get(row.key) ?? 0) >= SILENCE_MS,
      )
      for (const row of waiting) heardAt.set(row.key, at)
      print({ type: 'heartbeat', waiting })
    },
    finish(summary) {
      if (ended) return
      ended = true
      const all = [...rows.values()]
      const next = summary?.next ?? helpFor(all)
      print({
        type: 'finished',
        summary: countOutcomes(all),
        ...(next === undefined ? {} : { next }),
        elapsedMs: now().getTime() - startedAt.getTime(),
      })
      printer.close()
    },
    close() {
      ended = true
      printer.close()
    },
  }
}

function blankRow(key: ResourceKey): ProgressRow {
  return { key, state: 'pending', message: '' }
}

function printerFor(options: ProgressOptions): Printer {
  const { isTTY, output = 'text', height = 24, write, width, color, now } = options
  const common: PrinterOptions = { write, width, height, color, now }
  if (output === 'jsonl') return createJsonPrinter(common)
  return isTTY ? createTablePrinter(common) : createLinePrinter(common)
}

/** `create: 2 done, 1 failed · restart: 1 done`, in the plan's words and order. */
function countOutcomes(rows: readonly ProgressRow[]): string {
  const verbs = [...new Set(rows.map(row => row.verb))]
  return verbs
    .map(verb => {
      const states = rows.filter(row => row.verb === verb).map(row => row.state)
      const counts = [...OUTCOMES, 'running' as const, 'pending' as const]
        .map(state => ({ state, count: states.filter(other => other === state).length }))
        .filter(({ count }) => count > 0)
        .map(({ state, count }) => `${count} ${state === 'pending' ? 'not started' : state}`)
      return `${verb ?? 'other'}: ${counts.join(', ')}`
    })
    .join(' · ')
}

function helpFor(rows: readonly ProgressRow[]): string | undefined {
  const row =
    rows.find(({ state }) => state === 'failed') ?? rows.find(({ state }) => state === 'stalled')
  return row === undefined ? undefined : `ao describe ${row.key}`
}
