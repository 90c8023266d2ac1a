import { withNext } from '../errors.ts'
import { isTooOld, sendNotifications } from '../deliver/notifications.ts'
import { nextBatch } from '../deliver/digest.ts'
import type { SendResult } from '../deliver/notifications.ts'
import type { Notifier } from '../plugins/notifier.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired, DesiredNotifier } from '../resource/spec.ts'
import type { Channel } from '../store/channels.ts'
import { newChannel } from '../store/channels.ts'
import type { OutboxNotification } from '../store/types.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import { tracksCauses } from './resolve-causes.ts'

/** Threads are kept for so many sessions, the latest. */
const KEPT_THREADS = 500

export interface NotifyInput {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly tick: number
}

/** Begins to send what is next in a channel's queue: the first, or a burst as one. Says whether anything was begun. */
export function notify(input: NotifyInput, queue: readonly OutboxNotification[]): boolean {
  const { deps, jobs } = input
  const [head] = queue
  if (head === undefined) return false
  const job = `notify ${head.to}`
  if (jobs.due([job], input.tick).length === 0) return false
  const object = keyOf('Notifier', head.to)
  const notifier = findNotifier(deps.store.desired.all(), head.to)
  const sending = async (signal: AbortSignal): Promise<void> => {
    if (notifier === undefined) return giveUp(deps, queue, `Notifier/${head.to} is gone`)
    const plugin = deps.registry.find('notifier', notifier.spec.plugin)
    if (plugin === undefined) return giveUp(deps, queue, `no plugin ${notifier.spec.plugin}`)
    const stale = queue.filter(item => isTooOld(item, deps.now()))
    if (stale.length > 0) return giveUp(deps, stale, 'it could not be sent for a day')
    const batch = tracksCauses(deps, notifier) ? [head] : nextBatch(queue)
    await send(deps, { notifier, plugin, batch }, signal)
  }
  const what = `sending "${head.notification.title}"`
  jobs.start(job, inBackground(deps, { object, attempt: 0, what }, sending))
  return true
}

interface Sending {
  readonly notifier: DesiredNotifier
  readonly plugin: Notifier
  readonly batch: readonly OutboxNotification[]
}

async function send(
  deps: Deps,
  { notifier, plugin, batch }: Sending,
  signal: AbortSignal,
): Promise<void> {
  const { store } = deps
  const { name, spec } = notifier
  const channel = store.channels.get(name) ?? newChannel(name)
  const [head] = batch
  const uid = batch.length === 1 ? head?.notification.uid : undefined
  const result = await sendNotifications({
    notifier: plugin,
    batch,
    readConfig: async () => readConfig(deps, spec.config),
    thread: channel.threads.find(thread => thread.uid === uid)?.thread,
    now: deps.now,
    random: deps.random,
    signal,
  })
  const isFinal = result.items.every(({ state }) => state !== 'queued')
  // What must not be forgotten comes first: sent again after a crash it is seen twice, and told in the right place.
  await store.channels.put(name, channelAfter(deps, { channel, notifier, result, uid }))
  for (const item of result.items) await store.outbox.update(item.id, () => item)
  await tell(deps, notifier, { result, isFinal, isFirst: (head?.tries ?? 0) === 0 })
}

interface After {
  readonly channel: Channel
  readonly notifier: DesiredNotifier
  readonly result: SendResult
  readonly uid: string | undefined
}

/** What is remembered of a channel after a try. */
function channelAfter(deps: Deps, { channel, notifier, result, uid }: After): Channel {
  const { notification, sent, error, items } = result
  const entry = { at: deps.now().toISOString(), title: notification.title }
  if (error !== undefined) {
    const isFinal = items.every(({ state }) => state === 'failed')
    const open = isFinal ? withoutResolved(channel, notification.cause, notification.resolved) : {}
    const failed = channel.failed + (isFinal ? items.length : 0)
    return { ...channel, ...open, failed, lastFailed: { ...entry, error: error.message } }
  }
  const thread = sent?.thread
  const threads =
    thread === undefined || uid === undefined
      ? channel.threads
      : [...channel.threads.filter(one => one.uid !== uid), { uid, thread }].slice(-KEPT_THREADS)
  return {
    ...channel,
    threads,
    sent: channel.sent + items.length,
    lastSent: entry,
    ...openAfter(deps, { channel, notifier, result, uid }),
  }
}

/** The causes that are open once a notification went out. */
function openAfter(deps: Deps, { channel, notifier, result }: After): Partial<Channel> {
  const { cause, resolved, uid, id, project, session } = result.notification
  if (cause === undefined || !tracksCauses(deps, notifier)) return {}
  if (resolved === true) return withoutResolved(channel, cause, true)
  const since = deps.now().toISOString()
  const told = {
    cause,
    id,
    project,
    since,
    ...(uid === undefined ? {} : { uid }),
    ...(session === undefined ? {} : { session }),
  }
  return { open: [...channel.open.filter(one => one.cause !== cause), told] }
}

function withoutResolved(
  channel: Channel,
  cause: string | undefined,
  resolved: boolean | undefined,
): Partial<Channel> {
  if (resolved !== true) return {}
  return { open: channel.open.filter(one => one.cause !== cause) }
}

interface Outcome {
  readonly result: SendResult
  readonly isFinal: boolean
  /** Of several tries. */
  readonly isFirst: boolean
}

/** Every end is an event; of what is tried again only what a person can mend, once. */
async function tell(
  deps: Deps,
  { name }: DesiredNotifier,
  { result, isFinal, isFirst }: Outcome,
): Promise<void> {
  const { notification, error } = result
  const { cause } = notification
  const base = {
    object: keyOf('Notifier', name),
    attempt: 0,
    ...(cause === undefined ? {} : { cause }),
  } as const
  if (error === undefined) {
    const message = `${notification.title}: ${notification.message}`
    await deps.store.events.append({
      ...base,
      type: 'Normal',
      reason: 'NotificationSent',
      message,
    })
    return
  }
  if (isFinal) {
    const message = `${notification.title}: ${withNext(error)}`
    await deps.store.events.append({
      ...base,
      type: 'Warning',
      reason: 'NotificationFailed',
      message,
    })
  } else if (isFirst && error.code === 'EnvironmentMissing') {
    const message = `sending "${notification.title}" failed: ${withNext(error)}`
    await deps.store.events.append({ ...base, type: 'Warning', reason: error.code, message })
  }
}

async function giveUp(
  deps: Deps,
  items: readonly OutboxNotification[],
  lastError: string,
): Promise<void> {
  const { store } = deps
  const updatedAt = deps.now().toISOString()
  for (const item of items) {
    await store.outbox.update(item.id, () => ({ ...item, state: 'failed', lastError, updatedAt }))
    await store.events.append({
      type: 'Warning',
      reason: 'NotificationFailed',
      object: keyOf('Notifier', item.to),
      attempt: 0,
      message: `${item.notification.title}: ${lastError}`,
    })
  }
}

function findNotifier(
  objects: ReadonlyMap<ResourceKey, Desired>,
  name: string,
): DesiredNotifier | undefined {
  const object = objects.get(keyOf('Notifier', name))
  return object?.kind === 'Notifier' ? object : undefined
}

async function readConfig(
  deps: Deps,
  config: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const entries = await Promise.all(
    Object.entries(config).map(
      async ([name, value]) => [name, await deps.readValue(value)] as const,
    ),
  )
  return Object.fromEntries(entries)
}
