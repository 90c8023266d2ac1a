import { HouseError } from '../../errors.ts'
import type { Notification } from '../../resource/notification.ts'
import {
  httpUrl,
  optionalText,
  requiredText,
  TIMEOUT_SETTING,
  timeoutOf,
} from '../channel-settings.ts'
import type { Answer } from '../http-post.ts'
import { retryAfter } from '../http-failure.ts'
import { headersFor, jsonOf, post, rateLimited, refusalOf } from '../http-post.ts'
import type { Notifier, Sent } from '../notifier.ts'
import { slackMessage } from './slack-message.ts'

const API_URL = 'https://slack.com/api'
const JSON_TYPE = 'application/json; charset=utf-8'

export interface SlackOptions {
  readonly now: () => Date
}

/**
 * Posts to Slack: with a bot's token each session has one thread, with an incoming webhook (which gives no thread back) every notification is a
 * message of its own. An urgent one is shown in the channel, too.
 */
export function createSlackNotifier({ now }: SlackOptions): Notifier {
  return {
    name: 'slack',
    configSchema: SLACK_SCHEMA,
    async send(notification, config, signal, thread) {
      if (config['token'] === undefined) {
        await postToWebhook(notification, config, { now: now(), signal })
        return undefined
      }
      const bot = readBot(config)
      const at = { now: now(), signal }
      const known = thread === undefined ? undefined : timestampIn(thread, bot.channel)
      try {
        return await postAsBot(notification, bot, { ...at, thread: known })
      } catch (error) {
        // Somebody may have removed the message that the thread hangs on.
        if (known === undefined || !(error instanceof ThreadGone)) throw error
        return await postAsBot(notification, bot, { ...at, thread: undefined })
      }
    },
  }
}

const SLACK_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    webhook: {
      description:
        'The address of an incoming webhook, which is a secret: better given as `valueFrom`. Without threads; give `token` and `channel` for those.',
      type: 'string',
      pattern: '^(https?://|\\$\\{)',
      'x-expand': true,
    },
    token: {
      description:
        'A bot token (`xoxb-…`) with the scope `chat:write`. Better given as `valueFrom`.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    channel: {
      description: 'Where the bot posts: the id of a channel that it is a member of, or `#name`.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    apiUrl: {
      description: "Where Slack's API is, for those who reach it through a proxy.",
      type: 'string',
      pattern: '^(https?://|\\$\\{)',
      default: API_URL,
      'x-expand': true,
    },
    timeout: TIMEOUT_SETTING,
  },
  anyOf: [{ required: ['webhook'] }, { required: ['token'] }],
  dependentRequired: { token: ['channel'] },
  dependentSchemas: { webhook: { properties: { token: false, channel: false, apiUrl: false } } },
} as const

interface Moment {
  readonly now: Date
  readonly signal: AbortSignal
}

async function postToWebhook(
  notification: Notification,
  config: Readonly<Record<string, unknown>>,
  { now, signal }: Moment,
): Promise<void> {
  const url = httpUrl(config['webhook'], 'the Slack webhook')
  const what = `the Slack webhook at ${url.origin}`
  const answer = await post(
    {
      what,
      url,
      body: JSON.stringify(slackMessage(notification)),
      headers: headersFor(what, { 'content-type': JSON_TYPE }),
      timeoutMs: timeoutOf(config['timeout']),
    },
    signal,
  )
  if (answer.status !== 200) throw refusalOf(what, answer, now)
}

interface Bot {
  readonly token: string
  readonly channel: string
  readonly url: URL
  readonly timeoutMs: number
}

function readBot(config: Readonly<Record<string, unknown>>): Bot {
  const base = httpUrl(optionalText(config['apiUrl']) ?? API_URL, "Slack's API")
  return {
    token: requiredText(config['token'], 'the token of the Slack bot'),
    channel: requiredText(config['channel'], 'the channel of the Slack bot'),
    url: new URL(`${base.href.replace(/\/$/, '')}/chat.postMessage`),
    timeoutMs: timeoutOf(config['timeout']),
  }
}

async function postAsBot(
  notification: Notification,
  { token, channel, url, timeoutMs }: Bot,
  { now, signal, thread }: Moment & { readonly thread: string | undefined },
): Promise<Sent> {
  const what = `Slack at ${url.origin}`
  const isUrgent = notification.priority === 'urgent'
  const body = JSON.stringify({
    channel,
    ...slackMessage(notification),
    unfurl_links: false,
    unfurl_media: false,
    ...(thread === undefined ? {} : { thread_ts: thread, reply_broadcast: isUrgent }),
  })
  const headers = headersFor(what, { 'content-type': JSON_TYPE, authorization: `Bearer ${token}` })
  const answer = await post({ what, url, body, headers, timeoutMs }, signal)
  if (answer.status !== 200) throw refusalOf(what, answer, now)
  const said = jsonOf(answer)
  if (said?.['ok'] !== true) throw errorOf(what, answer, said?.['error'], now)
  const root = thread ?? said['ts']
  return typeof root === 'string' ? { thread: `${channel} ${root}` } : {}
}

class ThreadGone extends HouseError {}

/** Slack says what is wrong in an answer that is 200 all the same. */
function errorOf(what: string, answer: Answer, error: unknown, now: Date): HouseError {
  if (typeof error !== 'string') {
    return new HouseError('Unreachable', `${what} gave no answer that can be read`, {
      retryable: true,
    })
  }
  const message = `${what} refused it: ${error}`
  switch (error) {
    case 'ratelimited':
    case 'rate_limited':
    case 'message_limit_exceeded':
      return rateLimited(message, retryAfter(answer.headers.get('retry-after'), now.getTime()))
    case 'internal_error':
    case 'fatal_error':
    case 'request_timeout':
    case 'service_unavailable':
      return new HouseError('Unreachable', message, { retryable: true })
    case 'thread_not_found':
    case 'message_not_found':
    case 'invalid_thread_ts':
      return new ThreadGone('Refused', message)
    case 'not_in_channel':
    case 'channel_not_found':
      return new HouseError('Refused', `${message}; invite the bot to the channel`, {
        next: 'ao get notifiers -o yaml',
      })
    default:
      return new HouseError('Refused', message, { next: 'ao get notifiers -o yaml' })
  }
}

/** A thread of another channel, from before the manifest was changed, is none of ours. */
function timestampIn(thread: string, channel: string): string | undefined {
  return thread.startsWith(`${channel} `) ? thread.slice(channel.length + 1) : undefined
}
