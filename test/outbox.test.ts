import { describe, expect, it } from 'vitest'

import { HouseError } from '../src/errors.ts'
import type { Agent } from '../src/plugins/agent.ts'
import type { Notifier } from '../src/plugins/notifier.ts'
import { Registry } from '../src/plugins/registry.ts'
import type { Runtime } from '../src/plugins/runtime.ts'
import type { Deps } from '../src/reconcile/deps.ts'
import { Jobs } from '../src/reconcile/jobs.ts'
import { deliverOutbox } from '../src/reconcile/outbox.ts'
import { noFailpoints } from '../src/execute/failpoint.ts'
import type { SessionFacts } from '../src/lifecycle/facts.ts'
import type { ResourceKey } from '../src/resource/key.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { Channel } from '../src/store/channels.ts'
import type { NewEvent, OutboxItem } from '../src/store/types.ts'
import {
  NOW,
  ago,
  failedCheck,
  notifier,
  record,
  review,
  running,
  worker,
} from './support/builders.ts'

const object = worker()

const message = (over: object = {}): OutboxItem => ({
  id: 'm-1',
  type: 'message',
  createdAt: ago(1000),
  updatedAt: ago(1000),
  tries: 0,
  to: object.uid,
  session: object.name,
  text: 'Go on.',
  origin: 'person',
  state: 'queued',
  digest: 'd',
  ...over,
})

const notification = (): OutboxItem => ({
  id: 'n-1',
  type: 'notification',
  createdAt: ago(1000),
  updatedAt: ago(1000),
  tries: 0,
  to: 'hook',
  state: 'queued',
  notification: {
    id: 'n-1',
    priority: 'action',
    title: 'app-1: ci-failed',
    message: 'check test failed',
    project: 'app',
    session: 'app-1',
    next: 'ao attach app-1',
    createdAt: ago(1000),
  },
})

interface Given {
  readonly item: OutboxItem
  /** What happens while the text is typed; gets a way to change the item meanwhile. */
  readonly send?: (accept: () => void) => Promise<void>
  readonly holds?: boolean
  readonly readValue?: Deps['readValue']
  /** The Notifier is not declared any more. */
  readonly gone?: boolean
  /** What else waits. */
  readonly others?: readonly OutboxItem[]
  readonly seen?: Partial<SessionFacts>
  readonly known?: Partial<SessionRecord>
  /** Its plugin. */
  readonly plugin?: string
}

/** One round of delivery, carried through. */
async function deliver(given: Given) {
  let item = given.item
  let posts = 0
  const events: NewEvent[] = []
  const channels = new Map<string, Channel>()
  const accept = (): void => {
    if (item.type === 'message') item = { ...item, state: 'accepted' }
  }
  const registry = new Registry()
    .register('runtime', {
      name: 'tmux',
      send: async () => given.send?.(accept),
    } as unknown as Runtime)
    .register('agent', { name: 'script', bracketedPaste: true } as unknown as Agent)
    .register('notifier', {
      name: 'webhook',
      send: async () => {
        posts += 1
        return undefined
      },
    } as unknown as Notifier)
  const plain = notifier()
  const hook = {
    ...plain,
    spec: {
      ...plain.spec,
      plugin: given.plugin ?? plain.spec.plugin,
      config: { url: { valueFrom: 'HOOK_URL' } },
    },
  }
  const deps = {
    registry,
    now: () => NOW,
    random: () => 0.5,
    failpoints: noFailpoints,
    fence: async () => {
      if (given.holds === false) throw new HouseError('Locked', 'the lock was taken')
    },
    readValue: given.readValue ?? (async (value: unknown) => value),
    store: {
      desired: {
        all: () => new Map(given.gone === true ? [] : [['Notifier/hook', hook]]),
        get: () => hook,
      },
      channels: {
        all: () => channels,
        get: (name: string) => channels.get(name),
        put: async (name: string, channel: Channel) => {
          channels.set(name, channel)
          return true
        },
      },
      records: {
        update: async (_uid: string, change: (before: SessionRecord) => SessionRecord) => {
          known = change(known)
        },
      },
      status: { get: () => undefined },
      events: {
        append: async (event: NewEvent) => {
          events.push(event)
        },
      },
      outbox: {
        all: () => [item, ...(given.others ?? [])],
        get: () => item,
        update: async (_id: string, change: (before: OutboxItem) => OutboxItem) => {
          item = change(item)
          return item
        },
      },
    },
  } as unknown as Deps
  const jobs = new Jobs({
    now: () => NOW.getTime(),
    random: () => 0.5,
    resyncMs: 60_000,
    onEnd: () => undefined,
  })
  let known = record(object, given.known)
  const view = { object, record: known, facts: running({ activity: 'idle', ...given.seen }) }
  const views = new Map<ResourceKey, typeof view>([['Worker/app-1', view]])
  const round = async (): Promise<boolean> => {
    const { changed } = await deliverOutbox({
      deps,
      jobs,
      views,
      news: new Map(),
      tick: jobs.tick(),
    })
    await jobs.drain()
    return changed
  }
  const first = await round()
  return {
    first,
    again: round,
    item: () => item,
    record: () => known,
    events,
    channels,
    posts: () => posts,
  }
}

