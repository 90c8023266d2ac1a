import { expect, test } from 'vitest'

import { Health, limitsOf } from '../../src/plugins/scm/github-health.ts'

const { signal } = new AbortController()

function strangeAnswer(health: Health) {
  return health.failed(new TypeError('data.map is not a function'), limitsOf(signal, 1000))
}

test('an answer that is none of GitHub’s is a refusal at an address where GitHub was never met, and an outage where it was (D3)', () => {
  let clock = 0
  const health = new Health({ what: 'github.com', now: () => clock, random: () => 0.5 })
  const message = 'github.com does not answer as GitHub does: is apiUrl right?'
  expect(strangeAnswer(health)).toMatchObject({ code: 'Refused', message, retryable: false })
  expect(health.pauses.current()).toBeUndefined()
  health.meet()
  expect(strangeAnswer(health)).toMatchObject({ code: 'Unreachable', message, retryable: true })
  expect(health.pauses.current()).toMatchObject({ kind: 'outage', until: 5000 })
  clock = 5000
  strangeAnswer(health)
  expect(health.pauses.current()).toMatchObject({ kind: 'outage', until: 15_000 })
})

test('requests that fail beside each other are one outage: its pause grows by the next one only (D1)', () => {
  let clock = 0
  const health = new Health({ what: 'github.com', now: () => clock, random: () => 0.5 })
  const fail = () => health.failed(new Error('cut off'), limitsOf(signal, 1000))
  for (let request = 0; request < 6; request += 1) fail()
  expect(health.pauses.current()).toMatchObject({ until: 5000 })
  clock = 5000
  fail()
  fail()
  expect(health.pauses.current()).toMatchObject({ until: 15_000 })
})

test('a limit lasts until it is over, whatever comes of what was asked before it began (D3)', () => {
  let clock = 0
  const health = new Health({ what: 'github.com', now: () => clock, random: () => 0.5 })
  const said = [{ message: 'You have exceeded a secondary rate limit' }]
  expect(() => {
    health.throwIfLimitedBy({ 'retry-after': '600' }, said)
  }).toThrow('asked again in 10m')
  health.answered({}, true)
  health.failed(new Error('cut off'), limitsOf(signal, 1000))
  expect(() => {
    health.throwIfLimitedBy({ 'retry-after': '60' }, said)
  }).toThrow('asked again in 60s')
  expect(health.pauses.current()).toMatchObject({ kind: 'limit', until: 600_000 })
  clock = 600_000
  expect(health.pauses.current()).toBeUndefined()
  health.answered({}, true)
  health.failed(new Error('cut off'), limitsOf(signal, 1000))
  expect(health.pauses.current()).toMatchObject({ kind: 'outage', until: 605_000 })
})
