import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { PullRequest, PullRequestsWanted, ScmProject } from '../../src/plugins/scm.ts'
import { eventually } from '../support/eventually.ts'
import { octokitFor } from '../support/forge/clients.ts'
import type { Recorded } from '../support/forge/inside.ts'
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

const wanted = (branches: readonly string[]): PullRequestsWanted => ({
  watchPaths: [],
  branches,
  numbers: [],
  ask: 'now',
  news: () => undefined,
})

/** Pull requests with a check that succeeded, in a repository of this forge. */
async function fill(name: string, branches: readonly string[]): Promise<void> {
  const hub = stage.forge.repo(`octo/${name}`)
  for (const number of await hub.openPulls(branches)) {
    await hub.pull(number).check({ name: 'build', state: 'success' })
  }
}

async function see(projects: readonly ScmProject[], branches: readonly string[]): Promise<void> {
  await Promise.all(
    projects.map(async project =>
      stage.scm.observe(project, stage.look(), wanted(branches), signal),
    ),
  )
}

/** What is asked while so many minutes pass, with somebody who looks every half minute. */
async function pass(
  minutes: number,
  projects: readonly ScmProject[],
  branches: readonly string[],
): Promise<readonly Recorded[]> {
  return stage.asked(async () => {
    for (let n = 0; n < 2 * minutes; n += 1) {
      stage.later(MINUTE_MS / 2)
      await see(projects, branches)
    }
  })
}

const queries = (asked: readonly Recorded[]): readonly Recorded[] =>
  asked.filter(({ kind }) => kind === 'graphql')
const operations = (asked: readonly Recorded[]): readonly (string | undefined)[] =>
  queries(asked).map(({ operation }) => operation)
const looks = (asked: readonly Recorded[]): number =>
  asked.filter(({ path }) => path.includes('state=open')).length

const named = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `b-${n}`)

describe('an hour in which nothing happens', () => {
  test('what is read anew and found the same makes nobody look sooner', async () => {
    await fill('shop', named(2))
    await pass(60, [stage.project], named(2))
    const asked = await pass(60, [stage.project], named(2))
    // Every ten minutes, and every quarter of an hour for what gives no sign.
    expect(looks(asked)).toBeLessThanOrEqual(8)
    expect(queries(asked)).toHaveLength(4)
  }, 60_000)

  test('all repositories of a forge share the query of each quarter of an hour, and that costs a point', async () => {
    const projects = [stage.project]
    for (const name of ['depot', 'store']) {
      await stage.forge.createRepository({ owner: 'octo', name })
      projects.push(stage.projectOf(`octo/${name}`))
    }
    for (const name of ['shop', 'depot', 'store']) await fill(name, named(8))
    await pass(10, projects.slice(0, 1), named(8))
    await pass(20, projects.slice(0, 2), named(8))
    await pass(40, projects, named(8))
    const asked = await pass(60, projects, named(8))
    const shared = ['rateLimit', ...projects.map(() => 'repository')].join(',')
    expect(operations(asked)).toEqual(Array.from({ length: 4 }, () => shared))
    expect(queries(asked).reduce((sum, { points }) => sum + points, 0)).toBe(4)
  }, 120_000)
})

describe('what gives no sign', () => {
  const one = async (): Promise<PullRequest | undefined> => {
    const seen = await stage.glance({ branches: ['b-0', 'b-1'], ask: 'nothing' })
    return seen.state === 'found' ? seen.value.items[0] : undefined
  }
  const quarter = async (): Promise<readonly Recorded[]> => {
    stage.later(16 * MINUTE_MS)
    return queries(await stage.asked(async () => stage.glance({ branches: ['b-0', 'b-1'] })))
  }

  beforeEach(async () => {
    await fill('shop', ['b-0', 'b-1'])
    await stage.observe({ branches: ['b-0', 'b-1'] })
    stage.later(MINUTE_MS)
    await stage.glance({ branches: ['b-0', 'b-1'] })
  })

  test('while it is as it was, one query finds that out', async () => {
    expect(await quarter()).toHaveLength(1)
    expect(await quarter()).toHaveLength(1)
  })

  test('a check that runs again after all were done is found, and that pull request alone is read', async () => {
    await stage.hub.pull(1).check({ name: 'build', state: 'failure' })
    expect(await quarter()).toHaveLength(2)
    expect((await one())?.checks).toMatchObject([{ name: 'build', state: 'failure' }])
    await quarter()
    expect(await quarter()).toHaveLength(1)
  })

  test('a thread that is opened again is found', async () => {
    const pull = stage.hub.pull(1)
    const [thread = 0] = await pull.review({
      author: 'ann',
      verdict: 'comment',
      comments: [{ path: 'b-0.txt', line: 1, body: 'Louder.' }],
    })
    pull.resolveThread(thread)
    await quarter()
    expect((await one())?.threads).toMatchObject([{ resolved: true }])
    pull.reopenThread(thread)
    await quarter()
    expect((await one())?.threads).toMatchObject([{ resolved: false }])
  })

  test('what the query could not say is read whole', async () => {
    stage.forge.faults.set('graphql-errors', { numbers: [1], times: 1 })
    expect(await quarter()).toHaveLength(2)
  })
})

