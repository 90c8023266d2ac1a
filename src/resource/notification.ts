export type NotificationPriority = 'urgent' | 'action' | 'warning' | 'info'

/** What a person is told. */
export interface Notification {
  readonly id: string
  readonly priority: NotificationPriority
  readonly title: string
  readonly message: string
  readonly project: string
  /** Session name. */
  readonly session?: string
  readonly pullRequestUrl?: string
  /** The command to type. */
  readonly next?: string
  readonly createdAt: string
}
