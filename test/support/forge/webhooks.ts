import { createHmac, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'

import { checkDelivery } from './contract.ts'
import type { Inside } from './inside.ts'
import type { Delivery } from './operations.ts'
import { payloadOf } from './payloads.ts'

/** What happened; the payload is made of how things stand now. */
export interface WebhookEvent {
  /** With its action, as GitHub's description names it: `pull-request-opened`, `check-run-completed`, `push`. */
  readonly event: Delivery
  /** `owner/name`. */
  readonly repository: string
  /** Of the pull request or the issue; for a check run or a status, its id. */
  readonly number?: number
  /** Of a push. */
  readonly branch?: string
  /** The head before a push. */
  readonly before?: string
}

export interface Delivered {
  /** `x-github-delivery`. */
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  /** As it was signed. */
  readonly body: string
  /** What the receiver said; undefined for a file, and where the delivery was lost. */
  readonly status: number | undefined
}

export interface DeliveryOptions {
  /** Sends an earlier delivery again. */
  readonly id?: string
}

/** Events whose name has no action. */
const PLAIN = new Set<Delivery>(['ping', 'push', 'status'])

/** Sends a signed delivery to an address, or writes it into a file as `{ headers, body }`. GitHub never tries again by itself. */
export async function deliver(
  inside: Inside,
  event: WebhookEvent,
  to: { readonly target: string; readonly secret: string } & DeliveryOptions,
): Promise<Delivered> {
  const payload = await payloadOf(inside, event)
  const problems = checkDelivery(event.event, payload)
  if (problems.length > 0)
    throw new Error(`${event.event}, as GitHub has none: ${problems.join('; ')}`)
  const body = JSON.stringify(payload)
  const forged = inside.faults.strikes('forged-webhook', event.event) !== undefined
  const id = to.id ?? randomUUID()
  const secret = forged ? `not ${to.secret}` : to.secret
  const sign = (algorithm: string) => createHmac(algorithm, secret).update(body).digest('hex')
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/double',
    'x-github-event': nameOf(event.event),
    'x-github-delivery': id,
    'x-github-hook-id': '1',
    'x-github-hook-installation-target-type': 'repository',
    'x-hub-signature': `sha1=${sign('sha1')}`,
    'x-hub-signature-256': `sha256=${sign('sha256')}`,
  }
  if (inside.faults.strikes('lost-webhook', event.event) !== undefined) {
    return { id, headers, body, status: undefined }
  }
  if (!/^https?:/.test(to.target)) {
    await writeFile(to.target, `${JSON.stringify({ headers, body }, undefined, 2)}\n`)
    return { id, headers, body, status: undefined }
  }
  const response = await fetch(to.target, { method: 'POST', headers, body })
  await response.text()
  return { id, headers, body, status: response.status }
}

/** `pull-request-review-submitted` is the event `pull_request_review` with an action. */
function nameOf(event: Delivery): string {
  const parts = event.split('-')
  return (PLAIN.has(event) ? parts : parts.slice(0, -1)).join('_')
}
