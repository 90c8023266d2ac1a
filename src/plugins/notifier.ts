import type { Notification } from '../resource/notification.ts'
import type { Plugin } from './plugin.ts'

/** A channel to people. */
export interface Notifier extends Plugin {
  /** What this machine lacks for sending anything at all; undefined when it lacks nothing. Quick, asks nobody, and may be called at any time. */
  missing?(): Promise<Shortcoming | undefined>
  /** Whether it keeps track of causes, by its settings as they are declared: then it is told of each by itself, never in a digest, and also when one is gone. */
  tracksCauses?(config: Readonly<Record<string, unknown>>): boolean
  /**
   * Sends once. `config` has its variables expanded and its `valueFrom` already read; `thread` is what an earlier `send` about the same session gave back. Throws `RateLimited` (with `retryAfterMs`) or `Unreachable`,
   * both retryable, `Refused` when it will never be taken, `EnvironmentMissing` when this machine can't, `Interrupted` at the signal. Tried again
   * after a break, people may see it twice: a channel that can tell a repetition does so by the notification's id.
   */
  send(
    notification: Notification,
    config: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    thread?: string,
  ): Promise<Sent | undefined>
}

/** What is to be remembered of something sent. */
export interface Sent {
  /** Where further notifications about the same session belong. */
  readonly thread?: string
}

/** What is missing, and what helps. */
export interface Shortcoming {
  readonly message: string
  /** Such as the package to install. */
  readonly next: string
}
