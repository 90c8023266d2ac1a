import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { PullRequest } from '../../src/plugins/scm.ts'
import type { PullDriver } from '../support/forge/driver-pull.ts'
import { createGitHubStage, type GitHubStage } from '../support/github-stage.ts'

const { signal } = new AbortController()
const MINUTE_MS = 60_000
let stage: GitHubStage

beforeEach(async () => {
  stage = await createGitHubStage()
})
afterEach(async () => {
  stage.forge.faults.clear()
  await stage.remove()
})

async function open(name: string): Promise<PullDriver> {
  await stage.hub.commit(name, { [`${name}.txt`]: `${name}\n` })
  return stage.hub.openPull({ head: name, title: `Change ${name}` })
}

async function soon(): ReturnType<GitHubStage['glance']> {
  stage.later(4 * MINUTE_MS)
  return stage.glance()
}

async function reasonOf(looking: ReturnType<GitHubStage['glance']>): Promise<string> {
  const seen = await looking
  if (seen.state !== 'unknown') throw new Error(`it is ${JSON.stringify(seen)}`)
  return seen.reason
}

async function itemsOf(
  looking: ReturnType<GitHubStage['glance']>,
): Promise<readonly PullRequest[]> {
  const seen = await looking
  if (seen.state !== 'found') throw new Error(`it is ${JSON.stringify(seen)}`)
  return seen.value.items
}

/** How many requests there are while somebody asks again at once. */
async function askedNow(): Promise<number> {
  return (await stage.asked(async () => stage.glance())).length
}

