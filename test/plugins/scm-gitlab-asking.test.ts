import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { forgetful } from '../support/forge-memory.ts'
import { createGitLabFixture, type GitLabFixture } from '../support/gitlab-fixture.ts'
import { openOne, seen, seenOne } from '../support/gitlab/desk.ts'
import { addPipeline, mergeOf } from '../support/gitlab/pipelines.ts'
import { addNote } from '../support/gitlab/requests.ts'
import { eventually } from '../support/eventually.ts'
import { itemsOf, wantedNow } from '../support/scm-wanted.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
let fixture: GitLabFixture

beforeEach(async () => {
  fixture = await createGitLabFixture({ maxAge: '2h' })
  await fixture.branch('one', 'one.txt', 'one\n')
})
afterEach(async () => {
  try {
    fixture.assertUntouched()
  } finally {
    await fixture.remove()
  }
})

/** Paths of what was asked since, with the answer's validator in the question or not. */
function asked({ lab }: GitLabFixture, since: number): readonly string[] {
  return lab.requests.slice(since).map(({ method, url, headers }) => {
    const path = url.pathname.split('/').slice(5).join('/')
    return `${method} ${path}${headers['if-none-match'] === undefined ? '' : ' if changed'}`
  })
}

describe('asking GitLab', () => {
  test('quiet, it asks for the list, the base and the checks, each with a validator', async () => {
    const { lab, shop } = fixture
    await openOne(fixture, { session: 'app-1' })
    const { sha } = (await seenOne(fixture)).head
    addPipeline(lab.world, shop, { sha, jobs: [{ name: 'unit', status: 'running' }] })
    fixture.later(-55 * 60_000)
    const since = lab.requests.length
    expect((await seenOne(fixture)).checks).toMatchObject([{ name: 'unit', state: 'running' }])
    expect(asked(fixture, since)).not.toContain('GET merge_requests/1/discussions')
    fixture.later(-55 * 60_000)
    const still = lab.requests.length
    expect((await seenOne(fixture)).checks).toHaveLength(1)
    expect(asked(fixture, still)).toEqual([
      'GET merge_requests if changed',
      'GET repository/branches/main if changed',
      `GET repository/commits/${sha}/statuses if changed`,
    ])
  })

  test('what somebody says is read without asking for everything else', async () => {
    const { lab, owner } = fixture
    await openOne(fixture)
    await seenOne(fixture)
    fixture.later(-50 * 60_000)
    await seenOne(fixture)
    addNote(lab.world, mergeOf(lab.world, 1), { author: owner, body: 'Hello.' })
    fixture.later(-50 * 60_000)
    const since = lab.requests.length
    expect((await seenOne(fixture)).comments).toMatchObject([{ body: 'Hello.' }])
    expect(asked(fixture, since)).toContain('GET merge_requests/1/discussions')
    expect(asked(fixture, since)).not.toContain('GET merge_requests/1/diffs')
  })

  test('asked for nothing it asks nothing, and another process knows what this one knew', async () => {
    const { lab } = fixture
    await openOne(fixture)
    const never = await seen(fixture, { wanted: { ask: 'nothing' } })
    expect(never).toMatchObject({ state: 'unknown' })
    await seenOne(fixture)
    const since = lab.requests.length
    const scm = fixture.another()
    const known = await seen(fixture, { scm, wanted: { ask: 'nothing' } })
    expect(itemsOf(known)).toHaveLength(1)
    expect(asked(fixture, since)).toEqual([])
  })

  test('asked for what is due it answers at once, and tells when there is news', async () => {
    await openOne(fixture)
    let news = 0
    const first = await seen(fixture, {
      wanted: {
        ask: 'due',
        news: () => {
          news += 1
        },
      },
    })
    expect(first.state).toBe('unknown')
    await eventually('news', () => news === 1)
    expect(itemsOf(await seen(fixture, { wanted: { ask: 'nothing' } }))).toHaveLength(1)
  })

  test('a limit is heeded for this host alone, and what is known stays with its age (D2)', async () => {
    const { lab } = fixture
    await openOne(fixture)
    await seenOne(fixture)
    lab.remaining = 0
    expect((await seen(fixture)).state).toBe('found')
    const since = lab.requests.length
    const look = await fixture.look()
    fixture.later(-HOUR_MS)
    expect((await fixture.scm.observe(fixture.project, look, wantedNow(), signal)).state).toBe(
      'found',
    )
    await expect(openOne(fixture)).rejects.toMatchObject({ code: 'RateLimited', retryable: true })
    expect(lab.requests.length).toBe(since)
    lab.remaining = 100
    expect((await seenOne(fixture)).state).toBe('open')
  })

  test('an outage makes what is known old, and then unknown with the reason (D1)', async () => {
    const { lab } = fixture
    await openOne(fixture)
    await seenOne(fixture)
    lab.fail({ fault: { status: 502, body: { message: 'Bad gateway' } } })
    expect((await seen(fixture)).state).toBe('found')
    fixture.later(4 * HOUR_MS)
    const old = await seen(fixture)
    expect(old).toMatchObject({
      state: 'unknown',
      reason: expect.stringMatching(/502.*what is known of .* is of .*asked again at/),
    })
    lab.heal()
    expect((await seenOne(fixture)).number).toBe(1)
  })

  test('a token that is refused, or missing, is unknown with what helps', async () => {
    const refused = await seen(fixture, { scm: fixture.another({ env: { GITLAB_TOKEN: 'no' } }) })
    expect(refused).toMatchObject({ state: 'unknown', reason: expect.stringContaining('401') })
    const missing = await seen(fixture, { scm: fixture.another({ env: {} }) })
    expect(missing).toMatchObject({
      state: 'unknown',
      reason: expect.stringMatching(/spec\.scm\.token is not set.*GITLAB_TOKEN.*glab auth login/),
    })
    const { project } = fixture
    const config = { ...project.config, host: 'http://gitlab.example.org' }
    const seenOpen = fixture.scm.get({ ...project, config }, 1, { watchPaths: [] }, signal)
    await expect(seenOpen).rejects.toMatchObject({ code: 'InvalidManifest' })
  })

  test('a project with another name is followed by its number, and its new name is told (D8)', async () => {
    const { shop } = fixture
    await openOne(fixture)
    await seenOne(fixture)
    shop.formerPaths.push(shop.path)
    shop.path = 'octo/store'
    fixture.later(4 * HOUR_MS)
    expect(await seen(fixture)).toMatchObject({
      state: 'found',
      value: { renamed: 'octo/store', items: [{ number: 1 }] },
    })
    const memory = forgetful()
    const stranger = await seen(fixture, { scm: fixture.another({ memory }) })
    expect(stranger).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('another name'),
    })
  })

  test('a merge request that is not a session’s is listed, and not read', async () => {
    const { lab } = fixture
    await fixture.branch('two', 'two.txt', 'two\n')
    await openOne(fixture, { head: 'two' })
    const since = lab.requests.length
    const [pull] = itemsOf(await seen(fixture, { wanted: { branches: [] } }))
    expect(pull).toMatchObject({ number: 1, mergeable: 'unknown', checks: [] })
    expect(asked(fixture, since)).not.toContain('GET merge_requests/1')
    const [claimed] = itemsOf(await seen(fixture, { wanted: { branches: [], numbers: [1] } }))
    expect(claimed?.mergeable).toBe('clean')
  })
})

