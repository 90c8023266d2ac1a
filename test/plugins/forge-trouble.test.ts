import { describe, expect, it } from 'vitest'

import { HouseError } from '../../src/errors.ts'
import type { Trouble } from '../../src/plugins/forge-trouble.ts'
import {
  describeTrouble,
  isHiding,
  needsPerson,
  troubleAfter,
} from '../../src/plugins/forge-trouble.ts'

const MINUTE_MS = 60_000
const START = Date.parse('2026-01-01T12:00:00Z')

function afterFailures(code: 'Unreachable' | 'RateLimited' | 'Refused', ...minutes: number[]) {
  const failure = new HouseError(code, 'the forge answered 502')
  const all = minutes.map(minute => START + minute * MINUTE_MS)
  return all.reduce<Trouble | undefined>(
    (before, now) => troubleAfter(before, failure, { now, pausedUntil: undefined }),
    undefined,
  )
}

describe('a forge in trouble', () => {
  it('hides what is known when a second look fails, one that limits at once (D1, D3)', () => {
    const hides = (trouble: Trouble | undefined, knownAt: number) =>
      trouble === undefined ? undefined : isHiding(trouble, knownAt)
    expect(hides(afterFailures('Unreachable', 1), START)).toBe(false)
    expect(hides(afterFailures('Unreachable', 1, 2), START)).toBe(true)
    expect(hides(afterFailures('RateLimited', 1), START)).toBe(true)
    // The list was read since, and only the rest of it was not.
    expect(hides(afterFailures('Unreachable', 1, 3), START + 2 * MINUTE_MS)).toBe(false)
  })

  it('is a person’s after an hour without an answer, with the place to look (D1)', () => {
    const soon = afterFailures('Unreachable', 0, 30, 59)
    const late = afterFailures('Unreachable', 0, 30, 60)
    expect([soon, late].map(trouble => trouble && needsPerson(trouble))).toEqual([false, true])
    expect(late && describeTrouble(late)).toBe(
      'the forge answered 502; it has not stopped since 2026-01-01T12:00:00Z: is its address right, ' +
        'and does anything between here and there hold requests up? (ao explain project.spec.scm)',
    )
  })
})
