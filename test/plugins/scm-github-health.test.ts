import { expect, test } from 'vitest'

import { Health, limitsOf } from '../../src/plugins/scm/github-health.ts'

const { signal } = new AbortController()

function strangeAnswer(health: Health) {
  return health.failed(new TypeError('data.map is not a function'), limitsOf(signal, 1000))
}

test('an answer that is none of GitHub’s is a refusal at an address where GitHub was never met, and an outage where it was (D3)', () => {
  const health = new Health({ what: 'github.com', now: () => 0, random: () => 0.5 })
  const message = 'github.com does not answer as GitHub does: is apiUrl right?'
  expect(strangeAnswer(health)).toMatchObject({ code: 'Refused', message, retryable: false })
  expect(health.pause()).toBeUndefined()
  health.meet()
  expect(strangeAnswer(health)).toMatchObject({ code: 'Unreachable', message, retryable: true })
  expect(health.pause()).toMatchObject({ kind: 'outage', until: 5000 })
  strangeAnswer(health)
  expect(health.pause()).toMatchObject({ kind: 'outage', until: 10_000 })
})
