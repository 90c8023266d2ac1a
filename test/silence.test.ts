import { describe, expect, it } from 'vitest'

import { settleBudgets } from '../src/lifecycle/budgets.ts'
import { isMergeable } from '../src/lifecycle/merge-judgement.ts'
import { undecidedUntil } from '../src/lifecycle/reaction.ts'
import { sightingOf } from '../src/lifecycle/sighting.ts'
import { reviewSince } from '../src/lifecycle/since.ts'
import type { Budget } from '../src/resource/record.ts'
import {
  HEAD_SHA,
  NOW,
  ago,
  facts,
  pullRequest,
  record,
  review,
  worker,
} from './support/builders.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const now = NOW.getTime()
const object = worker()
const head = `head:${HEAD_SHA}`

describe('a forge that says nothing for a while (D1)', () => {
  it.each([
    ['stays used while nobody saw it green again', 0, true],
    ['is given back by a look a minute after the first', 61 * SECOND_MS, false],
  ])('a budget %s', (_what, seenLater, isLeft) => {
    const first = now - 5 * MINUTE_MS
    const used: Budget = {
      used: 1,
      firstSeenAt: ago(10 * MINUTE_MS),
      greenSince: new Date(first).toISOString(),
    }
    const known = { ...record(object), budgets: { 'ci-failed#3': used } }
    const seen = facts({ review: review({ checks: 'passing', asOf: first + seenLater }) })
    expect('ci-failed#3' in settleBudgets(known, seen, now)).toBe(isLeft)
  })

  it('begins the minute when it was seen, not when it was thought about', () => {
    const used: Budget = { used: 1, firstSeenAt: ago(10 * MINUTE_MS) }
    const known = { ...record(object), budgets: { 'ci-failed#3': used } }
    const asOf = now - 20 * SECOND_MS
    const seen = facts({ review: review({ checks: 'passing', asOf }) })
    expect(settleBudgets(known, seen, now)['ci-failed#3']?.greenSince).toBe(ago(20 * SECOND_MS))
    const view = { object, record: known, facts: seen }
    expect(reviewSince(view, {}, now)[head]).toBe(ago(20 * SECOND_MS))
  })

  it('a head without checks is green only by a look after it has stood long enough', () => {
    const since = { [head]: ago(5 * MINUTE_MS) }
    const ready = { checks: 'none', approved: true, mergeable: 'clean', requiredChecks: 0 } as const
    const seenAt = (asOf: number) =>
      isMergeable({ object, since, now }, pullRequest({ ...ready, asOf }))
    expect(seenAt(now - 4 * MINUTE_MS)).toBe(false)
    expect(seenAt(now - 3 * MINUTE_MS)).toBe(true)
  })

  it('checks run on and on only if they were seen to', () => {
    const since = { [head]: ago(45 * MINUTE_MS) }
    const until = (asOf: number) =>
      undecidedUntil({ since, now }, pullRequest({ checks: 'pending', asOf }))
    expect(until(now - 20 * MINUTE_MS)).toBe(Infinity)
    expect(until(now - MINUTE_MS)).toBe(now - 15 * MINUTE_MS)
  })

  it('when something was seen is nothing to remember', () => {
    const company = { orchestrator: false, workers: [], done: [] }
    const seen = (asOf: number) =>
      sightingOf({ object, company, facts: facts({ review: review({ asOf }) }) })
    expect(seen(now)).toEqual(seen(now - MINUTE_MS))
  })
})
