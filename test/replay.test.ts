import { describe, expect, it } from 'vitest'

import type { SessionFacts } from '../src/lifecycle/facts.ts'
import type { Sighting } from '../src/lifecycle/sighting.ts'
import { sightingOf } from '../src/lifecycle/sighting.ts'
import { compareDecisions, replay } from '../src/reconcile/replay.ts'
import { DEFAULT_REACTIONS } from '../src/resource/reactions.ts'
import type { ReactionPolicies } from '../src/resource/spec.ts'
import { ALONE, NOW, alive, failedCheck, review, running, worker } from './support/builders.ts'

const MINUTE = 60_000
const object = worker('app-1')

function seen(minute: number, facts: Partial<SessionFacts>): Sighting {
  const time = new Date(NOW.getTime() + minute * MINUTE).toISOString()
  return { time, ...sightingOf({ object, company: ALONE, facts: running(facts) }) }
}

const red = (headSha: string): Partial<SessionFacts> => ({
  review: review({
    headSha,
    checks: 'failing',
    failed: [failedCheck('unit', 'a secret of the log')],
  }),
})
const green: Partial<SessionFacts> = {
  review: review({ headSha: 'f'.repeat(40), checks: 'passing' }),
}

const story: readonly Sighting[] = [
  seen(0, { review: { state: 'none' }, process: alive(1) }),
  seen(1, red('a'.repeat(40))),
  seen(5, red('b'.repeat(40))),
  seen(9, red('c'.repeat(40))),
  seen(60, green),
]

function actions(sightings: readonly Sighting[], reactions?: ReactionPolicies): readonly string[] {
  const decisions = replay(sightings, reactions === undefined ? undefined : () => reactions)
  return decisions.map(({ time, action }) => {
    const minute = (Date.parse(time) - NOW.getTime()) / MINUTE
    return `${minute}: ${action}`
  })
}

describe('what was seen, run through the machines again', () => {
  it('decides what was decided then', () => {
    expect(actions(story)).toEqual(['1: sendToAgent', '5: sendToAgent', '9: notify'])
  })

  it('decides otherwise with other reactions', () => {
    const patient = { ...DEFAULT_REACTIONS['ci-failed'], retries: 5, escalateAfter: '20m' }
    expect(actions(story, { ...DEFAULT_REACTIONS, 'ci-failed': patient })).toEqual([
      '1: sendToAgent',
      '5: sendToAgent',
      '9: sendToAgent',
      '21: notify',
    ])
  })

  it('takes what time alone made due, as long as anybody looked', () => {
    const slow = { ...DEFAULT_REACTIONS['ci-failed'], retries: 5, escalateAfter: '20m' }
    const hasty = { ...slow, escalateAfter: '4m' }
    // Nothing but time went by until the answer at minute 21.
    const quiet = [seen(1, red('a'.repeat(40))), seen(21, red('a'.repeat(40)))]
    const withSlow = { ...DEFAULT_REACTIONS, 'ci-failed': slow }
    expect(actions(quiet, withSlow)).toEqual(['1: sendToAgent', '21: notify'])
    expect(actions(quiet.slice(0, 1), withSlow)).toEqual(['1: sendToAgent'])
    expect(actions(quiet, { ...DEFAULT_REACTIONS, 'ci-failed': hasty })).toEqual([
      '1: sendToAgent',
      '5: notify',
    ])
  })

  it('goes on while others were still looked at', () => {
    const other = { ...seen(30, green), uid: 'another', object: 'Worker/app-2' } as const
    const slow = { ...DEFAULT_REACTIONS['ci-failed'], retries: 5, escalateAfter: '20m' }
    const reactions = { ...DEFAULT_REACTIONS, 'ci-failed': slow }
    expect(actions([seen(1, red('a'.repeat(40))), other], reactions)).toContain('21: notify')
  })

  it('shows what only one of both decided', () => {
    const silent = { ...DEFAULT_REACTIONS['ci-failed'], retries: 1 }
    const comparison = compareDecisions(
      replay(story),
      replay(story, () => ({ ...DEFAULT_REACTIONS, 'ci-failed': silent })),
    )
    expect(comparison.same.map(({ signature }) => signature.slice(0, 1))).toEqual(['a'])
    // Who was called at the second red head is not called again at the third.
    expect(comparison.onlyBefore).toMatchObject([{ action: 'sendToAgent' }, { action: 'notify' }])
    expect(comparison.onlyAfter).toMatchObject([{ action: 'notify' }])
  })

  it('is kept without the words of others', () => {
    expect(JSON.stringify(story)).not.toContain('secret')
  })
})
