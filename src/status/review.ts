import type { PullRequestFact, ReviewFact } from '../lifecycle/facts.ts'
import { pendingWords } from '../lifecycle/merge-judgement.ts'
import { unlessReopened } from '../plan/grace.ts'
import type { ClosedPullRequest } from '../resource/record.ts'
import { namedList } from '../resource/text.ts'
import type { Part } from './condition.ts'
import { condition } from './condition.ts'

/** How the worker's pull request stands. A forge that can't be asked says nothing of checks and merging. */
export function reviewConditions(
  review: ReviewFact,
  mergeFailure?: string,
  closed?: ClosedPullRequest,
): readonly Part[] {
  if (review.state === 'unknown') {
    return [condition('PullRequestOpen', 'Unknown', 'RepositoryUnknown', review.reason)]
  }
  if (review.state === 'ambiguous') {
    return [
      condition('PullRequestOpen', 'Unknown', 'AmbiguousPullRequest', review.numbers.join(', ')),
    ]
  }
  if (review.state === 'none') {
    const { elsewhere } = review
    const message =
      elsewhere === undefined
        ? 'no pull request yet'
        : `none of its own; #${elsewhere} of its branch is another operator's`
    return [condition('PullRequestOpen', 'False', 'NoPullRequest', message)]
  }
  const { pullRequest } = review
  return [
    openCondition(pullRequest, closed),
    checksCondition(pullRequest),
    mergedCondition(pullRequest, mergeFailure),
  ]
}

function openCondition(pullRequest: PullRequestFact, closed: ClosedPullRequest | undefined): Part {
  const about = `#${pullRequest.number}`
  switch (pullRequest.state) {
    case 'open':
      return condition('PullRequestOpen', 'True', 'Open', about)
    case 'draft':
      return condition('PullRequestOpen', 'True', 'Draft', about)
    case 'merged':
      return condition('PullRequestOpen', 'False', 'Merged', about)
    case 'closed':
      return condition(
        'PullRequestOpen',
        'False',
        'ClosedByUser',
        closed === undefined ? about : `${about}; ${unlessReopened(closed)}`,
      )
  }
}

function checksCondition(pullRequest: PullRequestFact): Part {
  const names = namedList(pullRequest.failed.map(check => check.name))
  switch (pullRequest.checks) {
    case 'none':
      return condition('ChecksPassing', 'Unknown', 'NoChecks', 'no checks')
    case 'pending':
      return condition('ChecksPassing', 'Unknown', 'ChecksPending', pendingWords(pullRequest))
    case 'passing':
      return condition('ChecksPassing', 'True', 'ChecksPassing', 'all checks pass')
    case 'failing':
      return condition('ChecksPassing', 'False', 'ChecksFailing', names)
  }
}

function mergedCondition(pullRequest: PullRequestFact, failure: string | undefined): Part {
  if (failure !== undefined) return condition('Merged', 'False', 'MergeFailed', failure)
  return pullRequest.state === 'merged'
    ? condition('Merged', 'True', 'Merged', `as ${pullRequest.mergeSha?.slice(0, 7) ?? '?'}`)
    : condition('Merged', 'False', 'NotMerged', `#${pullRequest.number} is ${pullRequest.state}`)
}
