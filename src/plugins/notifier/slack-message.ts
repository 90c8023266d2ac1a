import type { Notification, NotificationPriority } from '../../resource/notification.ts'
import { clipped, pullRequestLink, pullRequestName, subjectOf } from '../channel-text.ts'

/** Slack's own limits on blocks. */
const MAX_HEADER = 150
const MAX_SECTION = 3000
const MAX_CONTEXT = 2000
const MAX_FALLBACK = 1000

export interface SlackMessage {
  /** What notifications on a phone show, and clients that know no blocks. */
  readonly text: string
  readonly blocks: readonly object[]
}

const SIGNS: Readonly<Record<NotificationPriority, string>> = {
  urgent: '🔴',
  action: '🟠',
  warning: '🟡',
  info: '🔵',
}

/** A notification as Slack's blocks. What comes from outside can neither mention anybody nor pose as a link. */
export function slackMessage(notification: Notification): SlackMessage {
  const { priority, title, message, next } = notification
  const command = next === undefined ? '' : `\nNext: \`${clipped(next, 500, escapeCode)}\``
  const why = clipped(message, MAX_SECTION - command.length, escape)
  return {
    text: clipped(`${title}: ${message}`, MAX_FALLBACK, escape),
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: clipped(`${SIGNS[priority]} ${title}`, MAX_HEADER) },
      },
      { type: 'section', text: { type: 'mrkdwn', text: why + command } },
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: contextOf(notification) }],
      },
    ],
  }
}

function contextOf(notification: Notification): string {
  const link = pullRequestLink(notification)
  const name = pullRequestName(notification)
  const { priority, pullRequestUrl } = notification
  const parts = [
    `*${priority}*`,
    clipped(subjectOf(notification), 200, escape),
    ...(link === undefined ? [] : [`<${clipped(link, 1500, escapeLink)}|${name}>`]),
    ...(link === undefined && pullRequestUrl !== undefined
      ? [`${name}: ${clipped(pullRequestUrl, 1000, escape)}`]
      : []),
  ]
  return clipped(parts.join('  ·  '), MAX_CONTEXT)
}

function escape(character: string): string {
  switch (character) {
    case '&':
      return '&amp;'
    case '<':
      return '&lt;'
    case '>':
      return '&gt;'
    default:
      return character
  }
}

function escapeCode(character: string): string {
  return character === '`' ? "'" : escape(character)
}

/** A bar would end the address, and what stands behind it would be its text. */
function escapeLink(character: string): string {
  return character === '|' ? '%7C' : escape(character)
}