describe('delivery', () => {
  it('keeps it that an agent has a message, which it may say before we know that it was sent', async () => {
    const { item } = await deliver({ item: message(), send: async accept => accept() })
    expect(item().state).toBe('accepted')
  })

  it('waits before it looks again for a session that was not there', async () => {
    const gone = async (): Promise<never> => {
      throw new HouseError('NotFound', 'no session app-1')
    }
    const { item, again, events } = await deliver({ item: message(), send: gone })
    expect(item()).toMatchObject({ state: 'queued', tries: 1 })
    expect(await again()).toBe(false)
    expect(events).toMatchObject([{ type: 'Warning', reason: 'NotFound' }])
  })

  it('sends nothing to anybody once the lock is lost (A19)', async () => {
    const { item, posts } = await deliver({ item: notification(), holds: false })
    expect([posts(), item().state]).toEqual([0, 'queued'])
  })

  it('tells of a channel whose settings cannot be read', async () => {
    const { events } = await deliver({
      item: notification(),
      readValue: async () => {
        throw new HouseError('EnvironmentMissing', 'HOOK_URL is not set', {
          next: 'export HOOK_URL=…',
        })
      },
    })
    expect(events).toMatchObject([
      {
        type: 'Warning',
        reason: 'EnvironmentMissing',
        object: 'Notifier/hook',
        message: 'sending "app-1: ci-failed" failed: HOOK_URL is not set; export HOOK_URL=…',
      },
    ])
  })

  it.each([
    ['a channel that is gone', { gone: true }, 'Notifier/hook is gone'],
    ['a channel of a kind that nobody knows', { plugin: 'pigeon' }, 'no plugin pigeon'],
    [
      'what waited for more than a day',
      { item: { ...notification(), createdAt: ago(24 * 3_600_000 + 1) } },
      'it could not be sent for a day',
    ],
  ])('gives up %s, and says so', async (_what, given, lastError) => {
    const { item, events, posts } = await deliver({ item: notification(), ...given })
    expect([posts(), item()]).toMatchObject([0, { state: 'failed', lastError }])
    expect(events).toMatchObject([
      { reason: 'NotificationFailed', message: `app-1: ci-failed: ${lastError}` },
    ])
  })

  it('waits out the pause of a channel, but none of before the clock was set back (C5)', async () => {
    const paused = { ...notification(), tries: 3, notBefore: ago(-60_000) }
    const waits = await deliver({ item: paused })
    expect([waits.posts(), waits.item().state]).toEqual([0, 'queued'])
    const day = 24 * 3_600_000
    const ahead = { ...paused, updatedAt: ago(-day), notBefore: ago(-day - 60_000) }
    const tried = await deliver({ item: ahead })
    expect([tried.posts(), tried.item().state]).toEqual([1, 'sent'])
  })

  it('remembers what a channel was sent', async () => {
    const { item, channels, events } = await deliver({ item: notification() })
    expect(item()).toMatchObject({ state: 'sent', tries: 1 })
    expect(channels.get('hook')).toMatchObject({
      sent: 1,
      failed: 0,
      lastSent: { at: NOW.toISOString(), title: 'app-1: ci-failed' },
    })
    expect(events).toMatchObject([{ type: 'Normal', reason: 'NotificationSent' }])
  })
})

describe('an automatic message that does not reach its agent', () => {
  const cause = 'ci-failed#3'
  const told = (over: object = {}): OutboxItem => message({ origin: 'automatic', cause, ...over })
  const known = {
    handled: { [cause]: 'head:unit' },
    budgets: { [cause]: { used: 2, firstSeenAt: ago(1000) } },
  }
  const red = { review: review({ checks: 'failing', failed: [failedCheck('unit')] }) }

  it('because it is about nothing any more was no try, and its cause is judged anew', async () => {
    const seen = { review: review({ checks: 'passing' }) }
    const { item, record: after, events, again } = await deliver({ item: told(), seen, known })
    expect(item()).toMatchObject({ state: 'failed', lastError: 'what it is about is gone' })
    expect(after().handled).toEqual({})
    expect(after().budgets[cause]).toMatchObject({ used: 1 })
    expect(events).toMatchObject([{ type: 'Normal', reason: 'MessageDropped', cause }])
    expect(await again()).toBe(false)
  })

  it('because a newer one takes its place was no try, and the newer one stays the answer', async () => {
    const newer = told({ id: 'm-2', createdAt: ago(500) })
    const { item, record: after } = await deliver({
      item: told(),
      others: [newer],
      seen: red,
      known,
    })
    expect(item()).toMatchObject({ state: 'failed' })
    expect(after().handled).toEqual(known.handled)
    expect(after().budgets[cause]).toMatchObject({ used: 1 })
  })

  it.each([
    ['broken off by a kill', told({ state: 'writing' }), undefined],
    ['typed in part', told(), new HouseError('Ambiguous', 'a half went in')],
  ])(
    'for sure, %s, is never sent again; from then on time calls a person',
    async (_what, item, error) => {
      const send = async (): Promise<void> => {
        if (error !== undefined) throw error
      }
      const delivered = await deliver({ item, send, seen: red, known })
      expect(delivered.item().state).toBe('unconfirmed')
      expect(delivered.record().handled).toEqual(known.handled)
      expect(delivered.record().budgets[cause]).toEqual({
        ...known.budgets[cause],
        unheardSince: NOW.toISOString(),
      })
      expect(delivered.events).toMatchObject([
        { type: 'Warning', reason: 'MessageNotWritten', cause },
      ])
      expect(await delivered.again()).toBe(false)
    },
  )

  it('because its input is full stays pending, and is tried again after a while', async () => {
    const send = async (): Promise<never> => {
      throw new HouseError('Timeout', 'session app-1 does not read its input', { retryable: true })
    }
    const {
      item,
      record: after,
      again,
      events,
    } = await deliver({ item: told(), send, seen: red, known })
    expect(item()).toMatchObject({ state: 'queued', tries: 1 })
    expect(after().budgets).toEqual(known.budgets)
    expect(await again()).toBe(false)
    expect(events).toMatchObject([{ reason: 'Timeout' }])
  })
})
