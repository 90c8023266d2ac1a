import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { forgetful } from '../support/forge-memory.ts'
import type { PullDriver } from '../support/forge/driver-pull.ts'
import type { Recorded } from '../support/forge/inside.ts'
import { eventually } from '../support/eventually.ts'
import { createGitHubStage, type GitHubStage } from '../support/github-stage.ts'

const { signal } = new AbortController()
let stage: GitHubStage

beforeEach(async () => {
  stage = await createGitHubStage()
})
afterEach(async () => {
  await stage.remove()
})

const MINUTE_MS = 60_000

async function open(name: string): Promise<PullDriver> {
  await stage.hub.commit(name, { [`${name}.txt`]: `${name}\n` })
  return stage.hub.openPull({ head: name, title: `Change ${name}` })
}

/** Looks a minute later, when guards are due and what is known is not old. */
async function soon(): Promise<readonly Recorded[]> {
  stage.later(5 * MINUTE_MS)
  return stage.asked(async () => stage.glance())
}

function queriesIn(requests: readonly Recorded[]): number {
  return requests.filter(({ kind }) => kind === 'graphql').length
}

describe('what GitHub is asked', () => {
  test('while nothing changes it is asked with validators, for no points and with no process', async () => {
    const pulls = [await open('one'), await open('two'), await open('three')]
    for (const pull of pulls) await pull.check({ name: 'build', state: 'success' })
    await stage.items()
    await soon()
    stage.started.length = 0
    const asked = await soon()
    expect(asked.map(({ status }) => status)).toEqual([304, 304, 304])
    expect(asked.every(({ conditional }) => conditional)).toBe(true)
    expect(asked.map(({ points }) => points)).toEqual([0, 0, 0])
    expect(stage.started).toEqual([])
  })

  test('how much is asked while nothing changes does not grow with the pull requests', async () => {
    for (let n = 0; n < 8; n += 1) await open(`idle-${n}`)
    const branches = Array.from({ length: 8 }, (_, n) => `idle-${n}`)
    await stage.observe({ branches })
    // Checks of a head that nobody ever reported are expected for ten minutes.
    stage.later(11 * MINUTE_MS)
    await stage.glance({ branches })
    stage.later(5 * MINUTE_MS)
    await stage.glance({ branches })
    stage.later(5 * MINUTE_MS)
    const asked = await stage.asked(async () => stage.glance({ branches }))
    expect(asked).toHaveLength(3)
    expect(queriesIn(asked)).toBe(0)
  })

  test('one query reads all that changed, of several repositories at once', async () => {
    await open('one')
    const other = await stage.forge.createRepository({ owner: 'octo', name: 'depot' })
    await other.commit('two', { 'two.txt': 'two\n' })
    await other.openPull({ head: 'two', title: 'Change two' })
    const wanted = {
      watchPaths: [],
      branches: ['one', 'two'],
      numbers: [],
      news: () => undefined,
    }
    const projects = [stage.project, stage.projectOf('octo/depot')]
    const all = async (ask: 'nothing' | 'now'): Promise<unknown> =>
      Promise.all(
        projects.map(async project =>
          stage.scm.observe(project, stage.look(), { ...wanted, ask }, signal),
        ),
      )
    await all('nothing')
    const asked = await stage.asked(async () => all('now'))
    const first = asked.findIndex(({ kind }) => kind === 'graphql')
    // The lists of both come before the one query; after it GitHub is only asked whether they merge.
    const lists = asked.slice(0, first).filter(({ operation }) => operation === 'pulls/list')
    expect(lists).toHaveLength(4)
    expect(asked.slice(first + 1).filter(({ kind }) => kind !== 'graphql')).toEqual([])
    expect(queriesIn(asked)).toBe(1 + stage.waits.length)
  })

  test('two projects of one repository are one reader, and each has its own rules', async () => {
    const one = await open('one')
    await one.approve('ann')
    const wanted = {
      watchPaths: [],
      branches: ['one'],
      numbers: [],
      ask: 'now' as const,
      news: () => undefined,
    }
    const strict = { ...stage.projectOf('octo/shop', { approvals: 2 }), project: 'strict' }
    const both = [stage.project, strict]
    const look = async (): Promise<unknown[]> =>
      Promise.all(
        both.map(async project => stage.scm.observe(project, stage.look(), wanted, signal)),
      )
    const asked = await stage.asked(async () => {
      expect(await look()).toMatchObject([
        { value: { items: [{ approvals: { have: 1, need: 1 } }] } },
        { value: { items: [{ approvals: { have: 1, need: 2 } }] } },
      ])
    })
    expect(asked.filter(({ path }) => path.includes('state=open'))).toHaveLength(1)
  })

  test('only what a sign points to is read: one pull request of three', async () => {
    await open('one')
    const two = await open('two')
    await open('three')
    await stage.items()
    await soon()
    two.comment({ author: 'ann', body: 'Why?' })
    const asked = await soon()
    expect(queriesIn(asked)).toBe(1)
    const seen = await stage.glance({ ask: 'nothing' })
    expect(seen).toMatchObject({
      state: 'found',
      value: { items: [{}, { comments: [{ body: 'Why?', author: 'ann' }] }, {}] },
    })
  })

  test('a check that ends is noticed by the guard of its head', async () => {
    const one = await open('one')
    await one.check({ name: 'build', state: 'running' })
    await stage.items()
    await one.check({ name: 'build', state: 'success' })
    stage.later(20_000)
    const asked = await stage.asked(async () => stage.glance())
    expect(queriesIn(asked)).toBe(1)
    expect(await stage.glance({ ask: 'nothing' })).toMatchObject({
      value: { items: [{ checks: [{ name: 'build', state: 'success' }] }] },
    })
  })

  test('a comment on a line is noticed by the guard of all comments', async () => {
    const one = await open('one')
    await stage.items()
    await soon()
    await one.review({
      author: 'ann',
      verdict: 'comment',
      comments: [{ path: 'one.txt', line: 1, body: 'Louder.' }],
    })
    await soon()
    expect(await stage.glance({ ask: 'nothing' })).toMatchObject({
      value: { items: [{ threads: [{ path: 'one.txt', comments: [{ body: 'Louder.' }] }] }] },
    })
  })

  test('whatever the signs say, all is read anew when it gets old', async () => {
    const one = await open('one')
    const [thread = 0] = await one.review({
      author: 'ann',
      verdict: 'comment',
      comments: [{ path: 'one.txt', line: 1, body: 'Louder.' }],
    })
    await stage.items()
    // Nothing that has a validator tells of a thread that is resolved.
    one.resolveThread(thread)
    expect(queriesIn(await soon())).toBe(0)
    stage.later(11 * MINUTE_MS)
    expect(await stage.glance()).toMatchObject({
      value: { items: [{ threads: [{ resolved: true }] }] },
    })
  })

  test('what only shows asks nobody, and writes nothing', async () => {
    await open('one')
    await stage.items()
    const before = JSON.stringify([...stage.remembered])
    const shown = stage.another({ env: {} })
    const asked = await stage.asked(async () => {
      expect(await stage.glance({ ask: 'nothing' }, shown)).toMatchObject({
        state: 'found',
        value: { items: [{ number: 1 }] },
      })
    })
    expect(asked).toEqual([])
    expect(JSON.stringify([...stage.remembered])).toBe(before)
  })

  test('what was never asked is unknown to what only shows', async () => {
    expect(await stage.glance({ ask: 'nothing' })).toEqual({
      state: 'unknown',
      reason: 'octo/shop was not asked yet',
    })
  })

  test('a watcher is answered at once, and hears when there is news', async () => {
    await open('one')
    // Somebody else had GitHub work out whether it merges.
    const memory = forgetful()
    await stage.glance({}, stage.another({ memory }))
    let heard = 0
    const wanted = {
      ask: 'due' as const,
      news: () => {
        heard += 1
      },
    }
    expect(await stage.glance(wanted)).toMatchObject({ state: 'unknown' })
    await eventually('the news', () => heard === 1)
    const seen = await stage.glance(wanted)
    expect(seen).toMatchObject({ state: 'found', value: { items: [{ number: 1 }] } })
    stage.later(5 * MINUTE_MS)
    const requests = stage.forge.requests.length
    await stage.glance(wanted)
    await eventually('the look', () => stage.forge.requests.length >= requests + 3)
    await stage.glance({ ask: 'now' })
    expect(heard).toBe(1)
  })

  test('another process begins with what this one knew: no points', async () => {
    await open('one')
    await stage.items()
    // What GitHub works out after the first look moves the list's validator once more.
    await soon()
    const asked = await stage.asked(async () => stage.glance({}, stage.another()))
    expect(asked.filter(({ points }) => points > 0)).toEqual([])
    expect(asked.length).toBeGreaterThan(0)
  })

  test('a push that the checkout knows of is a reason to look', async () => {
    await open('one')
    const wanted = {
      watchPaths: [],
      branches: ['one'],
      numbers: [],
      ask: 'now' as const,
      news: () => undefined,
    }
    const glance = async (sha: string): Promise<unknown> =>
      stage.scm.observe(
        stage.project,
        stage.look({ 'refs/remotes/origin/one': sha }),
        wanted,
        signal,
      )
    await glance('a')
    expect(await stage.asked(async () => glance('a'))).toEqual([])
    const head = await stage.hub.commit('one', { 'one.txt': 'more\n' })
    expect((await stage.asked(async () => glance(head))).length).toBeGreaterThan(0)
  })

  test('what one process did, another looks at without waiting for its turn', async () => {
    await stage.hub.commit('one', { 'one.txt': 'one\n' })
    await stage.items()
    await stage.another().create(
      stage.project,
      {
        head: 'one',
        base: 'main',
        title: 'One',
        body: '',
        draft: false,
        author: 'sam',
        session: 'app-1',
      },
      signal,
    )
    expect(await stage.glance()).toMatchObject({ value: { items: [{ session: 'app-1' }] } })
  })

  test('what came and went between two looks is noticed when something was heard of it (P2)', async () => {
    await stage.hub.commit('one', { 'one.txt': 'one\n' })
    expect(await stage.items()).toEqual([])
    const pull = await stage.hub.openPull({ head: 'one', title: 'One' })
    await pull.merge()
    await stage.another().poke?.(stage.project, signal)
    expect(await stage.glance()).toMatchObject({ value: { items: [{ state: 'merged' }] } })
  })

  test('one that was closed, and opened again and merged between two looks, is merged', async () => {
    const pull = await open('one')
    await stage.items({ branches: ['one'] })
    pull.close()
    expect(await stage.items({ branches: ['one'] })).toMatchObject([{ state: 'closed' }])
    pull.reopen()
    await pull.merge()
    expect(await stage.items({ branches: ['one'] })).toMatchObject([{ state: 'merged' }])
  })

  test('requests grow rarer with what is left of the allowance', async () => {
    const one = await open('one')
    await one.check({ name: 'build', state: 'running' })
    stage.forge.limits.set('core', { remaining: 400, resetIn: 1800 })
    await stage.glance()
    stage.later(20 * MINUTE_MS)
    expect(await stage.asked(async () => stage.glance())).toEqual([])
    stage.later(11 * MINUTE_MS)
    expect((await stage.asked(async () => stage.glance())).length).toBeGreaterThan(0)
  })

  test('more than a hundred open ones are all listed, and their pages keep their own validators', async () => {
    for (let n = 1; n <= 102; n += 1) {
      await stage.hub.commit(`many-${n}`, { [`${n}.txt`]: `${n}\n` })
      await stage.hub.openPull({ head: `many-${n}`, title: `Many ${n}` })
    }
    const branches = ['many-102']
    const seen = await stage.observe({ branches })
    expect(seen).toMatchObject({ state: 'found' })
    if (seen.state !== 'found') return
    expect(seen.value.items).toHaveLength(102)
    stage.later(5 * MINUTE_MS)
    stage.hub.pull(101).comment({ author: 'ann', body: 'Hm.' })
    const asked = await stage.asked(async () => stage.glance({ branches }))
    const lists = asked.filter(({ path }) => path.includes('state=open'))
    expect(lists.map(({ status }) => status)).toEqual([304, 200])
  }, 60_000)
})
