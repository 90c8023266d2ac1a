import type { Notification, NotificationPriority } from '../../resource/notification.ts'
import { httpUrl, optionalText, TIMEOUT_SETTING, timeoutOf } from '../channel-settings.ts'
import { clipped, pullRequestLink, pullRequestName, subjectOf } from '../channel-text.ts'
import type { Answer } from '../http-post.ts'
import { headersFor, jsonOf, post, rateLimited, refusalOf } from '../http-post.ts'
import type { Notifier } from '../notifier.ts'

/** Discord's own limits on embeds. Together they stay below 6000. */
const MAX_TITLE = 256
const MAX_DESCRIPTION = 4096
const MAX_FIELD = 500

const COLORS: Readonly<Record<NotificationPriority, number>> = {
  urgent: 0xd7_26_3d,
  action: 0xf4_8c_06,
  warning: 0xff_ca_3a,
  info: 0x3a_86_ff,
}

export interface DiscordOptions {
  readonly now: () => Date
}

/** Posts an embed through a Discord webhook; nothing in it can mention anybody. */
export function createDiscordNotifier({ now }: DiscordOptions): Notifier {
  return {
    name: 'discord',
    configSchema: DISCORD_SCHEMA,
    async send(notification, config, signal) {
      const url = httpUrl(config['webhook'], 'the Discord webhook')
      const what = `the Discord webhook at ${url.origin}`
      // Without it Discord answers before it has looked at the message.
      url.searchParams.set('wait', 'true')
      const threadId = optionalText(config['threadId'])
      if (threadId !== undefined) url.searchParams.set('thread_id', threadId)
      const username = optionalText(config['username'])
      const body = JSON.stringify({
        ...(username === undefined ? {} : { username }),
        embeds: [embedOf(notification)],
        allowed_mentions: { parse: [] },
      })
      const headers = headersFor(what, { 'content-type': 'application/json' })
      const timeoutMs = timeoutOf(config['timeout'])
      const answer = await post({ what, url, body, headers, timeoutMs }, signal)
      if (answer.status >= 200 && answer.status < 300) return undefined
      throw refusal(what, answer, now())
    },
  }
}

const DISCORD_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['webhook'],
  properties: {
    webhook: {
      description:
        "The address of a channel's webhook, which is a secret: better given as `valueFrom`.",
      type: 'string',
      pattern: '^(https?://|\\$\\{)',
      'x-expand': true,
    },
    username: {
      description: "Whom it comes from, instead of the webhook's own name.",
      type: 'string',
      minLength: 1,
      maxLength: 80,
    },
    threadId: {
      description: 'The id of a thread of that channel to post to, in quotes.',
      type: 'string',
      pattern: '^[0-9]+$',
    },
    timeout: TIMEOUT_SETTING,
  },
} as const

function embedOf(notification: Notification): object {
  const { priority, title, message, next, createdAt, pullRequestUrl } = notification
  const link = pullRequestLink(notification)
  const name = pullRequestName(notification)
  const where =
    link === undefined ? clipped(pullRequestUrl ?? '', MAX_FIELD, escape) : `[${name}](<${link}>)`
  const fields = [
    { name: 'Session', value: clipped(subjectOf(notification), MAX_FIELD, escape), inline: true },
    ...(pullRequestUrl === undefined ? [] : [{ name: 'Pull request', value: where, inline: true }]),
    ...(next === undefined
      ? []
      : [{ name: 'Next', value: `\`${clipped(next, MAX_FIELD, escapeCode)}\`` }]),
  ]
  return {
    title: clipped(title, MAX_TITLE, escape),
    description: clipped(message, MAX_DESCRIPTION, escape),
    color: COLORS[priority],
    ...(link === undefined ? {} : { url: link }),
    fields,
    footer: { text: priority },
    timestamp: createdAt,
  }
}

/** Discord says in the body, in seconds, how long to wait. */
function refusal(what: string, answer: Answer, now: Date): Error {
  const said = jsonOf(answer)
  const seconds = said?.['retry_after']
  if (answer.status === 429 && typeof seconds === 'number') {
    return rateLimited(`${what} answered 429`, seconds * 1000)
  }
  return refusalOf(what, answer, now)
}

function escape(character: string): string {
  return /[\\*_~`|[\]()<>#]/.test(character) ? `\\${character}` : character
}

function escapeCode(character: string): string {
  return character === '`' ? "'" : character
}
