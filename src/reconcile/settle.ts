import type { Advance } from '../lifecycle/advance.ts'
import type { PullRequestFact, SessionView } from '../lifecycle/facts.ts'
import { isStuck } from '../lifecycle/reaction-agent.ts'
import { reviewSince } from '../lifecycle/since.ts'
import type { PlannedAction } from '../plan/action.ts'
import { mergeConditions } from '../resource/conditions.ts'
import type { PullRequestStatus, SessionStatus } from '../resource/status.ts'
import { displayOf } from '../status/display.ts'
import type { Failure } from '../status/condition.ts'
import { sessionConditions } from '../status/session.ts'
import type { AgentNews } from './reports.ts'

export interface SettleInput {
  readonly view: SessionView
  readonly action: PlannedAction
  readonly advance: Advance
  readonly previous: SessionStatus | undefined
  readonly failure: Failure | undefined
  /** Why the last try to merge failed. */
  readonly mergeFailure: string | undefined
  readonly agentReports: boolean
  readonly news: AgentNews | undefined
  readonly since: SessionStatus['since']
  readonly now: Date
}

/** A session's status after a look. Pure; the same as before when nothing changed. */
export function settleSession(input: SettleInput): SessionStatus {
  const { view, previous, now } = input
  const { object, record, facts } = view
  const wantedConditions = sessionConditions({
    view,
    action: input.action,
    failure: input.failure,
    mergeFailure: input.mergeFailure,
    agentReports: input.agentReports,
    stuck: isStuck({ ...view, now: now.getTime() }),
  })
  const conditions = mergeConditions(previous?.conditions ?? [], wantedConditions, now)
  return {
    observedGeneration: object.generation,
    conditions,
    lifecycle: input.advance.value,
    display: displayOf(input.advance.value, conditions),
    attempt: record.attempt,
    ...checkoutStatus(view),
    runtime: runtimeStatus(view),
    agent: {
      plugin: object.spec.agent.plugin,
      activity: facts.process.state === 'alive' ? facts.activity : 'unknown',
      ...(record.sessionId === undefined ? {} : { sessionId: record.sessionId }),
    },
    ...(facts.review.state === 'found'
      ? { pullRequest: pullRequestStatus(facts.review.pullRequest) }
      : keptPullRequest(input)),
    since: input.since,
  }
}

function checkoutStatus({
  object,
  record,
  facts,
}: SessionView): Pick<SessionStatus, 'branch' | 'baseSha' | 'workspace'> {
  const { branch, workspace } = facts
  const baseSha = record.baseSha ?? (branch.state === 'ours' ? branch.baseSha : undefined)
  return {
    ...(object.spec.branch === undefined ? {} : { branch: object.spec.branch }),
    ...(baseSha === undefined ? {} : { baseSha }),
    ...('path' in workspace && workspace.state !== 'foreign' ? { workspace: workspace.path } : {}),
  }
}

function runtimeStatus({ object, facts }: SessionView): SessionStatus['runtime'] {
  const { process } = facts
  if (process.state !== 'alive' && process.state !== 'exited') {
    return { plugin: object.spec.runtime.plugin }
  }
  const { runtime: plugin, handle } = process
  if (process.state === 'exited' || process.pid === undefined) return { plugin, handle }
  return { plugin, handle, pid: process.pid }
}

/** Since when facts have been seen. */
export function sinceAfterLook(
  view: SessionView,
  previous: SessionStatus | undefined,
  news: AgentNews | undefined,
  now: Date,
): SessionStatus['since'] {
  const known = previous?.since ?? {}
  const sign = news?.at ?? known['sign']
  return {
    ...(sign === undefined ? {} : { sign }),
    ...reviewSince(view, known, now.getTime()),
  }
}

/** A forge that can't be asked says nothing new: what was known stays, with a condition that tells its age. */
function keptPullRequest(input: SettleInput): Pick<SessionStatus, 'pullRequest'> {
  const known = input.previous?.pullRequest
  const { review } = input.view.facts
  if (review.state !== 'unknown' || known === undefined) return {}
  const { knownAt } = review
  return {
    pullRequest:
      knownAt === undefined ? known : { ...known, asOf: new Date(knownAt).toISOString() },
  }
}

function pullRequestStatus(fact: PullRequestFact): PullRequestStatus {
  const { number, url, state, headSha, checks, review } = fact
  const approved = review === 'none' && fact.approved && state === 'open' ? 'approved' : review
  return { number, url, state, headSha, checks, review: approved }
}
