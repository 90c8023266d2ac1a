import { HouseError, toHouseError } from '../errors.ts'
import type { Notifier, Sent } from '../plugins/notifier.ts'
import type { Notification } from '../resource/notification.ts'
import type { OutboxNotification } from '../store/types.ts'
import { digestOf } from './digest.ts'

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 1_800_000
/** Tries before a notification is given up and shown as failed: some five hours. */
const MAX_TRIES = 20
/** Nobody wants to hear of what was so long ago. */
const MAX_AGE_MS = 24 * 3_600_000

export interface SendInput {
  readonly notifier: Notifier
  /** One notification, or those that become one digest. */
  readonly batch: readonly OutboxNotification[]
  /** Gives the channel's settings with variables expanded and `valueFrom` read. */
  readonly readConfig: () => Promise<Readonly<Record<string, unknown>>>
  /** Where an earlier notification about the same session went. */
  readonly thread: string | undefined
  readonly now: () => Date
  /** 0 up to 1. */
  readonly random: () => number
  readonly signal: AbortSignal
}

/** What became of a batch. */
export interface SendResult {
  readonly items: readonly OutboxNotification[]
  /** What people were shown, or would have been. */
  readonly notification: Notification
  readonly sent: Sent | undefined
  readonly error: HouseError | undefined
}

/** Sends a batch once; gives its items' new states, with the moment of the next try when it failed in a way that may pass. */
export async function sendNotifications(input: SendInput): Promise<SendResult> {
  const { batch, now } = input
  const notification = whatToSay(batch, now())
  try {
    const config = await settingsOf(input)
    const sent = await input.notifier.send(notification, config, input.signal, input.thread)
    return { items: sentItems(batch, notification, now()), notification, sent, error: undefined }
  } catch (error) {
    const failure = toHouseError(error)
    // Ended from outside, it has not failed; it is sent again by whoever comes next.
    if (failure.code === 'Interrupted') throw failure
    return { items: failedItems(input, failure), notification, sent: undefined, error: failure }
  }
}

/** Whether a notification waited so long that it is given up without another try. */
export function isTooOld({ createdAt }: OutboxNotification, now: Date): boolean {
  return Date.parse(createdAt) + MAX_AGE_MS < now.getTime()
}

function whatToSay(batch: readonly OutboxNotification[], now: Date): Notification {
  const [only, second] = batch
  if (only !== undefined && second === undefined) return only.notification
  return digestOf(
    batch.map(({ notification }) => notification),
    now.toISOString(),
  )
}

/** A secret that can't be read now may be there later, once a person has put it there. */
async function settingsOf({ readConfig }: SendInput): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await readConfig()
  } catch (error) {
    const { code, message, next } = toHouseError(error)
    throw new HouseError(code, message, {
      cause: error,
      retryable: true,
      ...(next === undefined ? {} : { next }),
    })
  }
}

function sentItems(
  batch: readonly OutboxNotification[],
  { id }: Notification,
  now: Date,
): readonly OutboxNotification[] {
  return batch.map(item => ({
    ...item,
    ...(batch.length > 1 ? { foldedInto: id } : {}),
    state: 'sent',
    tries: item.tries + 1,
    updatedAt: now.toISOString(),
  }))
}

/** The first of a batch stands for all of it: it counts the tries and says when the next one is. */
function failedItems(
  { batch, now, random }: SendInput,
  error: HouseError,
): readonly OutboxNotification[] {
  const [head] = batch
  const tries = (head?.tries ?? 0) + 1
  const at = now()
  const state = error.retryable && tries < MAX_TRIES ? 'queued' : 'failed'
  const changes = { state, lastError: error.message, updatedAt: at.toISOString() } as const
  if (state === 'failed') return batch.map(item => ({ ...item, ...changes, tries: item.tries + 1 }))
  const pause = pauseAfter(tries, error, random())
  const notBefore = new Date(at.getTime() + pause).toISOString()
  return batch.slice(0, 1).map(item => ({ ...item, ...changes, tries, notBefore }))
}

/** Doubling from a second to half an hour, give or take a tenth; never shorter than the channel asked for. */
function pauseAfter(tries: number, { retryAfterMs }: HouseError, random: number): number {
  if (retryAfterMs !== undefined) return retryAfterMs + Math.round(retryAfterMs * 0.1 * random)
  const plain = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1))
  return Math.round(plain * (0.9 + 0.2 * random))
}
