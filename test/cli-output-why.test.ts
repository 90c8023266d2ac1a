import { describe, expect, it } from 'vitest'

import { causeOf } from '../src/lifecycle/causes.ts'
import { toView, isSessionView } from '../src/cli/output/view.ts'
import type { SessionView } from '../src/cli/output/view.ts'
import { chainsOf, renderWhy } from '../src/cli/output/why.ts'
import type { WhySources } from '../src/cli/output/why.ts'
import type { Event } from '../src/store/types.ts'
import { NOW, ago, record, worker } from './support/builders.ts'

const MINUTE = 60_000
const object = worker('app-1')

function view(): SessionView {
  const shown = toView(object, undefined)
  if (!isSessionView(shown)) throw new Error('a worker is a session')
  return shown
}

let seq = 0

function event(ms: number, reason: string, message: string, over: Partial<Event> = {}): Event {
  seq += 1
  const time = ago(ms)
  const base = { seq, time, firstTime: time, count: 1, attempt: 1 }
  return { ...base, type: 'Normal', object: 'Worker/app-1', reason, message, ...over }
}

const cause = 'ci-failed#3'
const events = [
  event(9 * MINUTE, 'PullRequestChanged', '#3: open -> ci-failing', { cause }),
  event(9 * MINUTE - 1, 'CIFailureSent', 'check unit failed', { cause }),
  event(9 * MINUTE - 2000, 'MessageWritten', 'm-1 is written', { cause }),
  event(8 * MINUTE, 'AgentExited', 'exited with 1', { cause: 'agent-exited' }),
  event(7 * MINUTE, 'CIFailureSent', 'of another', { cause, object: 'Worker/app-2' }),
  event(6 * MINUTE, 'NotificationSent', 'told ops', {
    cause: causeOf(object, cause),
    object: 'Notifier/ops',
  }),
  event(5 * MINUTE, 'NotificationSent', 'of a namesake', {
    cause: `app/app-1/00000000/${cause}`,
    object: 'Notifier/ops',
  }),
]

function sources(over: Partial<WhySources> = {}): WhySources {
  const budgets = { [cause]: { used: 1, firstSeenAt: ago(9 * MINUTE) } }
  return { events, outbox: [], record: record(object, { budgets }), now: NOW, ...over }
}

describe('the chain from fact to action', () => {
  it('holds for each cause what was seen, decided and done, and nothing of others', () => {
    const chains = chainsOf(view(), sources())
    expect(chains.map(chain => [chain.cause, chain.links.map(({ kind }) => kind)])).toEqual([
      ['agent-exited', ['fact']],
      [cause, ['fact', 'decision', 'effect', 'effect']],
    ])
  })

  it('says who is called next, and when', () => {
    const next = (budget: object): string | undefined => {
      const known = record(object, {
        budgets: { [cause]: { used: 1, firstSeenAt: ago(9 * MINUTE), ...budget } },
      })
      return chainsOf(view(), sources({ record: known })).at(-1)?.next
    }
    expect(next({})).toBe('if it still stands in 21m, somebody else is called')
    expect(next({ orchestratorAt: ago(29 * MINUTE) })).toContain('in 60s')
    expect(next({ escalatedAt: ago(1) })).toBe('nothing more by itself: a person was called')
    expect(next({ greenSince: ago(1) })).toContain('given back')
  })

  it('is printed as a table for each cause', () => {
    const text = renderWhy(view(), chainsOf(view(), sources()), {
      width: 100,
      color: false,
      now: NOW,
    })
    expect(text).toContain('ci-failed#3  told the agent once\n')
    expect(text).toMatch(/9m +fact +PullRequestChanged +#3: open -> ci-failing\n/)
    expect(text).toMatch(/ +next +if it still stands in 21m/)
  })

  it('names the channel that each notification went through', () => {
    const texts = chainsOf(view(), sources()).flatMap(({ links }) => links.map(one => one.message))
    expect(texts).toContain('ops: told ops')
  })

  it('calls nobody about a pull request that is closed', () => {
    const budgets = { [cause]: { used: 1, firstSeenAt: ago(9 * MINUTE) } }
    const next = (number: number): string | undefined => {
      const pullRequestClosed = { number, at: ago(MINUTE), until: ago(-MINUTE) }
      const known = record(object, { budgets, pullRequestClosed })
      return chainsOf(view(), sources({ record: known })).at(-1)?.next
    }
    expect(next(3)).toBeUndefined()
    expect(next(4)).toContain('somebody else is called')
  })

  it('is short where nothing was decided', () => {
    expect(renderWhy(view(), [], { width: 100, color: false, now: NOW })).toContain(
      'Nothing was decided for it yet',
    )
  })
})
