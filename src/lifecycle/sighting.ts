import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { DesiredSession, ReactionPolicies, SessionSpec } from '../resource/spec.ts'
import type { PullRequestFact, ReviewFact, SessionFacts } from './facts.ts'
import type { Company, ReactionInput } from './reaction.ts'

/** What of a session's declaration its reactions depend on. */
type Declaration = Pick<
  SessionSpec,
  'project' | 'branch' | 'restartPolicy' | 'doneWhen' | 'state' | 'runtime'
>

/** What was seen of a session at one moment, as far as its reactions depend on it. One line of `sightings.jsonl`; texts of others are left out. */
export interface Sighting {
  /** RFC 3339. */
  readonly time: string
  readonly object: ResourceKey
  readonly uid: string
  readonly spec: Declaration
  /** Left out while they are those of the sighting before. */
  readonly reactions?: ReactionPolicies
  readonly facts: Pick<SessionFacts, 'process' | 'review' | 'activity' | 'lastSignAt'>
  readonly company: Company
}

/** How fine signs of life are kept, in milliseconds: an agent that works gives one every few seconds. */
const SIGN_GRAIN_MS = 60_000

/** What is to be remembered of a look, without its time. */
export function sightingOf({
  object,
  facts,
  company,
}: Pick<ReactionInput, 'object' | 'facts' | 'company'>): Omit<Sighting, 'time'> {
  const { project, branch, restartPolicy, doneWhen, runtime, reactions } = object.spec
  const { process, activity, lastSignAt } = facts
  const sign = lastSignAt === undefined ? undefined : lastSignAt - (lastSignAt % SIGN_GRAIN_MS)
  return {
    object: keyOf(object.kind, object.name),
    uid: object.uid,
    spec: {
      project,
      restartPolicy,
      doneWhen,
      runtime: { plugin: runtime.plugin },
      state: stateOf(object),
      ...(branch === undefined ? {} : { branch }),
    },
    reactions,
    facts: { process, activity, lastSignAt: sign, review: withoutTexts(facts.review) },
    company: object.kind === 'Orchestrator' ? company : { ...company, workers: [], done: [] },
  }
}

function stateOf({ spec, overrides, deletionTimestamp }: DesiredSession): SessionSpec['state'] {
  return deletionTimestamp === undefined ? (overrides.state ?? spec.state) : 'Suspended'
}

function withoutTexts(review: ReviewFact): ReviewFact {
  // Why and until when is said anew at each try.
  if (review.state === 'unknown') return { state: 'unknown', reason: '' }
  if (review.state !== 'found') return review
  const { pullRequest, others } = review
  return { ...review, pullRequest: bare(pullRequest), others: others.map(bare) }
}

/** Logs and comments belong to others, and decide nothing. */
function bare(pullRequest: PullRequestFact): PullRequestFact {
  const { remarks, asOf: _moves, ...facts } = pullRequest
  return {
    ...facts,
    failed: pullRequest.failed.map(check => ({ ...check, logTail: '' })),
    requests: pullRequest.requests.map(request => ({ ...request, body: '' })),
    threads: pullRequest.threads.map(thread => ({
      ...thread,
      comments: thread.comments.map(({ author }) => ({ author, body: '' })),
    })),
    ...(remarks === undefined ? {} : { remarks: remarks.map(each => ({ ...each, body: '' })) }),
  }
}
