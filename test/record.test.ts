import { describe, expect, it } from 'vitest'

import { newsAfter } from '../src/reconcile/reports.ts'
import { recordAfterLook } from '../src/reconcile/record-facts.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import { GONE, NOW, ago, exited, launched, record, running, worker } from './support/builders.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A worker in its third attempt, started an hour ago. */
function restarted(): SessionRecord {
  return record(worker(), { ...launched(3, 'x', ago(HOUR)), restarts: 2 })
}

describe('an attempt whose start was cut off', () => {
  it('has not failed, and the next look starts another (A1)', () => {
    const view = { object: worker(), record: restarted(), facts: running({ process: GONE }) }
    const { record: after, events } = recordAfterLook(view, NOW, { cutShort: 3 })
    expect(after).toMatchObject({ restarts: 2, lastExit: { attempt: 3, reason: 'Stopped' } })
    expect(events.map(({ reason }) => reason)).toEqual(['Interrupted'])
    expect(recordAfterLook(view, NOW, { cutShort: 2 }).record.lastExit?.reason).toBe('ProcessGone')
  })
})

describe('what agents said', () => {
  const news = { attempt: 1, activity: 'idle', at: NOW.toISOString() } as const

  it('is kept of the sessions that are still there, the newest of each', () => {
    const before = new Map([
      ['here', news],
      ['gone', news],
    ])
    const fresh = new Map([
      ['here', { ...news, attempt: 2 }],
      ['stranger', news],
    ])
    expect([...newsAfter(before, fresh, [{ uid: 'here' }])]).toEqual([
      ['here', { ...news, attempt: 2 }],
    ])
  })
})

describe('restarts in a row', () => {
  it('count on when the agent ran shortly, however late somebody looks (B5)', () => {
    const exit = { ...exited(3), exitedAt: NOW.getTime() - HOUR + MINUTE }
    const view = { object: worker(), record: restarted(), facts: running({ process: exit }) }
    expect(recordAfterLook(view, NOW).record.restarts).toBe(2)
  })

  it('begin anew after a run that was long enough to be stable', () => {
    const exit = { ...exited(3), exitedAt: NOW.getTime() - 30 * MINUTE }
    const view = { object: worker(), record: restarted(), facts: running({ process: exit }) }
    expect(recordAfterLook(view, NOW).record.restarts).toBe(0)
  })

  it('go by the look where nobody knows when the session ended', () => {
    const view = { object: worker(), record: restarted(), facts: running({ process: GONE }) }
    expect(recordAfterLook(view, NOW).record.restarts).toBe(0)
  })
})
