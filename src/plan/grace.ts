import { durationMs, formatMoment } from '../resource/duration.ts'
import type { ClosedPullRequest, Outcome } from '../resource/record.ts'
import type { ProjectSpec } from '../resource/spec.ts'
import type { Activity } from '../resource/status.ts'
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

/** Why an agent may still need its session. */
const UNREST: Readonly<Record<Activity, string | undefined>> = {
  idle: undefined,
  working: 'its agent still works',
  unknown: 'nobody knows whether its agent rests',
  'needs-input': 'its agent waits for an answer',
  'needs-permission': 'its agent waits for a permission',
  'rate-limited': 'its agent waits for its allowance',
}

/** What the agent of a session that is over still gets unless it rests, or while a person types to it; undefined when nothing is in the way of its end. */
export function graceOf({ view, project, now }: SessionPlanInput): Grace | undefined {
  const { record, facts } = view
  const { process, activity } = facts
  if (record.outcome === undefined || process.state !== 'alive') return undefined
  const why = process.personTyping ? 'a person types to it' : unrestOf(activity, record.outcome)
  if (why === undefined) return undefined
  const over = Date.parse(record.outcome.at)
  const until = over + graceMsOf(project)
  // An end in the future was written down before the clock was set back.
  if (now >= until || over > now) return undefined
  return {
    until,
    words: `${why}; cleaned up as soon as it rests, or at ${formatMoment(until)}`,
  }
}

/** An agent that reported its end, or whose pull request was closed for long, needs no time because it tells nothing. */
function unrestOf(activity: Activity, { state }: Outcome): string | undefined {
  const cameAtOnce = state === 'Merged' || state === 'IssueClosed'
  return activity === 'unknown' && !cameAtOnce ? undefined : UNREST[activity]
}
