import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { graphqlFor, octokitFor, statusOf } from './support/forge/clients.ts'
import type { RepositoryDriver } from './support/forge/driver.ts'
import { type Forge, startForge } from './support/forge/forge.ts'

let forge: Forge
let repo: RepositoryDriver

beforeAll(async () => {
  forge = await startForge()
  repo = await forge.createRepository({ owner: 'acme', name: 'shop' })
  for (const name of ['a', 'b', 'c']) {
    await repo.commit(`feat/${name}`, { [`${name}.txt`]: name })
    await repo.openPull({ head: `feat/${name}`, title: name })
  }
})
afterEach(() => {
  forge.faults.clear()
  forge.limits.set('core', { remaining: 5000 })
  forge.limits.set('graphql', { remaining: 5000 })
  forge.reset()
})
afterAll(async () => {
  await forge.close()
})

const names = { owner: 'acme', repo: 'shop' }

interface Seen {
  readonly status: number
  readonly etag: string
  readonly headers: Headers
  readonly body: string
}

async function get(path: string, etag?: string, token = forge.token): Promise<Seen> {
  const response = await fetch(`${forge.apiUrl}${path}`, {
    redirect: 'manual',
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      accept: 'application/vnd.github+json',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    },
  })
  const { status, headers } = response
  return { status, headers, etag: headers.get('etag') ?? '', body: await response.text() }
}

const PULLS = '/repos/acme/shop/pulls?state=open&per_page=100'
const left = (seen: Seen) => Number(seen.headers.get('x-ratelimit-remaining'))

describe('conditional requests', () => {
  it('answers 304 without taking anything of the budget, and 200 when a pull request moved (D5)', async () => {
    const first = await get(PULLS)
    const again = await get(PULLS, first.etag)
    expect([again.status, again.body, again.etag]).toEqual([304, '', first.etag])
    expect(left(again)).toBe(left(first))
    expect(
      forge.requests.map(({ status, conditional, points }) => [status, conditional, points]),
    ).toEqual([
      [200, false, 1],
      [304, true, 0],
    ])
    const runs = `/repos/acme/shop/commits/${repo.pull(1).head}/check-runs`
    const checks = await get(runs)
    await repo.pull(1).check({ name: 'build', state: 'success' })
    // A check does not move the list, only its own address.
    expect((await get(PULLS, first.etag)).status).toBe(304)
    expect((await get(runs, checks.etag)).status).toBe(200)
    repo.pull(1).comment({ author: 'ann', body: 'Hm' })
    expect((await get(PULLS, first.etag)).status).toBe(200)
    const moved = await get(PULLS)
    await repo.commit('feat/b', { 'b.txt': 'more' })
    expect((await get(PULLS, moved.etag)).status).toBe(200)
  })

  it('takes points for a 304 of somebody unknown', async () => {
    const first = await get(PULLS, undefined, '')
    const again = await get(PULLS, first.etag, '')
    expect([first.headers.get('x-ratelimit-limit'), again.status]).toEqual(['60', 304])
    expect(left(again)).toBe(left(first) - 1)
  })

  it('knows when a single thing was changed last', async () => {
    const one = await get('/repos/acme/shop/pulls/3')
    const since = one.headers.get('last-modified') ?? ''
    const ask = async () =>
      fetch(`${forge.apiUrl}/repos/acme/shop/pulls/3`, {
        headers: { authorization: `Bearer ${forge.token}`, 'if-modified-since': since },
      })
    expect((await ask()).status).toBe(304)
    repo.pull(3).label('ready')
    expect((await ask()).status).toBe(200)
  })

  it('may send another validator with a 304, which is as good (D5)', async () => {
    const first = await get(PULLS)
    forge.faults.set('new-validator', { times: 1 })
    const renewed = await get(PULLS, first.etag)
    expect(renewed.status).toBe(304)
    expect(renewed.etag).not.toBe(first.etag)
    expect((await get(PULLS, renewed.etag)).status).toBe(304)
  })

  it('misses every validator once after the token was rotated (D6)', async () => {
    const { etag } = await get(PULLS)
    forge.rotateToken(forge.token, 'ghp_next')
    expect((await get(PULLS, etag)).status).toBe(401)
    const fresh = await get(PULLS, etag, 'ghp_next')
    expect(fresh.status).toBe(200)
    expect((await get(PULLS, fresh.etag, 'ghp_next')).status).toBe(304)
    forge.rotateToken('ghp_next', forge.token)
  })
})

