import { describe, expect, it } from 'vitest'

import { decideRestart } from '../src/lifecycle/restart.ts'
import { ClockJumps } from '../src/reconcile/clock-jumps.ts'
import { sinceAfterLook } from '../src/reconcile/settle.ts'
import type { SessionStatus } from '../src/resource/status.ts'
import {
  HEAD_SHA,
  NOW,
  ago,
  exited,
  facts,
  launched,
  record,
  review,
  running,
  worker,
} from './support/builders.ts'

const HOUR_MS = 3_600_000
const object = worker()

describe('a clock that is set', () => {
  it('is noticed by its pace, forward and back, and small corrections are not (C5, C6)', () => {
    const clock = { wall: NOW.getTime(), steady: 0 }
    const jumps = new ClockJumps(
      () => clock.wall,
      () => clock.steady,
    )
    const pass = (ms: number, set: number): number | undefined => {
      clock.steady += ms
      clock.wall += ms + set
      return jumps.lastAt()
    }
    expect([pass(1000, 0), pass(60_000, 40), pass(1000, -900)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    const forward = pass(1000, HOUR_MS)
    expect(forward).toBe(clock.wall)
    expect(pass(HOUR_MS, 0)).toBe(forward)
    expect(pass(1000, -HOUR_MS)).toBe(clock.wall)
  })

  it('back does not prolong the pause before a restart (C5)', () => {
    const known = record(object, {
      ...launched(1, 'x'),
      restarts: 3,
      lastExit: { attempt: 1, at: ago(-HOUR_MS), reason: 'Exited', exitCode: 1 },
    })
    const seen = facts({ process: exited(1, { exitCode: 1 }) })
    expect(decideRestart(object, known, seen, NOW.getTime()).type).toBe('restart')
  })

  it.each([
    ['is kept', ago(5000), ago(5000)],
    ['starts anew when it lies ahead', ago(-HOUR_MS), NOW.toISOString()],
  ])('since when a head has stood %s (C5)', (_what, before, after) => {
    const head = `head:${HEAD_SHA}`
    const view = { object, record: record(object), facts: running({ review: review() }) }
    const previous = { since: { [head]: before } } as unknown as SessionStatus
    expect(sinceAfterLook(view, previous, undefined, NOW)[head]).toBe(after)
  })

  it('since when a head has stood is not forgotten while nobody can look (D1)', () => {
    const since = { [`head:${HEAD_SHA}`]: ago(5000), 'held:x': ago(5000) }
    const unknown = running({ review: { state: 'unknown', reason: 'no answer' } })
    const view = { object, record: record(object), facts: unknown }
    const previous = { since } as unknown as SessionStatus
    expect(sinceAfterLook(view, previous, undefined, NOW)).toEqual({
      [`head:${HEAD_SHA}`]: ago(5000),
    })
    const none = { ...view, facts: running({ review: { state: 'none' } }) }
    expect(sinceAfterLook(none, previous, undefined, NOW)).toEqual({})
  })
})
