import type { PullRequestFact, ThreadFact, UndecidedCheck } from '../lifecycle/facts.ts'
import type { CheckResult, PullRequest, ReviewThread } from '../plugins/scm.ts'
import type { Listener } from './remarks.ts'
import { remarksOf } from './remarks.ts'
import { isMachine, isOurs } from './whose.ts'

/** What the lifecycle cares about of a pull request; `all` are those of its project. */
export function pullRequestFact(
  pullRequest: PullRequest,
  all: readonly PullRequest[],
  listener: Listener = {},
): PullRequestFact {
  const { own } = listener
  const ofHead = pullRequest.checks.filter(check => check.sha === pullRequest.head.sha)
  const checks = ofHead.filter(
    check => check.state !== 'skipped' && (check.state !== 'cancelled' || check.required),
  )
  const standing = pullRequest.reviews.filter(review => review.verdict === 'request-changes')
  const threads = pullRequest.threads.flatMap(thread => threadFact(thread, own))
  const parent = all.find(
    candidate =>
      candidate.state === 'open' &&
      candidate.number !== pullRequest.number &&
      !candidate.head.foreign &&
      candidate.head.branch === pullRequest.base.branch,
  )
  return {
    number: pullRequest.number,
    url: pullRequest.url,
    title: pullRequest.title,
    labels: pullRequest.labels,
    headBranch: pullRequest.head.branch,
    baseBranch: pullRequest.base.branch,
    stackedOn: parent?.number,
    state: pullRequest.state === 'open' && pullRequest.draft ? 'draft' : pullRequest.state,
    headSha: pullRequest.head.sha,
    baseSha: pullRequest.base.sha,
    checks: checksFact(checks, ofHead),
    failed: checks
      .filter(check => check.state === 'failure')
      .map(({ name, step, logTail = '', url }) => ({ name, step, logTail, url })),
    undecided: undecidedOf(checks),
    requiredChecks: pullRequest.checks.filter(check => check.required).length,
    review: pullRequest.reviewDecision,
    answered:
      standing.length > 0 &&
      threads.length === 0 &&
      standing.every(({ sha }) => sha !== pullRequest.head.sha),
    requests: standing
      .filter(review => review.trusted)
      .map(review => ({
        id: review.id,
        author: review.author,
        isBot: isMachine(review),
        body: review.body,
      })),
    approved:
      pullRequest.reviewDecision !== 'changes-requested' &&
      pullRequest.approvals.have >= pullRequest.approvals.need,
    threads,
    ...remarksOf(pullRequest, listener),
    unheard: unheardOf(pullRequest),
    queued: pullRequest.queued,
    mergeable: pullRequest.mergeable,
    mergeSha: pullRequest.mergeSha,
    touchesManifests: pullRequest.touched,
  }
}

/** The thread, if its last word waits for an answer. What we or a session of ours wrote is never sent back. */
function threadFact(
  { id, path, line, url, resolved, comments }: ReviewThread,
  own: string | undefined,
): readonly ThreadFact[] {
  const lastOurs = comments.findLastIndex(comment => isOurs(comment, own))
  const said = comments.slice(lastOurs + 1).filter(comment => comment.trusted)
  const last = said.at(-1)
  if (resolved || last === undefined) return []
  return [
    {
      id,
      path,
      line,
      url: last.url ?? url,
      isBot: isMachine(last),
      lastId: last.id,
      comments: said.map(({ author, body }) => ({ author, body })),
    },
  ]
}

function unheardOf({ reviews, threads, comments }: PullRequest): readonly string[] {
  const open = threads.filter(thread => !thread.resolved).flatMap(thread => thread.comments)
  const authors = [...reviews, ...open, ...comments]
    .filter(({ trusted }) => !trusted)
    .map(({ author }) => author)
  return [...new Set(authors)].sort()
}

/**
 * A failed check that is not required does not stop anything, nor does one that runs on and on, where it is known which are. One that is required and was
 * cancelled has no verdict: it is no failure, and not green. Left out (skipped, neutral) it is as good as passed, as it is to the forge: "Required status checks
 * must have a `successful`, `skipped`, or `neutral` status", https://docs.github.com/articles/about-status-checks
 */
function checksFact(
  checks: readonly CheckResult[],
  all: readonly CheckResult[],
): PullRequestFact['checks'] {
  const required = all.filter(check => check.required)
  if (required.length > 0 && required.every(({ state }) => PASSED.has(state))) return 'passing'
  if (checks.length === 0) return 'none'
  // The verdict waits for all of them, so that an agent is told once of everything that fails.
  if (checks.some(isUnderWay)) return 'pending'
  if (checks.some(check => check.state === 'failure' && check.required)) return 'failing'
  return checks.some(check => check.state === 'cancelled') ? 'pending' : 'passing'
}

const PASSED: ReadonlySet<CheckResult['state']> = new Set(['success', 'skipped'])

function isUnderWay({ state }: CheckResult): boolean {
  return state === 'pending' || state === 'running'
}

/** What keeps required checks from a verdict. */
function undecidedOf(checks: readonly CheckResult[]): readonly UndecidedCheck[] {
  return checks
    .filter(check => check.required && (isUnderWay(check) || check.state === 'cancelled'))
    .map(({ name, state, unreported: isUnreported }) => ({
      name,
      state: isUnreported === true ? 'unreported' : state === 'cancelled' ? 'cancelled' : 'running',
    }))
}
