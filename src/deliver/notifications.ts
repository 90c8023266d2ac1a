import { HouseError } from '../errors.ts'
import type { Registry } from '../plugins/registry.ts'
import type { DesiredNotifier } from '../resource/spec.ts'
import type { OutboxNotification } from '../store/types.ts'

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 300_000
/** Tries before a notification is given up and shown as failed. */
const MAX_TRIES = 20

export interface SendInput {
  readonly registry: Registry
  readonly notifier: DesiredNotifier
  readonly item: OutboxNotification
  /** The channel's settings with variables expanded and `valueFrom` read. */
  readonly config: Readonly<Record<string, unknown>>
  readonly now: () => Date
  readonly signal: AbortSignal
}

/** Sends one notification; resolves to its new state, with the moment of the next try when it failed in a way that may pass. */
export async function sendNotification(input: SendInput): Promise<OutboxNotification> {
  const { item, notifier, now } = input
  const tries = item.tries + 1
  try {
    const plugin = input.registry.get('notifier', notifier.spec.plugin)
    await plugin.send(item.notification, input.config, input.signal)
    return { ...item, state: 'sent', tries, updatedAt: now().toISOString() }
  } catch (error) {
    const retryable = error instanceof HouseError && error.retryable && tries < MAX_TRIES
    const asked = error instanceof HouseError ? error.retryAfterMs : undefined
    const pause = asked ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1))
    const at = now()
    return {
      ...item,
      state: retryable ? 'queued' : 'failed',
      tries,
      notBefore: new Date(at.getTime() + pause).toISOString(),
      lastError: error instanceof Error ? error.message : String(error),
      updatedAt: at.toISOString(),
    }
  }
}