describe('GitHub in trouble', () => {
  test.each([500, 502, 503, 504])(
    'a %i leaves what is known, with its age, and is asked again later (D1)',
    async status => {
      await open('one')
      await stage.items()
      const readAt = stage.now()
      stage.forge.faults.set('bad-gateway', { status })
      const seen = await soon()
      expect(seen).toMatchObject({ state: 'found', value: { items: [{ number: 1 }] } })
      if (seen.state === 'found') expect(readAt - seen.value.asOf).toBeLessThan(MINUTE_MS)
      expect(await askedNow()).toBe(0)
      stage.later(40 * MINUTE_MS)
      expect(await reasonOf(stage.glance())).toMatch(
        new RegExp(
          `answered ${status}.*; what is known of octo/shop is of [-\\dT:]+Z; it is asked again at [-\\dT:]+Z`,
        ),
      )
      stage.forge.faults.clear()
      expect(await itemsOf(soon())).toHaveLength(1)
    },
  )

  test('a spent hour is waited for until it is over, and status says when (D2)', async () => {
    await open('one')
    stage.forge.faults.set('primary-limit', { resetIn: 1800, times: 1 })
    expect(await reasonOf(stage.glance())).toMatch(/rate limit exceeded.*asked again in 30m/)
    stage.later(29 * MINUTE_MS)
    expect(await askedNow()).toBe(0)
    await expect(stage.scm.get(stage.project, 1, { watchPaths: [] }, signal)).rejects.toMatchObject(
      {
        code: 'RateLimited',
      },
    )
    stage.forge.limits.set('core', { remaining: 5000 })
    stage.later(2 * MINUTE_MS)
    expect(await itemsOf(stage.glance())).toHaveLength(1)
  })

  test.each([403, 429])(
    'a secondary limit (%i) is waited for as long as it says (D3)',
    async status => {
      await open('one')
      stage.forge.faults.set('secondary-limit', { status, retryAfter: 90, times: 1 })
      expect(await reasonOf(stage.glance())).toMatch(/secondary rate limit/)
      stage.later(80_000)
      expect(await askedNow()).toBe(0)
      stage.later(11_000)
      expect(await itemsOf(stage.glance())).toHaveLength(1)
    },
  )

  test('a secondary limit that says nothing is waited for longer and longer (D3)', async () => {
    await open('one')
    stage.forge.faults.set('secondary-limit')
    await stage.glance()
    stage.later(59_000)
    expect(await askedNow()).toBe(0)
    stage.later(2000)
    expect(await askedNow()).toBeGreaterThan(0)
    stage.later(61_000)
    expect(await askedNow()).toBe(0)
    stage.later(60_000)
    expect(await askedNow()).toBeGreaterThan(0)
  })

  test('a limit of one forge is no limit of another (D2)', async () => {
    await open('one')
    const other = await createGitHubStage()
    try {
      await other.hub.commit('one', { 'one.txt': 'one\n' })
      await other.hub.openPull({ head: 'one', title: 'One' })
      stage.forge.faults.set('primary-limit', { times: 1 })
      await stage.glance()
      const project = { ...other.project, project: 'other' }
      const wanted = {
        watchPaths: [],
        branches: ['one'],
        numbers: [],
        ask: 'now' as const,
        news: () => undefined,
      }
      const env = { GITHUB_TOKEN: other.forge.token }
      const both = stage.another({ env })
      expect(await both.observe(project, other.look(), wanted, signal)).toMatchObject({
        state: 'found',
      })
    } finally {
      await other.remove()
    }
  })

  test('of an answer with errors what resolved is used, the rest stays as it was and is asked again (D4)', async () => {
    const one = await open('one')
    const two = await open('two')
    await stage.items()
    one.comment({ author: 'ann', body: 'To the first.' })
    two.comment({ author: 'ann', body: 'To the second.' })
    stage.forge.faults.set('graphql-errors', { numbers: [2], times: 1 })
    const before = await itemsOf(soon())
    expect(before).toMatchObject([{ comments: [{ body: 'To the first.' }] }, { comments: [] }])
    const after = await itemsOf(soon())
    expect(after).toMatchObject([{}, { comments: [{ body: 'To the second.' }] }])
  })

  test('what could never be read is not told as if it had no checks (D4)', async () => {
    await open('one')
    stage.forge.faults.set('graphql-errors', { numbers: [1] })
    const [seen] = await itemsOf(stage.observe())
    expect(seen).toMatchObject({
      mergeable: 'unknown',
      checks: [{ state: 'pending', required: true }],
      approvals: { have: 0 },
    })
    expect(seen?.checks[0]?.logTail).toMatch(/octo\/shop#1 could not be read/)
  })

  test('a sign is not forgotten when the read after it failed', async () => {
    const one = await open('one')
    await stage.items()
    await soon()
    one.comment({ author: 'ann', body: 'Why?' })
    stage.forge.faults.set('bad-gateway', { only: /graphql/, times: 1 })
    await soon()
    expect(await itemsOf(soon())).toMatchObject([{ comments: [{ body: 'Why?' }] }])
  })

  test('a 304 is news of nothing, and its new validator is the one to ask with (D5)', async () => {
    await open('one')
    await stage.items()
    await soon()
    stage.forge.faults.set('new-validator', { times: 1 })
    await soon()
    const before = stage.forge.requests.length
    const seen = await soon()
    const asked = stage.forge.requests.slice(before)
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([304]))
    if (seen.state === 'found') expect(stage.now() - seen.value.asOf).toBeLessThan(MINUTE_MS)
  })

  test('with another token all validators miss once, and nothing is read whole for it (D6)', async () => {
    await open('one')
    await stage.items()
    await soon()
    stage.forge.rotateToken(stage.forge.token, 'ghp_rotated')
    const scm = stage.another({ env: { GITHUB_TOKEN: 'ghp_rotated' } })
    stage.later(4 * MINUTE_MS)
    const asked = await stage.asked(async () => stage.glance({}, scm))
    expect(asked.filter(({ kind }) => kind === 'graphql')).toEqual([])
    stage.later(4 * MINUTE_MS)
    const again = await stage.asked(async () => stage.glance({}, scm))
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([304]))
  })

  test('validators of another token are kept for as long as what they tell of could not be read with it (D6)', async () => {
    await open('one')
    await stage.items()
    stage.forge.rotateToken(stage.forge.token, 'ghp_rotated')
    stage.hub.pull(1).label('urgent')
    const scm = stage.another({ env: { GITHUB_TOKEN: 'ghp_rotated' } })
    stage.forge.faults.set('graphql-errors', { times: 1 })
    stage.later(4 * MINUTE_MS)
    await stage.glance({}, scm)
    stage.later(4 * MINUTE_MS)
    const asked = await stage.asked(async () => stage.glance({}, scm))
    expect(asked.filter(({ kind }) => kind === 'graphql')).toHaveLength(1)
    expect(asked.filter(({ conditional }) => conditional)).toEqual([])
    stage.later(4 * MINUTE_MS)
    const quiet = await stage.asked(async () => stage.glance({}, scm))
    expect(quiet.every(({ conditional }) => conditional)).toBe(true)
  })

  test('a token that is refused is named without being shown, and read anew (D6)', async () => {
    await open('one')
    let token = 'ghp_secret_and_wrong'
    const env = {
      get GITHUB_TOKEN(): string {
        return token
      },
    }
    const scm = stage.another({ env })
    const reason = await reasonOf(stage.glance({}, scm))
    expect(reason).toMatch(/does not accept the token.*gh auth status/)
    expect(`${reason}${JSON.stringify([...stage.remembered])}`).not.toContain('ghp_secret')
    token = stage.forge.token
    stage.later(2 * MINUTE_MS)
    expect(await itemsOf(stage.glance({}, scm))).toHaveLength(1)
    expect(JSON.stringify([...stage.remembered])).not.toContain(token)
  })

  test('no token at all is told with what to do', async () => {
    const scm = stage.another({ env: {} })
    expect(await reasonOf(stage.glance({}, scm))).toMatch(
      /Project\/app: spec\.scm\.token is not set.*gh auth login/,
    )
  })

  test('whether it merges is asked for five times, and then not known (D7)', async () => {
    await open('one')
    stage.forge.faults.set('mergeable-unknown')
    expect(await itemsOf(stage.observe())).toMatchObject([{ mergeable: 'unknown' }])
    expect(stage.waits).toEqual([1500, 1500, 1500, 1500, 1500])
    await expect(
      stage.scm.merge(
        stage.project,
        1,
        { expectedHead: stage.hub.pull(1).head, by: 'sam' },
        signal,
      ),
    ).rejects.toMatchObject({ code: 'Unreachable', retryable: true })
    expect(stage.hub.pull(1).merged).toBe(false)
    stage.forge.faults.clear()
    expect(await itemsOf(soon())).toMatchObject([{ mergeable: 'clean' }])
  })

  test('a renamed repository is followed and told of (D8)', async () => {
    await open('one')
    await stage.items()
    stage.hub.rename('store')
    const seen = await stage.observe()
    expect(seen).toMatchObject({
      state: 'found',
      value: { renamed: 'octo/store', items: [{ number: 1, head: { foreign: false } }] },
    })
    await stage.scm.close(stage.project, 1, 'sam', signal)
    expect(stage.hub.pull(1).state).toBe('closed')
  })

  test('what is done to a repository that was renamed since it was looked at arrives (D8)', async () => {
    await open('one')
    await stage.items()
    await stage.hub.commit('two', { 'two.txt': 'two\n' })
    stage.hub.rename('store')
    const body = 'Fine'
    const said = { verdict: 'comment', body, author: 'sam', session: undefined } as const
    await stage.scm.review(stage.project, 1, said, signal)
    expect(stage.hub.pull(1).reviews).toMatchObject([{ body }])
    const words = { title: 'Two', body: 'More.', draft: false, author: 'sam', session: undefined }
    const request = { ...words, head: 'two', base: 'main' }
    expect(await stage.scm.create(stage.project, request, signal)).toMatchObject({ number: 2 })
    await stage.scm.close(stage.project, 2, 'sam', signal)
    expect(stage.hub.pull(2).state).toBe('closed')
  })

  test('a lost webhook changes nothing: the next look finds it (D9)', async () => {
    const one = await open('one')
    await stage.items()
    one.label('urgent')
    expect(await itemsOf(soon())).toMatchObject([{ labels: ['urgent'] }])
  })

  test('a repository that is not there is named, with the setting to look at', async () => {
    const project = stage.projectOf('octo/nowhere')
    const wanted = {
      watchPaths: [],
      branches: ['one'],
      numbers: [],
      ask: 'now' as const,
      news: () => undefined,
    }
    const reason = await reasonOf(stage.scm.observe(project, stage.look(), wanted, signal))
    expect(reason).toMatch(/there is no repository octo\/nowhere.*ao explain project\.spec\.scm/)
    await expect(stage.scm.get(project, 1, { watchPaths: [] }, signal)).rejects.toThrow(
      /octo\/nowhere/,
    )
  })

  test('a server that does not answer is unreachable, and a watcher does not wait for it', async () => {
    await open('one')
    await stage.items()
    stage.forge.faults.set('lost-request')
    stage.later(5 * MINUTE_MS)
    expect(await stage.glance({ ask: 'due' })).toMatchObject({ state: 'found' })
    stage.later(40 * MINUTE_MS)
    expect(await reasonOf(stage.glance({ ask: 'now' }))).toMatch(/could not be reached/)
  })

  test('a look that is interrupted is no failure of GitHub', async () => {
    await open('one')
    const wanted = {
      watchPaths: [],
      branches: ['one'],
      numbers: [],
      ask: 'now' as const,
      news: () => undefined,
    }
    await expect(
      stage.scm.observe(stage.project, stage.look(), wanted, AbortSignal.abort()),
    ).rejects.toMatchObject({ code: 'Interrupted' })
    expect(await itemsOf(stage.glance())).toHaveLength(1)
  })
})
