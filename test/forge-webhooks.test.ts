import { readFileSync, rmSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Webhooks } from '@octokit/webhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'

import type { RepositoryDriver } from './support/forge/driver.ts'
import { type Forge, startForge } from './support/forge/forge.ts'

const SECRET = 'a secret of nobody'
const hooks = new Webhooks({ secret: SECRET })

let forge: Forge
let repo: RepositoryDriver
let receiver: Server
let target: string
const received: { readonly body: string; readonly headers: Readonly<Record<string, unknown>> }[] =
  []

beforeAll(async () => {
  forge = await startForge()
  repo = await forge.createRepository({ owner: 'acme', name: 'shop' })
  await repo.commit('feat/a', { 'a.txt': 'a' })
  await repo.openPull({ head: 'feat/a', title: 'A' })
  repo.issue({ title: 'Broken' })
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ body: Buffer.concat(chunks).toString(), headers: request.headers })
      response.writeHead(202).end()
    })
  })
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
  target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`
})
afterAll(async () => {
  receiver.closeAllConnections()
  await new Promise(resolve => receiver.close(resolve))
  await forge.close()
})

it('sends every kind of delivery as GitHub describes it, signed over the raw body', async () => {
  const pull = repo.pull(1)
  await pull.review({
    author: 'ann',
    verdict: 'request-changes',
    body: 'No',
    comments: [{ path: 'a.txt', line: 1, body: 'Why?' }],
  })
  pull.comment({ author: 'ann', body: 'Hm' })
  const check = await pull.check({ name: 'build', state: 'failure' })
  const status = await pull.check({ name: 'lint', state: 'success', kind: 'status' })
  const events = [
    ['pull-request-opened', 1],
    ['pull-request-synchronize', 1],
    ['pull-request-review-submitted', 1],
    ['pull-request-review-comment-created', 1],
    ['issue-comment-created', 1],
    ['issues-opened', 2],
    ['check-run-completed', check],
    ['status', status],
    ['push', undefined],
    ['ping', undefined],
  ] as const
  for (const [event, number] of events) {
    const what = { event, repository: 'acme/shop', ...(number === undefined ? {} : { number }) }
    const { status: said, id } = await forge.deliver(what, target, SECRET)
    expect(said).toBe(202)
    const { body, headers } = received.at(-1) ?? { body: '', headers: {} }
    expect(await hooks.verify(body, String(headers['x-hub-signature-256']))).toBe(true)
    expect(headers['x-github-delivery']).toBe(id)
  }
  expect(received.map(each => each.headers['x-github-event'])).toEqual([
    'pull_request',
    'pull_request',
    'pull_request_review',
    'pull_request_review_comment',
    'issue_comment',
    'issues',
    'check_run',
    'status',
    'push',
    'ping',
  ])
  repo.issueOf(2).close()
  await pull.merge()
  for (const [event, number] of [
    ['issues-closed', 2],
    ['pull-request-closed', 1],
  ] as const) {
    await forge.deliver({ event, repository: 'acme/shop', number }, target, SECRET)
  }
  expect(JSON.parse(received.at(-1)?.body ?? '')).toMatchObject({
    action: 'closed',
    pull_request: { merged: true },
  })
})

it('writes one into a file, sends one again, loses one (D9) and forges one (D10)', async () => {
  const file = join(tmpdir(), `ao-forge-delivery-${process.pid}.json`)
  const event = { event: 'push', repository: 'acme/shop', branch: 'main' } as const
  try {
    const first = await forge.deliver(event, file, SECRET)
    const written = JSON.parse(readFileSync(file, 'utf8')) as typeof first
    expect(written).toEqual({ headers: first.headers, body: first.body })
    const again = await forge.deliver(event, target, SECRET, { id: first.id })
    expect(again.id).toBe(first.id)
  } finally {
    rmSync(file, { force: true })
  }
  const before = received.length
  forge.faults.set('lost-webhook', { times: 1 })
  expect((await forge.deliver(event, target, SECRET)).status).toBeUndefined()
  expect(received).toHaveLength(before)
  forge.faults.set('forged-webhook', { times: 1 })
  const forged = await forge.deliver(event, target, SECRET)
  expect(await hooks.verify(forged.body, forged.headers['x-hub-signature-256'] ?? '')).toBe(false)
})
