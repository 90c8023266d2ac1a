import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createWebhookNotifier } from '../../src/plugins/notifier/webhook.ts'
import type { Notification } from '../../src/resource/notification.ts'

const NOW = new Date('2026-01-02T03:04:05.000Z')

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Never answers. */
  readonly silent?: boolean
}

const notification: Notification = {
  id: 'n-1',
  priority: 'action',
  title: 'Checks failed',
  message: 'app-1 needs you: “ünit”',
  project: 'app',
  session: 'app-1',
  createdAt: NOW.toISOString(),
}

describe('webhook notifier', () => {
  const webhook = createWebhookNotifier({ now: () => NOW })
  const { signal } = new AbortController()
  let server: Server
  let url: string
  let received: Received[]
  let answer: Answer

  beforeEach(async () => {
    received = []
    answer = { status: 204 }
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method, url: path, headers } = request
        received.push({ method, url: path, headers, body: Buffer.concat(chunks).toString() })
        if (answer.silent === true) return
        response.writeHead(answer.status, answer.headers ?? {})
        response.end(answer.body ?? '')
      })
    })
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve)
    })
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise(resolve => {
      server.close(resolve)
    })
  })

  const send = async (config: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    webhook.send(notification, { url: `${url}/hook?token=hidden`, ...config }, signal)

  test('a notification is posted with its version', async () => {
    await send({ headers: { Authorization: 'Bearer abc' } })
    expect(received).toMatchObject([
      {
        method: 'POST',
        url: '/hook?token=hidden',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          authorization: 'Bearer abc',
          'x-ao-delivery': 'n-1',
          'x-ao-timestamp': NOW.toISOString(),
        },
      },
    ])
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ version: 1, notification })
    expect(received[0]?.headers).not.toHaveProperty('x-ao-signature-256')
  })

  test('with a secret, the signature is of the bytes that were sent', async () => {
    await send({ secret: 'sesame', headers: { 'X-Ao-Signature-256': 'forged' } })
    const [sent] = received
    const expected = createHmac('sha256', 'sesame')
      .update(sent?.body ?? '')
      .digest('hex')
    expect(sent?.headers['x-ao-signature-256']).toBe(`sha256=${expected}`)
  })

  test.each(['', { valueFrom: { env: 'SECRET' } }])(
    'with the secret %j nothing is sent unsigned',
    async secret => {
      await expect(send({ secret })).rejects.toMatchObject({ code: 'Refused', retryable: false })
      expect(received).toEqual([])
    },
  )

  test.each([
    [{ status: 429, headers: { 'retry-after': '7' } }, 'RateLimited', 7000],
    [{ status: 429 }, 'RateLimited', undefined],
    [
      { status: 503, headers: { 'retry-after': 'Fri, 02 Jan 2026 03:04:35 GMT' } },
      'RateLimited',
      30_000,
    ],
    [{ status: 429, headers: { 'retry-after': '999999999' } }, 'RateLimited', 3_660_000],
    [{ status: 503 }, 'Unreachable', undefined],
    [{ status: 500 }, 'Unreachable', undefined],
  ])('the answer %j may pass: %s', async (given, code, retryAfterMs) => {
    answer = given
    await expect(send()).rejects.toMatchObject({ code, retryable: true, retryAfterMs })
  })

  test.each([400, 401, 404, 410, 422])('the answer %i will not pass', async status => {
    answer = { status, body: 'No\u001b[31m such\nhook' }
    await expect(send()).rejects.toMatchObject({
      code: 'Refused',
      retryable: false,
      message: `the webhook ${url} answered ${status}: No such hook`,
    })
  })

  test('a redirect is not followed', async () => {
    answer = { status: 307, headers: { location: `${url}/elsewhere` } }
    await expect(send({ secret: 'sesame' })).rejects.toMatchObject({ code: 'Refused' })
    expect(received).toHaveLength(1)
  })

  test('nobody listening may pass', async () => {
    server.closeAllConnections()
    await new Promise(resolve => {
      server.close(resolve)
    })
    await expect(send()).rejects.toMatchObject({ code: 'Unreachable', retryable: true })
  })

  test('says why nobody was reached, where there is no code for it', async () => {
    const sending = webhook.send(notification, { url: 'http://127.0.0.1:9/hook' }, signal)
    await expect(sending).rejects.toThrow('could not be reached: bad port')
  })

  test('an answer that does not come in time may pass', async () => {
    answer = { status: 200, silent: true }
    await expect(send({ timeout: '100ms' })).rejects.toMatchObject({
      code: 'Unreachable',
      retryable: true,
    })
  })

  test('an abort interrupts', async () => {
    answer = { status: 200, silent: true }
    const controller = new AbortController()
    const sending = webhook.send(notification, { url }, controller.signal)
    controller.abort()
    await expect(sending).rejects.toMatchObject({ code: 'Interrupted' })
  })

  test('errors hold neither the query nor a header', async () => {
    answer = { status: 500 }
    const error = await send({ headers: { Authorization: 'Bearer abc' } }).catch(String)
    expect(error).not.toMatch(/hidden|abc/)
    const broken = await send({ headers: { Authorization: 'abc\nabc' } }).catch(String)
    expect(broken).toMatch(/header/)
    expect(broken).not.toMatch(/hidden|abc/)
  })

  test.each(['ftp://example.org', 'nonsense', undefined])('the url %j is refused', async given => {
    await expect(send({ url: given })).rejects.toMatchObject({ code: 'Refused' })
  })
})
