import { describe, expect, test } from 'vitest'

import { judge } from '../../src/plugins/agent/script-review.ts'
import type { ReviewStep } from '../../src/plugins/agent/script-schema.ts'
import type { ListedPullRequest } from '../../src/plugins/agent/script-review.ts'

const step: ReviewStep = { 'pr-of': 'w-1', verdict: 'approve', body: 'Fine', checks: 'success' }

function pullRequest(more: Partial<ListedPullRequest> = {}): ListedPullRequest {
  return {
    number: 7,
    state: 'open',
    session: 'w-1',
    head: { sha: 'b' },
    checks: [{ state: 'success' }],
    reviews: [],
    ...more,
  }
}

const mine = (
  sha: string,
  verdict: string,
  body = 'Fine',
): ListedPullRequest['reviews'][number] => ({
  session: 'boss',
  sha,
  verdict,
  body,
})

describe('a scripted reviewer', () => {
  test.each([
    ['waits while there is none', [], 'wait'],
    ['waits for the one of that session', [pullRequest({ session: 'w-2' })], 'wait'],
    ['leaves a closed one alone', [pullRequest({ state: 'merged' })], 'wait'],
    ['waits for checks to begin', [pullRequest({ checks: [] })], 'wait'],
    [
      'waits for all checks',
      [pullRequest({ checks: [{ state: 'success' }, { state: 'running' }] })],
      'wait',
    ],
    ['reviews a green head', [pullRequest()], 'ready'],
    [
      'reviews a head that came after the last review',
      [pullRequest({ reviews: [mine('a', 'approve')] })],
      'ready',
    ],
    [
      'waits for an answer to its other verdict',
      [pullRequest({ reviews: [mine('b', 'request-changes')] })],
      'wait',
    ],
    [
      'knows its own review again after a restart',
      [pullRequest({ reviews: [mine('b', 'approve', 'Fine\n')] })],
      'reviewed',
    ],
    [
      'does not take another person for itself',
      [pullRequest({ reviews: [{ ...mine('b', 'approve'), session: 'other' }] })],
      'ready',
    ],
  ])('%s', (_title, pullRequests, state) => {
    expect(judge(pullRequests, step, 'boss').state).toBe(state)
  })

  test('without `checks` does not care about them', () => {
    const blind: ReviewStep = { 'pr-of': 'w-1', verdict: 'request-changes' }
    expect(judge([pullRequest({ checks: [] })], blind, 'boss')).toEqual({
      state: 'ready',
      number: 7,
    })
  })
})