describe('what goes wrong', () => {
  it('fails like a gateway, as often as it was told and where it was told (D1)', async () => {
    forge.faults.set('bad-gateway', { times: 2, status: 503, only: /pulls/ })
    expect((await get('/repos/acme/shop')).status).toBe(200)
    expect([
      (await get(PULLS)).status,
      (await get(PULLS)).status,
      (await get(PULLS)).status,
    ]).toEqual([503, 503, 200])
  })

  it('has nothing left of the hourly budget, of each resource by itself (D2)', async () => {
    forge.faults.set('primary-limit', { times: 1, only: /pulls/, resetIn: 90 })
    const none = await get(PULLS)
    expect([none.status, left(none), none.headers.get('x-ratelimit-resource')]).toEqual([
      403,
      0,
      'core',
    ])
    const wait = Number(none.headers.get('x-ratelimit-reset')) - Date.now() / 1000
    expect(wait).toBeGreaterThan(60)
    expect(wait).toBeLessThanOrEqual(91)
    expect((await get('/repos/acme/shop')).status).toBe(403)
    const free = await octokitFor(forge).rateLimit.get()
    expect(free.data.resources).toMatchObject({
      core: { remaining: 0 },
      graphql: { remaining: 5000 },
    })
    forge.limits.set('graphql', { remaining: 0 })
    await expect(graphqlFor(forge)('{ viewer { login } }')).rejects.toMatchObject({
      errors: [{ type: 'RATE_LIMITED' }],
    })
  })

  it('asks for patience, with or without saying how long (D3)', async () => {
    forge.faults.set('secondary-limit', { status: 429, retryAfter: 7, times: 1 })
    const told = await get(PULLS)
    expect([told.status, told.headers.get('retry-after')]).toEqual([429, '7'])
    forge.faults.set('secondary-limit', { times: 1 })
    const untold = await get(PULLS)
    expect([untold.status, untold.headers.get('retry-after')]).toEqual([403, null])
    expect(untold.body).toContain('secondary rate limit')
    expect(left(untold)).toBeGreaterThan(0)
  })

  it('gives with status 200 what GraphQL could find, and errors for the rest (D4)', async () => {
    forge.faults.set('graphql-errors', { numbers: [2] })
    const query = `{ repository(owner: "acme", name: "shop") {
      p1: pullRequest(number: 1) { number } p2: pullRequest(number: 2) { number } p99: pullRequest(number: 99) { number }
    } }`
    await expect(graphqlFor(forge)(query)).rejects.toMatchObject({
      data: { repository: { p1: { number: 1 }, p2: null, p99: null } },
      errors: [
        { type: 'SERVICE_UNAVAILABLE', path: ['repository', 'p2'] },
        { type: 'NOT_FOUND', path: ['repository', 'p99'] },
      ],
    })
    expect(forge.requests[0]).toMatchObject({
      status: 200,
      kind: 'graphql',
      operation: 'repository',
    })
  })

  it('never comes to know whether a pull request can be merged (D7)', async () => {
    forge.faults.set('mergeable-unknown')
    const query = `{ repository(owner: "acme", name: "shop") { pullRequest(number: 1) { mergeable mergeStateStatus } } }`
    const asked = async () => [
      await graphqlFor(forge)(query),
      (await octokitFor(forge).pulls.get({ ...names, pull_number: 1 })).data.mergeable,
    ]
    const unknown = [
      { repository: { pullRequest: { mergeable: 'UNKNOWN', mergeStateStatus: 'UNKNOWN' } } },
      null,
    ]
    expect([await asked(), await asked()]).toEqual([unknown, unknown])
  })

  it('redirects from the former name of a repository, also in git and GraphQL (D8)', async () => {
    const old = await forge.createRepository({ owner: 'acme', name: 'old' })
    old.rename('new')
    const moved = await get('/repos/acme/old/pulls?state=all')
    expect([moved.status, moved.headers.get('location')]).toEqual([
      301,
      expect.stringMatching(/\/repositories\/\d+\/pulls\?state=all$/),
    ])
    const followed = await octokitFor(forge).repos.get({ owner: 'acme', repo: 'old' })
    expect(followed.data.full_name).toBe('acme/new')
    const query = `{ repository(owner: "acme", name: "old") { nameWithOwner } }`
    expect(await graphqlFor(forge)(query)).toEqual({ repository: { nameWithOwner: 'acme/new' } })
    const refs = await fetch(`${forge.url}/acme/old.git/info/refs?service=git-upload-pack`)
    expect(refs.status).toBe(200)
    await refs.text()
  })

  it('hides a repository, refuses a token, refuses a right', async () => {
    forge.faults.set('missing-repository')
    expect((await get(PULLS)).status).toBe(404)
    forge.faults.clear('missing-repository')
    forge.faults.set('refused-token')
    expect((await get(PULLS)).status).toBe(401)
    forge.faults.clear('refused-token')
    forge.faults.set('forbidden', { only: /^POST/ })
    const made = octokitFor(forge).issues.create({ ...names, title: 'A' })
    expect(await statusOf(made)).toEqual([403, expect.stringContaining('personal access token')])
    expect((await get(PULLS)).status).toBe(200)
    const hidden = await forge.createRepository({ owner: 'acme', name: 'secret', private: true })
    expect((await get(`/repos/${hidden.name}`, undefined, '')).status).toBe(404)
    expect((await get(`/repos/${hidden.name}`)).status).toBe(200)
  })

  it('shows lists as they were for a while', async () => {
    forge.faults.set('stale-list')
    const before = await get(PULLS)
    repo.pull(2).edit({ title: 'Another' })
    expect((await get(PULLS)).body).toBe(before.body)
    expect((await get('/repos/acme/shop/pulls/2')).body).toContain('Another')
    forge.faults.clear('stale-list')
    expect((await get(PULLS)).body).toContain('Another')
  })

  it('loses an answer after the deed, or the request before it', async () => {
    const comment = async (body: string) =>
      statusOf(octokitFor(forge).issues.createComment({ ...names, issue_number: 3, body }))
    forge.faults.set('lost-answer', { times: 1 })
    expect((await comment('done'))[0]).toBe(500)
    forge.faults.set('lost-request', { times: 1 })
    expect((await comment('undone'))[0]).toBe(500)
    expect(repo.pull(3).comments.map(said => said.body)).toEqual(['done'])
    expect(forge.requests.map(({ status }) => status)).toEqual([0, 0])
    forge.faults.set('lost-answer', { times: 1, only: /mergePullRequest/ })
    const id = (await octokitFor(forge).pulls.get({ ...names, pull_number: 3 })).data.node_id
    const merge = `mutation { mergePullRequest(input: {pullRequestId: "${id}"}) { clientMutationId } }`
    await expect(graphqlFor(forge)(merge)).rejects.toThrow()
    expect(repo.pull(3).merged).toBe(true)
  })

  it('takes its time', async () => {
    forge.faults.set('slow', { ms: 150, times: 1 })
    const started = performance.now()
    await get('/rate_limit')
    expect(performance.now() - started).toBeGreaterThan(140)
  })
})

describe('the cost of queries', () => {
  it('is the connections that have to be filled, a hundredth of them', async () => {
    const query = (
      pulls: number,
      runs: number,
    ) => `{ rateLimit { cost nodeCount } repository(owner: "acme", name: "shop") {
      pullRequests(first: ${pulls}) { nodes { commits(last: 1) { nodes { commit { statusCheckRollup {
        contexts(first: ${runs}) { nodes { __typename } } } } } }
        reviewThreads(first: 50) { nodes { comments(first: 10) { nodes { body } } } } } } } }`
    expect(await graphqlFor(forge)(query(50, 11))).toMatchObject({
      rateLimit: { cost: 27, nodeCount: 50 + 50 + 550 + 2500 + 25_000 },
    })
    expect(forge.requests.at(-1)).toMatchObject({ points: 27 })
    await expect(graphqlFor(forge)(query(101, 11))).rejects.toThrow('101')
    await expect(
      graphqlFor(forge)(
        query(100, 100).replace('first: 50', 'first: 100').replace('first: 10)', 'first: 100)'),
      ),
    ).rejects.toThrow('500,000')
  })
})
