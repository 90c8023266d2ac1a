import { describe, expect, it } from 'vitest'

import { causeOf, goneCauses } from '../src/lifecycle/causes.ts'
import type { SessionFacts } from '../src/lifecycle/facts.ts'
import { settleNotifier } from '../src/reconcile/settle-channel.ts'
import type { ChannelFacts } from '../src/reconcile/settle-channel.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import { checkConditions } from '../src/status/invariants.ts'
import { newChannel } from '../src/store/channels.ts'
import type { OutboxItem } from '../src/store/types.ts'
import {
  ALONE,
  NOW,
  ago,
  exited,
  failedCheck,
  launched,
  notifier,
  orchestrator,
  record,
  review,
  running,
  worker,
} from './support/builders.ts'

const BROKEN = review({ number: 3, checks: 'failing', failed: [failedCheck('test')] })

/** Whether a cause that people were told of is over, as things are now. */
function isGone(
  cause: string,
  seen: Partial<SessionFacts>,
  known: Partial<SessionRecord> = {},
): boolean {
  const object = worker('app-1', { spec: { ...worker().spec, restartPolicy: 'Never' } })
  const before = record(object, { ...launched(1, 'x'), ...known })
  const input = { object, record: before, facts: running(seen), company: ALONE, since: {} }
  return goneCauses({ ...input, now: NOW.getTime() }, [cause]).length === 1
}

describe('a cause that people were told of', () => {
  it.each([
    ['stands while the check fails', { review: BROKEN }, false],
    [
      'stands while the checks run again',
      { review: review({ number: 3, checks: 'pending' }) },
      false,
    ],
    ['stands while nobody can look', { review: { state: 'unknown', reason: 'no answer' } }, false],
    ['is gone when the check passes', { review: review({ number: 3, checks: 'passing' }) }, true],
    [
      'is gone with its pull request',
      { review: review({ number: 3, state: 'merged', checks: 'failing' }) },
      true,
    ],
    ['is gone when there is no pull request', { review: { state: 'none' } }, true],
  ] as const)('%s', (_what, seen, expected) => {
    expect(isGone('ci-failed#3', seen)).toBe(expected)
  })

  it('stands although it was answered, and its budget is used up', () => {
    const handled = { 'ci-failed#3': 'any' }
    const budgets = { 'ci-failed#3': { used: 9, firstSeenAt: ago(0), escalatedAt: ago(0) } }
    expect(isGone('ci-failed#3', { review: BROKEN }, { handled, budgets })).toBe(false)
  })

  it('of a conflict stands until the forge knows that there is none', () => {
    const seen = (mergeable: 'clean' | 'conflicting' | 'unknown') => ({
      review: review({ number: 3, mergeable }),
    })
    expect(
      (['conflicting', 'unknown', 'clean'] as const).map(mergeable =>
        isGone('merge-conflicts#3', seen(mergeable)),
      ),
    ).toEqual([false, false, true])
  })

  it('of an agent that ended is gone when it lives again', () => {
    expect(isGone('agent-exited', { process: exited(1) })).toBe(false)
    expect(isGone('agent-exited', {})).toBe(true)
    expect(isGone('agent-exited', { process: { state: 'unknown', reason: 'no answer' } })).toBe(
      false,
    )
  })

  it.each([
    ['is open where nobody works: nothing is complete, and nothing is not', ALONE, false],
    ['stands while all are done', { ...ALONE, workers: ['a'], done: ['a'] }, false],
    ['is gone with the next worker', { ...ALONE, workers: ['a', 'b'], done: ['a'] }, true],
  ])('of a project whose workers were all done %s', (_what, company, expected) => {
    const object = orchestrator()
    const about = { object, record: record(object), facts: running(), company, since: {} }
    const gone = goneCauses({ ...about, now: NOW.getTime() }, ['all-complete'])
    expect(gone).toEqual(expected ? ['all-complete'] : [])
  })

  it('is gone with the session', () => {
    const outcome = { state: 'Merged', at: ago(0), preserved: [] } as const
    expect(isGone('ci-failed#3', { review: BROKEN }, { outcome })).toBe(true)
  })

  it('is told apart from that of a namesake that comes later', () => {
    const first = causeOf(worker(), 'ci-failed#3')
    expect(first).toBe(causeOf(worker(), 'ci-failed#3'))
    expect(first).not.toBe(causeOf({ ...worker(), uid: 'another-one' }, 'ci-failed#3'))
  })
})

describe('a channel', () => {
  const entry = (ms: number) => ({ at: ago(ms), title: 'app-1: ci-failed' })
  const waiting = { tries: 2, lastError: 'no answer' } as OutboxItem
  const fine: ChannelFacts = { missing: undefined, channel: undefined, pending: [] }

  it.each([
    ['is ready before anything was sent', {}, 'True Succeeded'],
    [
      'is ready while something waits for the first time',
      { pending: [{ tries: 0 } as OutboxItem] },
      'True Succeeded',
    ],
    ['says what fails, and is tried again', { pending: [waiting] }, 'False ProgressingWithRetry'],
    [
      'says what was not sent',
      { channel: { ...newChannel('hook'), lastFailed: { ...entry(0), error: 'no hook' } } },
      'False Failed',
    ],
    [
      'is ready when something was sent since',
      {
        channel: {
          ...newChannel('hook'),
          lastFailed: { ...entry(2), error: 'no hook' },
          lastSent: entry(1),
        },
      },
      'True Succeeded',
    ],
    [
      'says what this machine lacks',
      { missing: { message: 'no desktop', next: 'apt install one' }, pending: [waiting] },
      'False EnvironmentMissing',
    ],
  ] as const)('%s', (_what, over, expected) => {
    const object = notifier()
    const status = settleNotifier(object, { ...fine, ...over }, [], NOW)
    const { conditions, observedGeneration } = status
    expect(checkConditions(conditions, object.generation, observedGeneration)).toEqual([])
    const [ready] = conditions
    expect(`${ready?.status} ${ready?.reason}`).toBe(expected)
  })
})
