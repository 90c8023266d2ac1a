import type { run } from './exec.ts'
import type { Git } from './git.ts'
import type { ForgeMemory } from './scm.ts'

/** What an adapter of a forge is made with. */
export interface ForgeScmOptions {
  readonly memory: ForgeMemory
  readonly git: Git
  readonly run: typeof run
  /** Where a token may be, and what the forge's own program needs that may know one. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Expands variables of settings and reads their secrets. */
  readonly readValue: (value: unknown) => Promise<unknown>
  /** The id of the home that is worked for; undefined while it has none. */
  readonly homeId: () => string | undefined
  readonly now: () => Date
  /** From 0 to 1. */
  readonly random: () => number
  /** Rejects when the signal aborts; default: real time. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}
