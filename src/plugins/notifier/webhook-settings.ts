import { NOTIFICATION_FIELDS } from '../../resource/notification.ts'
import {
  badSetting,
  httpUrl,
  optionalText,
  requiredText,
  TIMEOUT_SETTING,
  timeoutOf,
} from '../channel-settings.ts'

const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue'

/** A template of what is posted: texts in mappings and lists are templates, anything else stays as it is. */
export type BodyTemplate = string | Readonly<Record<string, unknown>> | readonly unknown[]

export interface WebhookSettings {
  readonly url: URL
  readonly timeoutMs: number
  readonly secret: string | undefined
  /** Templates. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: BodyTemplate | undefined
  /** Set with `preset: pagerduty`. */
  readonly routingKey: string | undefined
}

export const WEBHOOK_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    preset: {
      description:
        'Speaks to a service in its own format. `pagerduty`: Events API v2; an alert is triggered for each cause, and resolved when the cause is gone.',
      type: 'string',
      enum: ['pagerduty'],
    },
    url: {
      description: `Where notifications are posted to: http or https. With \`preset: pagerduty\` the default is ${PAGERDUTY_URL}.`,
      type: 'string',
      pattern: '^(https?://|\\$\\{)',
      'x-expand': true,
    },
    routingKey: {
      description: "PagerDuty's integration key. Better given as `valueFrom`.",
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    secret: {
      description:
        'Signs every notification; the receiver checks `X-Ao-Signature-256`. Better given as `valueFrom`.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    headers: {
      description:
        'More headers, such as `Authorization`. May hold templates, such as `{{priority}}`.',
      type: 'object',
      additionalProperties: { type: 'string' },
      'x-expand': true,
      'x-template': NOTIFICATION_FIELDS,
    },
    body: {
      description:
        'What is posted instead of the whole notification: a mapping or a list is posted as JSON, a text as plain text. Every text in it is a template and may name `{{title}}`, `{{message}}`, `{{session}}`, `{{pullRequest.url}}`, `{{next}}` and others.',
      type: ['string', 'object', 'array'],
      'x-expand': true,
      'x-template': NOTIFICATION_FIELDS,
    },
    timeout: TIMEOUT_SETTING,
  },
  anyOf: [{ required: ['url'] }, { required: ['preset'] }],
  dependentSchemas: {
    preset: { required: ['routingKey'], properties: { body: false, secret: false } },
    routingKey: { required: ['preset'] },
  },
} as const

/** The settings as they can be used. Throws `Refused`. */
export function readWebhookSettings(config: Readonly<Record<string, unknown>>): WebhookSettings {
  const isPreset = config['preset'] !== undefined
  const url = httpUrl(config['url'] ?? (isPreset ? PAGERDUTY_URL : undefined), 'the webhook')
  const { secret, headers, body } = config
  // Sending unsigned what was meant to be signed would be worse than not sending.
  if (secret !== undefined && optionalText(secret) === undefined) {
    throw badSetting(`the secret of the webhook ${url.origin} is empty`)
  }
  return {
    url,
    timeoutMs: timeoutOf(config['timeout']),
    secret: optionalText(secret),
    headers: textsOf(headers),
    body: isBody(body) ? body : undefined,
    routingKey: isPreset
      ? requiredText(config['routingKey'], `the routing key of the webhook ${url.origin}`)
      : undefined,
  }
}

function isBody(body: unknown): body is BodyTemplate {
  return typeof body === 'string' || (typeof body === 'object' && body !== null)
}

function textsOf(headers: unknown): Readonly<Record<string, string>> {
  if (typeof headers !== 'object' || headers === null) return {}
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}
