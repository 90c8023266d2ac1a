import { HouseError } from '../errors.ts'
import { deliveryMoment, writeMessage } from '../deliver/messages.ts'
import { goneCauses } from '../lifecycle/causes.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import { earliest } from '../resource/duration.ts'
import { groupBy } from '../resource/group-by.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { OutboxItem, OutboxMessage, OutboxNotification } from '../store/types.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import { reactionInputOf } from './reaction-input.ts'
import type { Jobs } from './jobs.ts'
import type { Miss } from './missed.ts'
import { endMessage, rememberMiss, rememberTold } from './missed.ts'
import { notify } from './notify.ts'
import type { AgentNews } from './reports.ts'
import { resolveCauses } from './resolve-causes.ts'

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

/** Begins what can be delivered now: one message a session at a time, in order; one notification, or one burst of them, a channel at a time. */
export async function deliverOutbox(input: OutboxInput): Promise<OutboxProgress> {
  const { store, now } = input.deps
  let changed = await resolveCauses(input)
  const times: number[] = []
  const pending = store.outbox.all().filter(isPending)
  for (const queue of groupBy(pending, ({ type, to }) => `${type} ${to}`).values()) {
    const [head] = queue
    if (head.type === 'message') {
      for (const message of firstOfEach(queue)) {
        changed = (await deliverMessage(input, message)) || changed
      }
      continue
    }
    const dueAt = pausedUntil(head, now())
    if (dueAt > now().getTime()) times.push(dueAt)
    else
      changed =
        notify(
          input,
          queue.filter(item => item.type === 'notification'),
        ) || changed
  }
  return { changed, nextAt: earliest(times) }
}

/** A pause that was written down later than now is from before the clock was set back, and may lie days ahead: it is tried. */
function pausedUntil({ notBefore, updatedAt }: OutboxNotification, now: Date): number {
  return notBefore === undefined || Date.parse(updatedAt) > now.getTime()
    ? 0
    : Date.parse(notBefore)
}

/** A message that waits for an answer must not hold up the answer: each origin has its own order. */
function firstOfEach(queue: readonly OutboxItem[]): readonly OutboxMessage[] {
  const messages = queue.filter(item => item.type === 'message')
  return [...groupBy(messages, ({ origin }) => origin).values()].map(([first]) => first)
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
  if (message.state === 'writing') {
    return end(input, view, message, {
      how: 'unsure',
      why: 'the writer was ended while it wrote; it is not sent again',
    })
  }
  if (view === undefined || isDone(view.record) || wanted(view.object) === 'deleted') {
    return end(input, view, message, { how: 'over', why: 'the session is gone or done' })
  }
  const { object } = view
  const stale = staleness(input, view, message)
  if (stale !== undefined) return end(input, view, message, stale)
  const reports = registry.find('agent', object.spec.agent.plugin)?.reports === true
  const key = keyOf(object.kind, object.name)
  const moment = deliveryMoment(view.facts, message.origin, reports)
  if (!moment.now) return waitFor(input, message, moment.why)
  if (!jobs.isSeen(key, input.tick)) return false
  if (jobs.due([job], input.tick).length === 0) return false
  const { attempt } = view.record
  const name = `Message ${message.id}${message.cause === undefined ? '' : ` (${message.cause})`}`
  const writing = async (signal: AbortSignal): Promise<void> => {
    // An agent may say that it has it before we could write down that it was sent.
    const save = async (changed: OutboxMessage): Promise<void> => {
      const isAccepted = store.outbox.get(message.id)?.state === 'accepted'
      const how = isAccepted ? undefined : MISSES[changed.state]
      if (ENDED.has(changed.state)) await rememberTold(deps, view, message)
      if (how !== undefined) await rememberMiss(deps, view, message, how)
      if (changed.state === 'written') await deps.failpoints('message', 'after')
      await store.outbox.update(message.id, item => (item.state === 'accepted' ? item : changed))
      if (changed.state === 'writing') await deps.failpoints('message', 'during')
    }
    const { facts } = view
    const { now, failpoints } = deps
    await failpoints('message', 'before')
    const written = await writeMessage({ registry, object, facts, message, save, now, signal })
    const { message: sent, error } = written
    if (sent.state === 'queued') throw laterAgain(error)
    const isWritten = sent.state === 'written'
    await store.events.append({
      type: isWritten ? 'Normal' : 'Warning',
      reason: isWritten ? 'MessageWritten' : 'MessageNotWritten',
      object: key,
      attempt,
      ...(message.cause === undefined ? {} : { cause: message.cause }),
      message: `${name} is ${sent.state}${sent.lastError === undefined ? '' : `: ${sent.lastError}`}`,
    })
  }
  jobs.start(job, inBackground(deps, { object: key, attempt, what: `writing ${name}` }, writing))
  return true
}

const ENDED: ReadonlySet<OutboxMessage['state']> = new Set(['written', 'unconfirmed', 'failed'])

/** What it means that a message was written as far as this. */
const MISSES: Readonly<Partial<Record<OutboxMessage['state'], Miss['how']>>> = {
  unconfirmed: 'unsure',
  failed: 'refused',
}

/** Nothing was typed: it waits its time, longer after each try. */
function laterAgain(error: HouseError | undefined): HouseError {
  const { code, message } = error ?? { code: 'NotFound', message: 'the session is gone' }
  return new HouseError(code, message, { cause: error, retryable: true })
}

/** Why an automatic message that waited is not worth saying any more: something newer waits about the same, or what it is about is gone. */
function staleness(
  { deps }: OutboxInput,
  view: SessionView,
  { id, to, origin, cause, createdAt }: OutboxMessage,
): Miss | undefined {
  if (origin !== 'automatic' || cause === undefined) return undefined
  // What an orchestrator is told is about a worker: that is not its own to judge, and another one's may be called the same.
  if (view.object.kind !== 'Worker') return undefined
  const isReplaced = deps.store.outbox
    .all()
    .some(
      other =>
        other.type === 'message' &&
        other.id !== id &&
        other.to === to &&
        other.cause === cause &&
        other.origin === 'automatic' &&
        other.state === 'queued' &&
        other.createdAt > createdAt,
    )
  if (isReplaced) return { how: 'replaced', why: 'a newer message about the same takes its place' }
  return goneCauses(reactionInputOf(view, deps), [cause]).length > 0
    ? { how: 'over', why: 'what it is about is gone' }
    : undefined
}

/** Says once for each reason why a message is not delivered yet. */
async function waitFor(
  { deps, views }: OutboxInput,
  message: OutboxMessage,
  why: string,
): Promise<boolean> {
  if (message.waitsFor === why) return false
  const { store } = deps
  await store.outbox.update(message.id, item =>
    item.type === 'message' ? { ...item, waitsFor: why } : item,
  )
  const view = [...views.values()].find(candidate => candidate.object.uid === message.to)
  if (view === undefined) return false
  await store.events.append({
    type: 'Normal',
    reason: 'MessageHeld',
    object: keyOf(view.object.kind, view.object.name),
    attempt: view.record.attempt,
    ...(message.cause === undefined ? {} : { cause: message.cause }),
    message: `Message ${message.id} waits: ${why}`,
  })
  return false
}

async function end(
  { deps }: OutboxInput,
  view: SessionView | undefined,
  message: OutboxMessage,
  miss: Miss,
): Promise<boolean> {
  await endMessage(deps, view, message, miss)
  return true
}
