export const NOTIFICATION_PRIORITIES = ['urgent', 'action', 'warning', 'info'] as const

export type NotificationPriority = (typeof NOTIFICATION_PRIORITIES)[number]

/** What a person is told. */
export interface Notification {
  readonly id: string
  readonly priority: NotificationPriority
  readonly title: string
  /** Why. */
  readonly message: string
  readonly project: string
  /** Session name. */
  readonly session?: string
  /** The session's uid: a namesake that comes later is another one. */
  readonly uid?: string
  /** The reaction that tells it, such as `ci-failed`. */
  readonly reaction?: string
  /** What it is about, the same for everything about it, such as `shop-login/4f1c2a9b/ci-failed#3`. */
  readonly cause?: string
  /** The cause is gone: only channels that keep track of causes hear of it. */
  readonly resolved?: true
  readonly pullRequestUrl?: string
  readonly pullRequestNumber?: number
  /** The command to type. */
  readonly next?: string
  readonly createdAt: string
  /** What a digest folds together, oldest first. */
  readonly items?: readonly Notification[]
}

/** What templates of channels may name. */
export const NOTIFICATION_FIELDS = [
  'id',
  'priority',
  'title',
  'message',
  'project',
  'session',
  'reaction',
  'cause',
  'state',
  'pullRequest.url',
  'pullRequest.number',
  'next',
  'createdAt',
] as const

/** The values of those fields; `state` is `firing` or `resolved`. */
export function notificationFields(
  notification: Notification,
): Readonly<Record<(typeof NOTIFICATION_FIELDS)[number], string | undefined>> {
  const { id, priority, title, message, project, session, reaction, cause } = notification
  const { pullRequestUrl, pullRequestNumber, next, createdAt } = notification
  return {
    id,
    priority,
    title,
    message,
    project,
    session,
    reaction,
    cause,
    state: notification.resolved === true ? 'resolved' : 'firing',
    'pullRequest.url': pullRequestUrl,
    'pullRequest.number': pullRequestNumber === undefined ? undefined : String(pullRequestNumber),
    next,
    createdAt,
  }
}