describe('whether something merges', () => {
  test('is asked for again in a moment, and keeps nobody from what is known', async () => {
    const before = stage.waits.length
    stage.forge.faults.set('mergeable-unknown')
    let release = (): void => undefined
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const scm = stage.another({
      wait: async () => held,
    })
    await fill('shop', ['b-0'])
    let heard = 0
    const due = {
      ...wanted(['b-0']),
      ask: 'due' as const,
      news: () => {
        heard += 1
      },
    }
    const look = async (): ReturnType<typeof scm.observe> =>
      scm.observe(stage.project, stage.look(), due, signal)
    await look()
    await eventually('the first news', () => heard === 1)
    expect(await look()).toMatchObject({
      state: 'found',
      value: { items: [{ mergeable: 'unknown', checks: [{ state: 'success' }] }] },
    })
    // Another look at what happens meanwhile does not wait for it either.
    stage.hub.pull(1).comment({ author: 'ann', body: 'Hello.' })
    stage.later(5 * MINUTE_MS)
    await look()
    await eventually('the second news', () => heard === 2)
    expect(await look()).toMatchObject({
      value: { items: [{ mergeable: 'unknown', comments: [{ body: 'Hello.' }] }] },
    })
    stage.forge.faults.clear()
    // The questions follow each other at once here, faster than a trial merge comes to an end.
    const ask = { owner: 'octo', repo: 'shop', pull_number: 1 }
    await eventually('the forge knows', async () => {
      const { data } = await octokitFor(stage.forge).pulls.get(ask)
      return data.mergeable === true
    })
    release()
    await eventually('that it merges', async () => {
      const seen = await look()
      return seen.state === 'found' && seen.value.items[0]?.mergeable === 'clean'
    })
    expect(heard).toBe(3)
    expect(stage.waits).toHaveLength(before)
  })
})

describe('a query that takes GitHub too long', () => {
  test('is asked in smaller parts, and the size that it can do is remembered for a while (D1)', async () => {
    await fill('shop', named(20))
    stage.forge.faults.set('heavy-query', { most: 6 })
    const first = await stage.asked(async () => stage.observe({ branches: named(20) }))
    expect(await stage.glance({ branches: named(20), ask: 'nothing' })).toMatchObject({
      state: 'found',
      value: { items: named(20).map(() => ({ checks: [{ state: 'success' }] })) },
    })
    expect(queries(first).filter(({ status }) => status === 502).length).toBeGreaterThan(0)
    for (const pull of stage.hub.pulls()) pull.comment({ author: 'ann', body: 'Hello.' })
    stage.later(5 * MINUTE_MS)
    const again = await stage.asked(async () => stage.glance({ branches: named(20) }))
    expect(queries(again).filter(({ status }) => status === 502)).toEqual([])
    stage.forge.faults.clear()
    for (const pull of stage.hub.pulls()) pull.comment({ author: 'ann', body: 'Hello again.' })
    stage.later(25 * MINUTE_MS)
    const later = await stage.asked(async () => stage.glance({ branches: named(20) }))
    expect(queries(later)).toHaveLength(1)
  }, 60_000)

  test('one that is too much by itself is the only one that is not read (D1)', async () => {
    await fill('shop', named(12))
    stage.forge.faults.set('heavy-query', { numbers: [5] })
    await stage.observe({ branches: named(12) })
    const seen = await stage.glance({ branches: named(12), ask: 'nothing' })
    const states =
      seen.state === 'found' ? seen.value.items.map(({ checks }) => checks[0]?.state) : []
    expect(states).toEqual(named(12).map((_, index) => (index === 4 ? 'pending' : 'success')))
    stage.forge.faults.clear()
    stage.later(10 * MINUTE_MS)
    await stage.glance({ branches: named(12) })
    expect(await stage.glance({ branches: named(12), ask: 'nothing' })).toMatchObject({
      value: { items: named(12).map(() => ({ checks: [{ state: 'success' }] })) },
    })
  }, 60_000)

  test('a forge that answers no query at all is not asked about each (D1)', async () => {
    await fill('shop', named(20))
    stage.forge.faults.set('bad-gateway', { only: /graphql/ })
    const asked = await stage.asked(async () => stage.observe({ branches: named(20) }))
    expect(queries(asked).length).toBeLessThan(8)
    stage.forge.faults.clear()
    expect(await stage.observe({ branches: named(20) })).toMatchObject({
      value: { items: named(20).map(() => ({ checks: [{ state: 'success' }] })) },
    })
  }, 60_000)
})
