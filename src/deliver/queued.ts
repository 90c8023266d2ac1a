import { createHash } from 'node:crypto'

import type { Notification } from '../resource/notification.ts'
import type { OutboxNotification } from '../store/types.ts'

/** An id that is the same for the same words: put out again after a crash it is known, and repeats nothing. */
export function idOf(prefix: string, words: readonly (string | number)[]): string {
  const digest = createHash('sha256').update(words.join('\n')).digest('hex')
  return `${prefix}-${digest.slice(0, 20)}`
}

/** A notification on its way to one channel, as the outbox takes it. */
export function queuedNotification(
  id: string,
  to: string,
  notification: Notification,
): OutboxNotification {
  const { createdAt } = notification
  return {
    type: 'notification',
    id,
    createdAt,
    updatedAt: createdAt,
    tries: 0,
    to,
    notification,
    state: 'queued',
  }
}
