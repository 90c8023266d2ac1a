import { createHash, timingSafeEqual } from 'node:crypto'

import { HouseError } from '../../errors.ts'
import type { WebhookDelivery, WebhookNews } from '../scm.ts'
import { fieldsOf } from './gitlab-parse.ts'

const MAX_BODY = 25 * 1024 * 1024
const MAX_NAME = 200
/** What stays the same when a delivery is repeated; GitLab's other ids are one for all that an action sets off, or another each time. */
const IDS = ['idempotency-key', 'webhook-id']

/** What a delivery is about, once its token is ours (D10). Nothing of it is believed besides. */
export function readWebhook({ headers, body }: WebhookDelivery, secret: string): WebhookNews {
  const header = new Headers(headers)
  if (body.length > MAX_BODY) throw unreadable('it is larger than GitLab sends')
  assertToken(header.get('x-gitlab-token'), secret)
  const event = header.get('x-gitlab-event')
  if (event === null) throw unreadable('it lacks X-Gitlab-Event')
  const id = IDS.map(name => header.get(name)).find(found => found !== null && found !== '')
  const payload = fieldsOf(parse(Buffer.from(body).toString('utf8')))
  const name = fieldsOf(payload['project'])['path_with_namespace']
  const path = typeof name === 'string' ? name.toLowerCase() : undefined
  return {
    // Older GitLabs don't number their deliveries: then the same words are the same delivery.
    id: (id ?? createHash('sha256').update(body).digest('hex')).slice(0, MAX_NAME),
    event: event.slice(0, MAX_NAME),
    repository: path !== undefined && /^[\w.-]+(\/[\w.-]+)+$/.test(path) ? path : undefined,
    number: numberIn(payload),
  }
}

function assertToken(token: string | null, secret: string): void {
  const next = 'ao explain project.spec.scm'
  if (secret === '') {
    throw new HouseError('Refused', 'there is no secret to check deliveries with', { next })
  }
  if (token === null) {
    throw new HouseError('Refused', 'the delivery has no token (X-Gitlab-Token)', { next })
  }
  // Digests are of one length, whatever was sent, and comparing them takes as long for all.
  const [given, own] = [token, secret].map(text => createHash('sha256').update(text).digest())
  if (given !== undefined && own !== undefined && timingSafeEqual(given, own)) return
  throw new HouseError('Refused', 'the token of the delivery is wrong', { next })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable('its body is not JSON')
  }
}

function numberIn(payload: Readonly<Record<string, unknown>>): number | undefined {
  const { object_kind: kind, object_attributes: attributes, merge_request: merge } = payload
  const direct = kind === 'merge_request' ? fieldsOf(attributes)['iid'] : undefined
  return [direct, fieldsOf(merge)['iid']].find(
    (value): value is number => typeof value === 'number' && Number.isSafeInteger(value),
  )
}

function unreadable(why: string): HouseError {
  return new HouseError('Usage', `the delivery can't be read: ${why}`)
}
