import { createHash } from 'node:crypto'

import type { Notification, NotificationPriority } from '../../resource/notification.ts'
import { pullRequestLink, pullRequestName } from '../channel-text.ts'
import { plainLine, plainText } from '../../resource/text.ts'

const MAX_SUMMARY = 1024
const MAX_KEY = 255
const MAX_DETAIL = 16 * 1024

const SEVERITIES: Readonly<Record<NotificationPriority, string>> = {
  urgent: 'critical',
  action: 'error',
  warning: 'warning',
  info: 'info',
}

/** An event of PagerDuty's Events API v2: everything about one cause has one `dedup_key`, so it is one alert. */
export function pagerDutyEvent(notification: Notification, routingKey: string): object {
  const { cause, id, resolved } = notification
  const event = {
    routing_key: routingKey,
    event_action: resolved === true ? 'resolve' : 'trigger',
    dedup_key: keyOf(cause ?? id),
  }
  return resolved === true ? event : { ...event, ...alertOf(notification) }
}

function alertOf(notification: Notification): object {
  const { priority, title, message, project, session, reaction, next } = notification
  const { pullRequestUrl, createdAt } = notification
  const link = pullRequestLink(notification)
  return {
    client: 'ao',
    payload: {
      summary: plainLine(`${title}: ${message}`, MAX_SUMMARY),
      source: session === undefined ? project : `${project}/${session}`,
      severity: SEVERITIES[priority],
      timestamp: createdAt,
      component: session ?? project,
      group: project,
      ...(reaction === undefined ? {} : { class: reaction }),
      custom_details: {
        why: plainText(message, MAX_DETAIL),
        ...(next === undefined ? {} : { next }),
        ...(pullRequestUrl === undefined ? {} : { pull_request: pullRequestUrl }),
      },
    },
    ...(link === undefined ? {} : { links: [{ href: link, text: pullRequestName(notification) }] }),
  }
}

function keyOf(cause: string): string {
  if (Buffer.byteLength(cause) <= MAX_KEY) return cause
  return createHash('sha256').update(cause).digest('hex')
}