function idOf(news: unknown): string {
  return String(Object(news)['id'])
}

describe('a webhook of GitLab', () => {
  const deliver = async (
    payload: object,
    headers: Readonly<Record<string, string>>,
  ): Promise<unknown> => {
    const body = Buffer.from(JSON.stringify(payload))
    return fixture.scm.readWebhook?.({ headers, body }, 'wonderland')
  }
  const payload = {
    object_kind: 'merge_request',
    project: { path_with_namespace: 'Octo/Tools/Shop' },
    object_attributes: { iid: 7 },
  }

  test('is believed with the right token only (D10)', async () => {
    const headers = { 'X-Gitlab-Event': 'Merge Request Hook', 'X-Gitlab-Token': 'wonderland' }
    expect(await deliver(payload, { ...headers, 'Idempotency-Key': 'a-1' })).toEqual({
      id: 'a-1',
      event: 'Merge Request Hook',
      repository: 'octo/tools/shop',
      number: 7,
    })
    const note = { ...payload, object_kind: 'note', merge_request: { iid: 9 } }
    const one = { ...headers, 'X-Gitlab-Event-UUID': 'b-1', 'X-Gitlab-Webhook-UUID': 'c-1' }
    const again = { ...one, 'X-Gitlab-Webhook-UUID': 'c-2' }
    const [first, repeated, other] = [
      await deliver(payload, one),
      await deliver(payload, again),
      await deliver(note, one),
    ]
    expect(repeated).toEqual(first)
    expect(other).not.toMatchObject({ id: idOf(first) })
    expect(await deliver(note, headers)).toMatchObject({ number: 9 })
    for (const token of ['wonderlanD', '', 'wonderland '.repeat(2)]) {
      const wrong = deliver(payload, { ...headers, 'X-Gitlab-Token': token })
      await expect(wrong).rejects.toMatchObject({ code: 'Refused' })
    }
    await expect(deliver(payload, { 'X-Gitlab-Event': 'x' })).rejects.toMatchObject({
      code: 'Refused',
    })
  })
})
