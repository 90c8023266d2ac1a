import { describe, expect, it } from 'vitest'

import type { DueReaction } from '../src/lifecycle/reaction.ts'
import type { Failpoints, Phase } from '../src/execute/failpoint.ts'
import { react } from '../src/reconcile/react.ts'
import type { ReactInput, Round } from '../src/reconcile/react.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { OutboxItem } from '../src/store/types.ts'
import {
  NOW,
  launched,
  notifier,
  projectSpec,
  record,
  running,
  worker,
} from './support/builders.ts'

const object = worker()

/** One worker's record and what is put out for it, kept as the store keeps them. */
class Desk {
  record: SessionRecord = record(object, launched(1, 'x'))
  readonly items = new Map<string, OutboxItem>()
  /** Ended right after the message was put out: nothing is remembered of it. */
  isCutOff = false
  /** Killed there. */
  endsAt: Phase | undefined

  async answer(...round: Round): Promise<void> {
    const view = { object, record: this.record, facts: running() }
    const store = {
      outbox: {
        put: async (item: OutboxItem) => {
          const isNew = !this.items.has(item.id)
          if (isNew) this.items.set(item.id, item)
          return isNew
        },
      },
      records: {
        update: async (_uid: string, change: (before: SessionRecord) => SessionRecord) => {
          if (!this.isCutOff) this.record = change(this.record)
        },
      },
      events: { append: async () => undefined },
      desired: { all: () => new Map([['Notifier/hook', notifier()]]) },
    } as unknown as ReactInput['store']
    const about = { store, view, orchestrator: undefined, project: projectSpec(), now: NOW }
    const failpoints: Failpoints = async (_step, phase) => {
      if (phase === this.endsAt) throw new Error('killed')
    }
    await react({ ...about, failpoints }, round)
  }
}

const failed = (signature: string, used = 1): DueReaction => ({
  reaction: 'ci-failed',
  cause: 'ci-failed#3',
  signature,
  action: 'sendToAgent',
  why: 'check unit failed',
  text: 'Mend it.',
  priority: 'action',
  budget: { used, firstSeenAt: NOW.toISOString() },
})

describe('an answer', () => {
  it('that was put out and not remembered is the same one when it is decided again', async () => {
    const desk = new Desk()
    desk.isCutOff = true
    await desk.answer(failed('head:unit'))
    desk.isCutOff = false
    await desk.answer(failed('head:unit'))
    expect(desk.items.size).toBe(1)
    expect(desk.record.handled['ci-failed#3']).toBe('head:unit')
  })

  it('to the same checks on the same head is another one once the budget was given back', async () => {
    const desk = new Desk()
    await desk.answer(failed('head:unit'))
    desk.record = { ...desk.record, budgets: {}, handled: {} }
    await desk.answer(failed('head:unit'))
    expect(desk.items.size).toBe(2)
  })

  it('never shares its id with another one, however often the same comes back', async () => {
    const desk = new Desk()
    const signatures = ['a:unit', 'b:unit', 'a:unit', 'b:unit', 'a:unit']
    for (const signature of signatures) await desk.answer(failed(signature))
    expect(desk.items.size).toBe(signatures.length)
  })

  it('to one cause leaves the next answer to another cause as it was', async () => {
    const desk = new Desk()
    desk.isCutOff = true
    await desk.answer(failed('head:unit'))
    desk.isCutOff = false
    await desk.answer({
      ...failed('ids'),
      reaction: 'changes-requested',
      cause: 'changes-requested#3',
    })
    await desk.answer(failed('head:unit'))
    expect(desk.items.size).toBe(2)
  })
})

describe('a round that owes two answers', () => {
  const send = failed('head:unit', 3)
  const climb: DueReaction = {
    ...send,
    action: 'notify',
    why: 'check unit failed; round 3',
    budget: { used: 3, firstSeenAt: NOW.toISOString(), escalatedAt: NOW.toISOString() },
  }

  it.each(['before', 'during', 'after'] as const)(
    'gives both, each once, killed %s them (A10)',
    async phase => {
      const desk = new Desk()
      desk.endsAt = phase
      await expect(desk.answer(send, climb)).rejects.toThrow('killed')
      expect(desk.record.handled).toEqual({})
      desk.endsAt = undefined
      await desk.answer(send, climb)
      expect([...desk.items.values()].map(({ type }) => type)).toEqual(['message', 'notification'])
      expect(desk.record.budgets['ci-failed#3']).toEqual(climb.budget)
      expect(desk.record.answers).toEqual({ 'ci-failed#3': 1 })
    },
  )
})
