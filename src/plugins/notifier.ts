import type { Notification } from '../resource/notification.ts'
import type { Plugin } from './plugin.ts'

/** A channel to people. */
export interface Notifier extends Plugin {
  /**
   * Sends once. `config` has its variables expanded and its `valueFrom` already read. Throws `RateLimited` (with `retryAfterMs`) or `Unreachable`,
   * both retryable, or `Refused` when it will never be taken.
   */
  send(
    notification: Notification,
    config: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void>
}
