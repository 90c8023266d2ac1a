import { HouseError } from '../errors.ts'
import { deliveryMoment, writeMessage } from '../deliver/messages.ts'
import { sendNotification } from '../deliver/notifications.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired } from '../resource/spec.ts'
import type { OutboxItem, OutboxMessage, OutboxNotification } from '../store/types.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import type { AgentNews } from './reports.ts'

export interface OutboxInput {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly views: ReadonlyMap<ResourceKey, SessionView>
  readonly news: ReadonlyMap<string, AgentNews>
  readonly tick: number
}

export interface OutboxProgress {
  readonly changed: boolean
  readonly nextAt: number | undefined
}

/** Begins what can be delivered now: one message a session at a time, in order; one notification a channel at a time. */
export async function deliverOutbox(input: OutboxInput): Promise<OutboxProgress> {
  const { store } = input.deps
  let changed = false
  const times: number[] = []
  const seen = new Set<string>()
  for (const item of store.outbox.all()) {
    if (!isPending(item) || seen.has(item.to)) continue
    seen.add(item.to)
    if (item.type === 'message') {
      changed = (await deliverMessage(input, item)) || changed
      continue
    }
    const dueAt = item.notBefore === undefined ? 0 : Date.parse(item.notBefore)
    if (dueAt > input.deps.now().getTime()) times.push(dueAt)
    else changed = deliverNotification(input, item) || changed
  }
  return { changed, nextAt: times.length === 0 ? undefined : Math.min(...times) }
}

function isPending(item: OutboxItem): boolean {
  return item.state === 'queued' || item.state === 'writing'
}

async function deliverMessage(input: OutboxInput, message: OutboxMessage): Promise<boolean> {
  const { deps, jobs } = input
  const { store, registry } = deps
  const view = [...input.views.values()].find(candidate => candidate.object.uid === message.to)
  const job = `send ${message.to}`
  if (jobs.isBusy(job)) return false
  if (message.state === 'writing')
    return fail(
      input,
      message,
      'unconfirmed',
      'the writer was ended while it wrote; it is not sent again',
    )
  if (view === undefined || isDone(view.record) || wanted(view.object) === 'deleted') {
    return fail(input, message, 'failed', 'the session is gone or done')
  }
  const { object } = view
  const reports = registry.find('agent', object.spec.agent.plugin)?.reports === true
  const key = keyOf(object.kind, object.name)
  if (!deliveryMoment(view.facts, message.origin, reports).now || !jobs.isSeen(key, input.tick))
    return false
  if (jobs.due([job], input.tick).length === 0) return false
  const { attempt } = view.record
  const name = `Message ${message.id}${message.cause === undefined ? '' : ` (${message.cause})`}`
  const writing = async (signal: AbortSignal): Promise<void> => {
    // An agent may say that it has it before we could write down that it was sent.
    const save = async (changed: OutboxMessage): Promise<void> => {
      await store.outbox.update(message.id, item => (item.state === 'accepted' ? item : changed))
    }
    const { facts } = view
    const { now } = deps
    const sent = await writeMessage({ registry, object, facts, message, save, now, signal })
    if (sent.state === 'queued') {
      throw new HouseError('NotFound', sent.lastError ?? 'the session is gone', { retryable: true })
    }
    const isWritten = sent.state === 'written'
    await store.events.append({
      type: isWritten ? 'Normal' : 'Warning',
      reason: isWritten ? 'MessageWritten' : 'MessageNotWritten',
      object: key,
      attempt,
      message: `${name} is ${sent.state}${sent.lastError === undefined ? '' : `: ${sent.lastError}`}`,
    })
  }
  jobs.start(job, inBackground(deps, { object: key, attempt, what: `writing ${name}` }, writing))
  return true
}

async function fail(
  input: OutboxInput,
  message: OutboxMessage,
  state: 'unconfirmed' | 'failed',
  lastError: string,
): Promise<boolean> {
  const updatedAt = input.deps.now().toISOString()
  await input.deps.store.outbox.update(message.id, item =>
    item.type === 'message' ? { ...item, state, lastError, updatedAt } : item,
  )
  return true
}

function deliverNotification(input: OutboxInput, item: OutboxNotification): boolean {
  const { deps, jobs } = input
  const { store } = deps
  const job = `notify ${item.to}`
  if (jobs.due([job], input.tick).length === 0) return false
  const notifier = findNotifier(store.desired.all(), item.to)
  const object = keyOf('Notifier', item.to)
  const sending = async (signal: AbortSignal): Promise<void> => {
    if (notifier === undefined) {
      const updatedAt = deps.now().toISOString()
      await store.outbox.update(item.id, () => ({
        ...item,
        state: 'failed',
        lastError: `Notifier/${item.to} is gone`,
        updatedAt,
      }))
      return
    }
    const config = await readConfig(deps, notifier.spec.config)
    const sent = await sendNotification({
      registry: deps.registry,
      notifier,
      item,
      config,
      now: deps.now,
      signal,
    })
    await store.outbox.update(item.id, () => sent)
    if (sent.state === 'queued') return
    await store.events.append({
      type: sent.state === 'sent' ? 'Normal' : 'Warning',
      reason: sent.state === 'sent' ? 'NotificationSent' : 'NotificationFailed',
      object,
      attempt: 0,
      message: `${item.notification.title}: ${sent.lastError ?? item.notification.message}`,
    })
  }
  const what = `sending "${item.notification.title}"`
  jobs.start(job, inBackground(deps, { object, attempt: 0, what }, sending))
  return true
}

function findNotifier(
  objects: ReadonlyMap<ResourceKey, Desired>,
  name: string,
): Extract<Desired, { readonly kind: 'Notifier' }> | undefined {
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
