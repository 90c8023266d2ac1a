import { createHmac } from 'node:crypto'

import type { Notification } from '../../resource/notification.ts'
import { notificationFields } from '../../resource/notification.ts'
import type { TemplateValues } from '../../resource/template.ts'
import { fillTemplate } from '../../resource/template.ts'
import { plainLine } from '../../resource/text.ts'
import { headersFor, post, refusalOf } from '../http-post.ts'
import type { Notifier } from '../notifier.ts'
import { pagerDutyEvent } from './webhook-pagerduty.ts'
import type { WebhookSettings } from './webhook-settings.ts'
import { readWebhookSettings, WEBHOOK_SCHEMA } from './webhook-settings.ts'

const MAX_HEADER = 1000

export interface WebhookOptions {
  readonly now: () => Date
}

/**
 * Posts notifications as JSON, or as a template says. With a secret, `X-Ao-Signature-256` is the HMAC of the body as it was sent;
 * `X-Ao-Delivery` is the notification's id, the same at every try, so that a receiver can tell a repetition.
 */
export function createWebhookNotifier(options: WebhookOptions): Notifier {
  return {
    name: 'webhook',
    configSchema: WEBHOOK_SCHEMA,
    tracksCauses: config => config['preset'] === 'pagerduty',
    async send(notification, config, signal) {
      const settings = readWebhookSettings(config)
      const { url, timeoutMs } = settings
      const what = `the webhook ${nameOf(url)}`
      const { body, type } = contentOf(settings, notification)
      const headers = headersFor(what, {
        'content-type': type,
        ...filled(settings.headers, notification),
      })
      // What proves where it comes from is no header that a manifest could give.
      headers.set('x-ao-delivery', notification.id)
      headers.set('x-ao-timestamp', options.now().toISOString())
      headers.delete('x-ao-signature-256')
      if (settings.secret !== undefined) {
        headers.set('x-ao-signature-256', signatureOf(body, settings.secret))
      }
      const answer = await post({ what, url, body, headers, timeoutMs }, signal)
      if (answer.status >= 200 && answer.status < 300) return undefined
      throw refusalOf(what, answer, options.now())
    },
  }
}

interface Content {
  readonly body: string
  readonly type: string
}

const JSON_TYPE = 'application/json; charset=utf-8'

function contentOf(settings: WebhookSettings, notification: Notification): Content {
  const { body, routingKey } = settings
  if (routingKey !== undefined) {
    return { body: JSON.stringify(pagerDutyEvent(notification, routingKey)), type: JSON_TYPE }
  }
  if (body === undefined) {
    return { body: JSON.stringify({ version: 1, notification }), type: JSON_TYPE }
  }
  const values = notificationFields(notification)
  if (typeof body === 'string') {
    return { body: fillTemplate(body, values), type: 'text/plain; charset=utf-8' }
  }
  return { body: JSON.stringify(filledIn(body, values)), type: JSON_TYPE }
}

/** Texts are filled in before the whole becomes JSON, so no value can break out of its place. */
function filledIn(template: unknown, values: TemplateValues): unknown {
  if (typeof template === 'string') return fillTemplate(template, values)
  if (Array.isArray(template)) return template.map(item => filledIn(item, values))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(
    Object.entries(template).map(([name, value]) => [name, filledIn(value, values)]),
  )
}

function filled(
  headers: Readonly<Record<string, string>>,
  notification: Notification,
): Readonly<Record<string, string>> {
  const values = notificationFields(notification)
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, fillTemplate(value, values, headerText)]),
  )
}

/** One line, and in the way of mail headers where it is more than ASCII. */
function headerText(value: string): string {
  const line = plainLine(value, MAX_HEADER)
  if (/^[\u0020-\u007e]*$/.test(line)) return line
  return `=?UTF-8?B?${Buffer.from(line).toString('base64')}?=`
}

function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** Without user, query and path, which may hold a token. */
function nameOf(url: URL): string {
  return url.origin
}
