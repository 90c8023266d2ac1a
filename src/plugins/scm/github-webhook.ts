import { HouseError } from '../../errors.ts'
import type { WebhookDelivery, WebhookNews } from '../scm.ts'

/** GitHub sends no more than this. */
const MAX_BODY = 25 * 1024 * 1024
const MAX_NAME = 200

/** What a delivery is about, once its signature fits its raw body (D10). Nothing of it is believed besides. */
export async function readWebhook(
  { headers, body }: WebhookDelivery,
  secret: string,
): Promise<WebhookNews> {
  const header = new Headers(headers)
  if (body.length > MAX_BODY) throw unreadable('it is larger than GitHub sends')
  const text = Buffer.from(body).toString('utf8')
  await assertSigned(text, header.get('x-hub-signature-256'), secret)
  const id = header.get('x-github-delivery')
  const event = header.get('x-github-event')
  if (id === null || event === null)
    throw unreadable('it lacks X-GitHub-Delivery or X-GitHub-Event')
  const payload = parse(text)
  const name = textAt(payload, ['repository', 'full_name'])?.toLowerCase()
  return {
    id: id.slice(0, MAX_NAME),
    event: event.slice(0, MAX_NAME),
    repository: name !== undefined && /^[\w.-]+\/[\w.-]+$/.test(name) ? name : undefined,
    number: numberIn(payload),
  }
}

async function assertSigned(text: string, signature: string | null, secret: string): Promise<void> {
  const next = 'ao explain project.spec.scm'
  if (signature === null || signature === '' || text === '') {
    throw new HouseError('Refused', 'the delivery is not signed (X-Hub-Signature-256)', { next })
  }
  if (secret === '') {
    throw new HouseError('Refused', 'there is no secret to check deliveries with', { next })
  }
  const { Webhooks } = await import('@octokit/webhooks')
  // Compares in constant time.
  if (await new Webhooks({ secret }).verify(text, signature)) return
  throw new HouseError('Refused', 'the signature of the delivery is wrong', { next })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable('its body is not JSON (set the content type to application/json)')
  }
}

function numberIn(payload: unknown): number | undefined {
  const direct = at(payload, ['pull_request', 'number'])
  const issue =
    at(payload, ['issue', 'pull_request']) === undefined
      ? undefined
      : at(payload, ['issue', 'number'])
  const run =
    at(payload, ['check_run', 'pull_requests', '0', 'number']) ??
    at(payload, ['check_suite', 'pull_requests', '0', 'number']) ??
    at(payload, ['workflow_run', 'pull_requests', '0', 'number'])
  return [direct, issue, run].find(
    (value): value is number => typeof value === 'number' && Number.isSafeInteger(value),
  )
}

function textAt(payload: unknown, path: readonly string[]): string | undefined {
  const value = at(payload, path)
  return typeof value === 'string' ? value : undefined
}

function at(payload: unknown, path: readonly string[]): unknown {
  let value = payload
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value ?? undefined
}

function unreadable(why: string): HouseError {
  return new HouseError('Usage', `the delivery can't be read: ${why}`)
}
