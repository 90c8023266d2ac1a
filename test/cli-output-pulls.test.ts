import { expect, test } from 'vitest'

import { renderPull, renderPulls } from '../src/cli/pull-text.ts'
import type { PullRequest, Review } from '../src/plugins/scm.ts'
import { NOW, ago } from './support/output-samples.ts'

const LOOK = { width: 100, color: false, now: NOW, home: '/home/ada', cwd: '/home/ada/shop' }

function pull(over: Partial<PullRequest> = {}): PullRequest {
  return {
    number: 7,
    url: 'https://github.com/acme/shop/pull/7',
    title: 'Let customers log in',
    body: '',
    state: 'open',
    draft: false,
    author: 'octo',
    session: 'shop-login',
    head: { branch: 'ao/shop-login', sha: 'a'.repeat(40), foreign: false },
    base: { branch: 'main', sha: 'b'.repeat(40) },
    checks: [],
    reviews: [],
    threads: [],
    comments: [],
    labels: [],
    approvals: { have: 0, need: 1 },
    reviewDecision: 'none',
    mergeable: 'clean',
    queued: false,
    createdAt: ago(60),
    touched: [],
    ...over,
  }
}

function review(over: Partial<Review>): Review {
  return {
    id: 'r',
    author: 'octo',
    authorType: 'person',
    trusted: true,
    verdict: 'approve',
    body: '',
    sha: 'a'.repeat(40),
    createdAt: ago(30),
    ...over,
  }
}

test('a list tells checks and reviews of what was read, and says of the rest that nobody knows', () => {
  const { session: _session, ...others } = pull({ number: 8, title: 'By hand' })
  const text = renderPulls([pull(), others], number => number === 7, LOOK)
  expect(text).toMatch(/^#7 .* octo +- +- +60s +Let customers log in$/m)
  expect(text).toMatch(/^#8 .* octo +\? +\? +60s +By hand$/m)
})

test('sessions that share an account are told apart from each other and from the person', () => {
  const reviews = [
    review({ verdict: 'request-changes', session: 'shop-orchestrator' }),
    review({ verdict: 'approve' }),
  ]
  const shown = pull({
    reviews,
    reviewDecision: 'changes-requested',
    approvals: { have: 1, need: 1 },
  })
  const text = renderPull(shown, '', LOOK)
  expect(text).toContain('  Author    octo (shop-login)\n')
  expect(text).toContain('  Review    changes-requested, 1 of 1 approvals of this head\n')
  expect(text).toContain('  octo (shop-orchestrator)  request-changes  30s ago\n')
  expect(text).toContain('  octo  approve  30s ago\n')
  expect(renderPull(pull(), '', LOOK)).toContain('  Review    0 of 1 approvals of this head\n')
})

test('the lines of what it changes stand below each other', () => {
  const stat =
    ' lib/login.sh  | 5 +++++\n test/login.sh | 4 ++++\n 2 files changed, 9 insertions(+)\n'
  expect(renderPull(pull(), stat, LOOK)).toMatch(
    /^Changes\n {2}lib\/login\.sh {2}\| 5 \+{5}\n {2}test\/login\.sh \| 4 \+{4}\n {2}2 files/m,
  )
})
