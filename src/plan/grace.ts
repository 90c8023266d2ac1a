import { durationMs, formatMoment } from '../resource/duration.ts'
import type { ClosedPullRequest } from '../resource/record.ts'
import type { ProjectSpec } from '../resource/spec.ts'
import type { SessionPlanInput } from './session-input.ts'

const DEFAULT_GRACE = '5m'

/** How long nothing is cleaned up that somebody may still need, in milliseconds. */
export function graceMsOf(project: ProjectSpec | undefined): number {
  return durationMs(project?.cleanup?.grace ?? DEFAULT_GRACE)
}

/** What becomes of a worker whose pull request was closed; the same as long as it lasts. */
export function closedWords({ number, until }: ClosedPullRequest): string {
  return `pull request #${number} was closed unmerged; ${unlessReopened({ until })}`
}

export function unlessReopened({ until }: Pick<ClosedPullRequest, 'until'>): string {
  return `cleaned up at ${formatMoment(Date.parse(until))} unless it is reopened`
}

export interface Grace {
  /** Milliseconds since the epoch. */
  readonly until: number
  /** The same as long as it lasts, so that a quiet cycle writes nothing. */
  readonly words: string
}

/** What the agent of a session that is over still gets while it works, or while a person types to it; undefined when nothing is in the way of its end. */
export function graceOf({ view, project, now }: SessionPlanInput): Grace | undefined {
  const { record, facts } = view
  const { process, activity } = facts
  if (record.outcome === undefined || process.state !== 'alive') return undefined
  const why = process.personTyping
    ? 'a person types to it'
    : activity === 'working'
      ? 'its agent still works'
      : undefined
  if (why === undefined) return undefined
  const over = Date.parse(record.outcome.at)
  const until = over + graceMsOf(project)
  // An end in the future was written down before the clock was set back.
  if (now >= until || over > now) return undefined
  return {
    until,
    words: `${why}, so it is cleaned up when that ends, or at ${formatMoment(until)}`,
  }
}
