import type { Account } from './state.ts'

export interface Annotation {
  readonly path: string
  readonly line: number
  readonly level: 'notice' | 'warning' | 'failure'
  readonly message: string
  readonly title: string | null
}

export type CheckStatus = 'queued' | 'in_progress' | 'completed'
export type CheckConclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'

export interface CheckRun {
  readonly id: number
  readonly name: string
  readonly sha: string
  /** 15368 is GitHub Actions; its check runs are jobs with logs. */
  readonly app: App
  readonly runId: number
  readonly suiteId: number
  status: CheckStatus
  conclusion: CheckConclusion | undefined
  readonly startedAt: number
  completedAt: number | undefined
  title: string | null
  summary: string | null
  text: string | null
  detailsUrl: string | null
  externalId: string
  annotations: readonly Annotation[]
  log: string | undefined
}

export interface App {
  readonly id: number
  readonly slug: string
  readonly name: string
}

export interface Status {
  readonly id: number
  readonly sha: string
  readonly context: string
  readonly state: 'error' | 'failure' | 'pending' | 'success'
  readonly description: string | null
  readonly targetUrl: string | null
  readonly creator: Account
  readonly createdAt: number
}

export const GITHUB_ACTIONS: App = { id: 15368, slug: 'github-actions', name: 'GitHub Actions' }
