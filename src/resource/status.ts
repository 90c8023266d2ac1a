import type { Condition } from './conditions.ts'

/** What an agent is doing, as far as its adapter can tell. `unknown` is a real state. */
export const ACTIVITIES = [
  'unknown',
  'working',
  'idle',
  'needs-input',
  'needs-permission',
  'rate-limited',
] as const

export type Activity = (typeof ACTIVITIES)[number]

/** The value of a session's machine, such as `{session: {alive: 'working'}, review: 'open'}`. */
export interface LifecycleValue {
  readonly session: string | Readonly<Record<string, string>>
  readonly review: string
}

export type OrchestratorLifecycleValue = Pick<LifecycleValue, 'session'>

export interface PullRequestStatus {
  readonly number: number
  readonly url: string
  readonly state: 'open' | 'draft' | 'merged' | 'closed'
  readonly headSha: string
  readonly checks: 'none' | 'pending' | 'passing' | 'failing'
  readonly review: 'none' | 'approved' | 'changes-requested'
  /** When this was so, RFC 3339, where it can't be seen how it is now. */
  readonly asOf?: string
}

export interface SessionStatus {
  readonly observedGeneration: number
  readonly conditions: readonly Condition[]
  readonly lifecycle: LifecycleValue | OrchestratorLifecycleValue
  /** One word for people; nothing branches on it. */
  readonly display: string
  readonly attempt: number
  readonly branch?: string
  readonly baseSha?: string
  /** Absolute path of the checkout. */
  readonly workspace?: string
  readonly runtime: { readonly plugin: string; readonly handle?: string; readonly pid?: number }
  readonly agent: {
    readonly plugin: string
    readonly activity: Activity
    readonly sessionId?: string
  }
  readonly pullRequest?: PullRequestStatus
  /** Since when a fact has been seen, RFC 3339; due times are computed from it, so they survive restarts. */
  readonly since: Readonly<Record<string, string>>
}

export interface ProjectStatus {
  readonly observedGeneration: number
  readonly conditions: readonly Condition[]
  readonly defaultBranch?: string
  /** When origin was last fetched, RFC 3339. */
  readonly fetchedAt?: string
}

export interface NotifierStatus {
  readonly observedGeneration: number
  readonly conditions: readonly Condition[]
}

export type Status = SessionStatus | ProjectStatus | NotifierStatus
