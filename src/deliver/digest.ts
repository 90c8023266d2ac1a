import type { Notification } from '../resource/notification.ts'
import { NOTIFICATION_PRIORITIES } from '../resource/notification.ts'
import type { OutboxNotification } from '../store/types.ts'
import { idOf } from './queued.ts'

/** More than so many at once are one message. */
const FOLD_ABOVE = 5
const BURST_MS = 60_000
/** As many are listed; of the others only their number is told. */
const LISTED = 20

/**
 * What of a channel's queue is sent next, as one: the first alone, or all of a burst that began with it. Those that waited while the channel could
 * not be reached come as one message, too.
 */
export function nextBatch(queue: readonly OutboxNotification[]): readonly OutboxNotification[] {
  const [head] = queue
  if (head === undefined) return []
  const until = Date.parse(head.createdAt) + BURST_MS
  const batch =
    head.tries > 0 ? queue : queue.filter(({ createdAt }) => Date.parse(createdAt) <= until)
  return batch.length > FOLD_ABOVE ? batch : [head]
}

/** Several notifications as one that lists them. The same ones make the same digest. */
export function digestOf(notifications: readonly Notification[], createdAt: string): Notification {
  const projects = [...new Set(notifications.map(({ project }) => project))]
  const left = notifications.length - LISTED
  const priority =
    NOTIFICATION_PRIORITIES.find(one => notifications.some(({ priority: of }) => of === one)) ??
    'info'
  return {
    id: idOf(
      'd',
      notifications.map(({ id }) => id),
    ),
    priority,
    title: `${notifications.length} notifications`,
    message: [
      ...notifications.slice(0, LISTED).map(lineOf),
      ...(left > 0 ? [`and ${left} more: ao events`] : []),
    ].join('\n'),
    project: projects.join(', '),
    next: 'ao get',
    createdAt,
    items: notifications,
  }
}

function lineOf({ title, message, pullRequestUrl, next }: Notification): string {
  const link = pullRequestUrl === undefined ? '' : ` (${pullRequestUrl})`
  return `• ${title}: ${message}${link}${next === undefined ? '' : ` → ${next}`}`
}
