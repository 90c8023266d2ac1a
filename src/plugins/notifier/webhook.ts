import { createHmac } from 'node:crypto'

import { errnoOf, HouseError } from '../../errors.ts'
import { parseDuration } from '../../resource/duration.ts'
import type { Notification } from '../../resource/notification.ts'
import type { Notifier } from '../notifier.ts'
import { plainLine } from '../../resource/text.ts'

const DEFAULT_TIMEOUT = '10s'
const MAX_RETRY_AFTER_MS = 3_600_000
const MAX_QUOTE = 200

interface WebhookConfig {
  readonly url: URL
  readonly secret: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

export interface WebhookOptions {
  readonly now: () => Date
}

/**
 * Posts notifications as JSON. With a secret, `X-Ao-Signature-256` is the HMAC of the body as it was sent; `X-Ao-Delivery` is the
 * notification's id, the same at every try, so that a receiver can tell a repetition.
 */
export function createWebhookNotifier(options: WebhookOptions): Notifier {
  return {
    name: 'webhook',
    configSchema: WEBHOOK_SCHEMA,
    async send(notification, config, signal) {
      const settings = readConfig(config)
      const body = JSON.stringify({ version: 1, notification })
      const response = await post(
        settings,
        { body, headers: headersOf(settings, { notification, body, now: options.now() }) },
        signal,
      )
      if (response.ok) {
        await discard(response)
        return
      }
      throw await refusal(settings, response, options.now())
    },
  }
}

const WEBHOOK_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      description: 'Where notifications are posted to: http or https.',
      type: 'string',
      pattern: '^(https?://|\\$\\{)',
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
      description: 'More headers, such as `Authorization`.',
      type: 'object',
      additionalProperties: { type: 'string' },
      'x-expand': true,
    },
    timeout: {
      description: 'How long the receiver may take to answer.',
      type: 'string',
      pattern: '^([0-9]+(ms|s|m|h|d))+$',
      default: DEFAULT_TIMEOUT,
    },
  },
} as const

function readConfig(config: Readonly<Record<string, unknown>>): WebhookConfig {
  const { url, secret, headers, timeout } = config
  const target = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  if (target === undefined || !['http:', 'https:'].includes(target.protocol)) {
    throw new HouseError('Refused', 'the url of the webhook is not one of http or https', {
      next: 'ao explain notifier.spec.config',
    })
  }
  // Sending unsigned what was meant to be signed would be worse than not sending.
  if (secret !== undefined && (typeof secret !== 'string' || secret === '')) {
    throw new HouseError('Refused', `the secret of the webhook ${nameOf(target)} is empty`, {
      next: 'ao explain notifier.spec.config',
    })
  }
  const limit = parseDuration(typeof timeout === 'string' ? timeout : DEFAULT_TIMEOUT)
  return {
    url: target,
    secret,
    headers: typeof headers === 'object' && headers !== null ? textsOf(headers) : {},
    timeoutMs: limit ?? 10_000,
  }
}

function headersOf(
  { secret, headers }: WebhookConfig,
  sent: { readonly notification: Notification; readonly body: string; readonly now: Date },
): Headers {
  const all = new Headers()
  try {
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
  } catch (error) {
    throw new HouseError(
      'Refused',
      'a header of the webhook has characters that no header may have',
      {
        // The cause would quote the value, which may be a secret.
        cause: error instanceof Error ? error.name : undefined,
        next: 'ao explain notifier.spec.config',
      },
    )
  }
  all.set('content-type', 'application/json; charset=utf-8')
  all.set('user-agent', 'ao')
  all.set('x-ao-delivery', sent.notification.id)
  all.set('x-ao-timestamp', sent.now.toISOString())
  if (secret !== undefined) {
    const digest = createHmac('sha256', secret).update(sent.body).digest('hex')
    all.set('x-ao-signature-256', `sha256=${digest}`)
  }
  return all
}

async function post(
  { url, timeoutMs }: WebhookConfig,
  { body, headers }: { readonly body: string; readonly headers: Headers },
  signal: AbortSignal,
): Promise<Response> {
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    return await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body,
      headers,
      signal: AbortSignal.any([signal, limit]),
    })
  } catch (error) {
    const what = `the webhook ${nameOf(url)}`
    if (signal.aborted) throw new HouseError('Interrupted', `sending to ${what} was interrupted`)
    if (limit.aborted) {
      throw new HouseError('Unreachable', `${what} did not answer within ${timeoutMs} ms`, {
        retryable: true,
      })
    }
    const cause = error instanceof Error ? error.cause : undefined
    throw new HouseError('Unreachable', `${what} could not be reached: ${reasonOf(cause, error)}`, {
      cause: error,
      retryable: true,
    })
  }
}

/** What an answer other than 2xx means for trying again. */
async function refusal({ url }: WebhookConfig, response: Response, now: Date): Promise<HouseError> {
  const { status } = response
  const said = await quote(response)
  const message = `the webhook ${nameOf(url)} answered ${status}${said === '' ? '' : `: ${said}`}`
  const retryAfterMs = retryAfter(response.headers.get('retry-after'), now)
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) {
    return new HouseError('RateLimited', message, {
      retryable: true,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  if (status >= 500 || status === 408) {
    return new HouseError('Unreachable', message, { retryable: true })
  }
  const target = status >= 300 && status < 400 ? response.headers.get('location') : null
  return new HouseError(
    'Refused',
    target === null ? message : `${message} (a redirect, which is not followed)`,
    { next: 'ao get notifiers -o yaml' },
  )
}

/** Seconds or a date, bounded to an hour. */
function retryAfter(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header.trim())
    ? Number(header) * 1000
    : new Date(header).getTime() - now.getTime()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : undefined
}

/** The beginning of what the receiver said. */
async function quote(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  try {
    const { value } = await reader.read()
    return plainLine(Buffer.from(value ?? []).toString(), MAX_QUOTE)
  } catch {
    return ''
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined)
}

/** Without user, query and path, which may hold a token. */
function nameOf(url: URL): string {
  return url.origin
}

function reasonOf(cause: unknown, error: unknown): string {
  return errnoOf(cause) ?? (error instanceof Error ? error.message : String(error))
}

function textsOf(headers: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}
