import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { PullDriver } from '../support/forge/driver-pull.ts'
import { createGitHubStage, type GitHubStage } from '../support/github-stage.ts'

let stage: GitHubStage

beforeEach(async () => {
  stage = await createGitHubStage()
})
afterEach(async () => {
  await stage.remove()
})

async function open(
  name: string,
  more: { readonly body?: string; readonly author?: string; readonly draft?: boolean } = {},
): Promise<PullDriver> {
  await stage.hub.commit(name, { [`${name}.txt`]: `${name}\n` })
  return stage.hub.openPull({ head: name, title: `Change ${name}`, ...more })
}

describe('whose a pull request is', () => {
  test('a branch of the same name in a fork says nothing', async () => {
    const fork = await stage.hub.fork('stranger')
    await fork.commit('one', { 'evil.txt': 'x\n' })
    await stage.hub.openPull({
      head: 'one',
      title: 'Mine',
      from: 'stranger/shop',
      author: 'stranger',
    })
    const pull = await stage.one(1)
    expect(pull.head).toMatchObject({ branch: 'one', foreign: true })
    // Nobody of ours works on it: its words are not even read.
    expect(pull.comments).toEqual([])
  })

  test('a fork that the checkout has a remote for is no stranger', async () => {
    const fork = await stage.hub.fork('sam')
    await fork.commit('one', { 'one.txt': 'x\n' })
    await stage.hub.openPull({ head: 'one', title: 'Mine', from: 'sam/shop', author: 'sam' })
    const { execFileSync } = await import('node:child_process')
    execFileSync('git', ['-C', stage.project.repository, 'remote', 'add', 'mine', fork.cloneUrl])
    expect((await stage.one(1)).head.foreign).toBe(false)
  })

  test('the session that opened it is known by a marker that readers do not see', async () => {
    await open('one', { body: 'Because.\n\n<!-- ao:session=app-1 home=home-1 -->' })
    expect(await stage.one(1)).toMatchObject({ session: 'app-1', body: 'Because.' })
  })

  test('a marker of somebody who does not belong here is not believed', async () => {
    const one = await open('one', {
      author: 'stranger',
      body: '<!-- ao:session=app-1 home=home-1 -->',
    })
    one.comment({
      author: 'stranger',
      association: 'NONE',
      body: 'x\n\n<!-- ao:session=app-1 home=home-1 -->',
    })
    const pull = await stage.one(1)
    expect(pull).not.toHaveProperty('session')
    expect(pull.comments).toMatchObject([{ trusted: false, author: 'stranger', body: 'x' }])
    expect(pull.comments[0]).not.toHaveProperty('session')
  })

  test('a marker of another application is not believed, of the one that is asked as it is', async () => {
    const body = 'Bump.\n\n<!-- ao:session=app-1 home=home-1 -->'
    stage.forge.addToken('ghs_renovate', { login: 'renovate', type: 'Bot' })
    const theirs = await open('two', { author: 'renovate', body })
    theirs.comment({ author: 'renovate', type: 'Bot', body })
    const seen = await stage.one(theirs.number, { numbers: [theirs.number] })
    expect(seen).not.toHaveProperty('session')
    expect(seen.comments).toMatchObject([{ authorType: 'bot', trusted: true, body: 'Bump.' }])
    expect(seen.comments[0]).not.toHaveProperty('session')
    stage.forge.addToken(stage.forge.token, { login: 'ours', type: 'Bot' })
    const mine = await open('three', { author: 'ours', body })
    mine.comment({ author: 'ours', type: 'Bot', body })
    expect(await stage.one(mine.number)).toMatchObject({
      session: 'app-1',
      comments: [{ authorType: 'bot', session: 'app-1' }],
    })
  })

  test('a claimed one is read whole, whatever its branch', async () => {
    const pull = await open('elsewhere')
    await pull.check({ name: 'build', state: 'success' })
    expect((await stage.one(1)).checks).toEqual([])
    expect((await stage.one(1, { numbers: [1] })).checks).toMatchObject([{ name: 'build' }])
  })

  test('a claimed one that is not there is asked for once, not at every look', async () => {
    await stage.items({ numbers: [99] })
    stage.later(240_000)
    const asked = await stage.asked(async () => stage.glance({ numbers: [99] }))
    expect(asked.filter(({ kind }) => kind === 'graphql')).toEqual([])
  })

  test('one that was merged or closed meanwhile is noticed, with its merge commit', async () => {
    const one = await open('one')
    const two = await open('two')
    await stage.items()
    const sha = await one.merge()
    two.close()
    expect(await stage.items()).toMatchObject([
      { number: 1, state: 'merged', mergeSha: sha },
      { number: 2, state: 'closed' },
    ])
    two.reopen()
    expect((await stage.one(2)).state).toBe('open')
  })
})

describe('checks', () => {
  test('runs and statuses are told alike, the newest of each name', async () => {
    const one = await open('one')
    await one.check({ name: 'build', state: 'failure' })
    await one.check({ name: 'build', state: 'success' })
    await one.check({ name: 'ci/legacy', state: 'failure', kind: 'status', summary: 'It broke' })
    await one.check({ name: 'slow', state: 'running' })
    await one.check({ name: 'later', state: 'queued' })
    const { checks, head } = await stage.one(1)
    expect(checks).toMatchObject([
      { name: 'build', state: 'success', sha: head.sha },
      { name: 'ci/legacy', state: 'failure', logTail: 'It broke' },
      { name: 'later', state: 'pending' },
      { name: 'slow', state: 'running' },
    ])
  })

  test.each([
    ['cancelled', 'cancelled'],
    ['skipped', 'skipped'],
    ['neutral', 'skipped'],
    ['timed_out', 'failure'],
    ['action_required', 'pending'],
  ] as const)('a check that was %s is %s', async (conclusion, state) => {
    const one = await open('one')
    await one.check({ name: 'build', state: conclusion })
    expect((await stage.one(1)).checks).toMatchObject([{ name: 'build', state }])
  })

  test.each([true, false])(
    'one that the branch requires and nobody reported is pending (rules: %s)',
    async asRules => {
      stage.hub.protect('main', { requiredChecks: ['build', 'lint'], asRules })
      const one = await open('one')
      await one.check({ name: 'build', state: 'success' })
      await one.check({ name: 'extra', state: 'failure' })
      expect((await stage.one(1)).checks).toMatchObject([
        { name: 'build', state: 'success', required: true },
        { name: 'extra', state: 'failure', required: false },
        { name: 'lint', state: 'pending', required: true, unreported: true },
      ])
      await one.check({ name: 'lint', state: 'queued' })
      const [, , lint] = (await stage.one(1)).checks
      expect(lint).toMatchObject({ name: 'lint', state: 'pending' })
      expect(lint).not.toHaveProperty('unreported')
    },
  )

  test('where nothing is required every check that ran counts, unless the project says that none does', async () => {
    const one = await open('one')
    await one.check({ name: 'build', state: 'failure' })
    await one.check({ name: 'docs', state: 'skipped' })
    expect((await stage.one(1)).checks).toMatchObject([
      { name: 'build', state: 'failure', required: true },
      { name: 'docs', state: 'skipped', required: false },
    ])
    const project = stage.projectOf('octo/shop', { requiredChecks: [] })
    const { signal } = new AbortController()
    expect((await stage.scm.get(project, 1, { watchPaths: [] }, signal))?.checks).toMatchObject([
      { name: 'build', required: false },
      { name: 'docs', required: false },
    ])
  })

  test('the project may say itself what is required', async () => {
    stage.hub.protect('main', { requiredChecks: ['build'] })
    const one = await open('one')
    await one.check({ name: 'build', state: 'success' })
    const project = stage.projectOf('octo/shop', { requiredChecks: ['lint'] })
    const { signal } = new AbortController()
    expect((await stage.scm.get(project, 1, { watchPaths: [] }, signal))?.checks).toMatchObject([
      { name: 'build', required: false },
      { name: 'lint', required: true, state: 'pending' },
    ])
  })

  test('of a failed job the step and the end of its log are told, plain and bounded', async () => {
    const one = await open('one')
    const filler = Array.from({ length: 2000 }, (_, n) => `line ${n}`).join('\n')
    const log = `${filler}\n\u001b[31m##[error]expected 1 to be 2\u001b[0m\nPost job cleanup.\n`
    await one.check({ name: 'unit', state: 'failure', log })
    const [unit] = (await stage.one(1)).checks
    expect(unit?.step).toEqual(expect.any(String))
    expect(unit?.logTail).toMatch(/line 1999\n##\[error\]expected 1 to be 2\n$/)
    expect(Buffer.byteLength(unit?.logTail ?? '')).toBeLessThanOrEqual(8192)
    expect(unit?.logTail).not.toMatch(/\u001b|^\d{4}-/m)
  })

  test('a log is read once for each run', async () => {
    const one = await open('one')
    await one.check({ name: 'unit', state: 'failure', log: 'oops\n' })
    await stage.items()
    one.comment({ author: 'ann', body: 'Look at this.' })
    const asked = await stage.asked(async () => stage.items())
    expect(asked.filter(({ operation }) => operation?.includes('job') === true)).toEqual([])
    expect((await stage.one(1)).checks[0]?.logTail).toContain('oops')
  })

  test('another application says in its summary why its check failed', async () => {
    const one = await open('one')
    const app = { id: 7, slug: 'linter', name: 'Linter' }
    await one.check({ name: 'lint', state: 'failure', app, summary: 'Two problems' })
    expect((await stage.one(1)).checks[0]?.logTail).toContain('Two problems')
  })

  test('more than a hundred results are all read', async () => {
    const one = await open('one')
    for (let n = 0; n < 120; n += 1) await one.check({ name: `job-${n}`, state: 'success' })
    await one.check({ name: 'last', state: 'failure' })
    const { checks } = await stage.one(1)
    expect(checks).toHaveLength(121)
    expect(checks.filter(({ state }) => state === 'failure')).toMatchObject([{ name: 'last' }])
  })
})

describe('reviews', () => {
  test('each reviewer counts with the newest verdict, and what was dismissed not at all', async () => {
    const one = await open('one')
    await one.requestChanges('ann', 'No.')
    await one.approve('ann')
    await one.approve('ben')
    const pull = await stage.one(1)
    expect(pull.reviews).toMatchObject([
      { author: 'ann', verdict: 'approve' },
      { author: 'ben', verdict: 'approve' },
    ])
    expect(pull).toMatchObject({ approvals: { have: 2, need: 1 }, reviewDecision: 'approved' })
    stage.hub.protect('main', { dismissStale: true })
    await stage.hub.commit('one', { 'one.txt': 'more\n' })
    expect(await stage.one(1)).toMatchObject({ reviews: [], approvals: { have: 0 } })
  })

  test('who does not belong to the repository approves nothing and requests nothing', async () => {
    const one = await open('one')
    const association = 'NONE'
    await one.review({ author: 'passer-by', association, verdict: 'approve', body: 'lgtm' })
    await one.review({ author: 'other', association, verdict: 'request-changes', body: 'Meh.' })
    expect(await stage.one(1)).toMatchObject({
      approvals: { have: 0 },
      reviewDecision: 'none',
      reviews: [{ trusted: false }, { trusted: false }],
    })
  })

  test('the project says whom it hears', async () => {
    const one = await open('one')
    one.comment({ author: 'fan', association: 'CONTRIBUTOR', body: 'Nice.' })
    const { signal } = new AbortController()
    const seen = async (settings: Readonly<Record<string, unknown>>): Promise<unknown> =>
      stage.scm.get(stage.projectOf('octo/shop', settings), 1, { watchPaths: [] }, signal)
    expect(await seen({})).toMatchObject({ comments: [{ trusted: false }] })
    expect(await seen({ trust: ['CONTRIBUTOR'] })).toMatchObject({ comments: [{ trusted: true }] })
  })

  test('an application approves nothing, whatever it says; what it asks for stands', async () => {
    const one = await open('one')
    await one.review({ author: 'reviewbot', type: 'Bot', verdict: 'approve', body: 'LGTM' })
    expect(await stage.one(1)).toMatchObject({
      approvals: { have: 0, need: 1 },
      reviewDecision: 'none',
      reviews: [{ author: 'reviewbot', authorType: 'bot', verdict: 'approve' }],
    })
    await one.approve('ann')
    expect(await stage.one(1)).toMatchObject({ approvals: { have: 1 } })
    await one.review({ author: 'reviewbot', type: 'Bot', verdict: 'request-changes', body: 'No.' })
    expect((await stage.one(1)).reviewDecision).toBe('changes-requested')
  })

  test('a bot is known by the type of its account, and heard', async () => {
    const one = await open('one')
    await one.review({
      author: 'reviewbot',
      type: 'Bot',
      verdict: 'comment',
      comments: [{ path: 'one.txt', line: 1, body: 'This leaks.' }],
    })
    one.comment({ author: 'notabot[bot]', body: 'I only look like one.' })
    const pull = await stage.one(1)
    expect(pull.threads).toMatchObject([
      { path: 'one.txt', line: 1, comments: [{ authorType: 'bot', trusted: true }] },
    ])
    expect(pull.comments).toMatchObject([{ authorType: 'person' }])
  })

  test('the branch may ask for more approvals than the project', async () => {
    stage.hub.protect('main', { requiredApprovals: 2 })
    const one = await open('one')
    await one.approve('ann')
    expect(await stage.one(1)).toMatchObject({
      approvals: { have: 1, need: 2 },
      reviewDecision: 'none',
    })
    await one.approve('ben')
    expect((await stage.one(1)).reviewDecision).toBe('approved')
  })

  test('threads are told with who said what, also when there are more than a hundred', async () => {
    const one = await open('one')
    const ids = await one.review({
      author: 'ann',
      verdict: 'comment',
      comments: Array.from({ length: 130 }, (_, n) => ({
        path: 'one.txt',
        line: 1,
        body: `Point ${n}`,
      })),
    })
    one.resolveThread(ids[0] ?? 0)
    const mended = 'Done.\n\n<!-- ao:session=app-1 home=home-1 -->'
    one.reply(ids[1] ?? 0, { author: 'octo', body: mended })
    const { threads } = await stage.one(1)
    expect(threads).toHaveLength(130)
    expect(threads.filter(({ resolved }) => resolved)).toHaveLength(1)
    expect(threads.find(({ comments }) => comments.length === 2)?.comments).toMatchObject([
      { author: 'ann', body: 'Point 1' },
      { author: 'octo', session: 'app-1', body: 'Done.' },
    ])
  })

  test('comments are told oldest first, the last fifty', async () => {
    const one = await open('one')
    for (let n = 0; n < 60; n += 1) one.comment({ author: 'ann', body: `Comment ${n}` })
    const { comments } = await stage.one(1)
    expect(comments.map(({ body }) => body)).toEqual(
      Array.from({ length: 50 }, (_, n) => `Comment ${n + 10}`),
    )
  })
})

describe('the rest', () => {
  test('draft, labels and paths of moved files are told', async () => {
    await stage.hub.commit('main', { '.ao/project.yaml': 'kind: Project\n' })
    const one = await open('one', { draft: true })
    await stage.hub.commit('one', { '.ao/more.yaml': 'kind: Worker\n', 'docs/a.md': 'a\n' })
    one.label('urgent')
    const pull = await stage.one(1, { watchPaths: ['.ao'] })
    expect(pull).toMatchObject({ draft: true, labels: ['urgent'], touched: ['.ao/more.yaml'] })
  })

  test('while it is not known what it touches, it is not known to merge', async () => {
    await open('one')
    await stage.items()
    const watchPaths = ['.ao']
    const shown = await stage.glance({ watchPaths, ask: 'nothing' })
    expect(shown).toMatchObject({ value: { items: [{ mergeable: 'unknown', touched: [] }] } })
    const watching = await stage.glance({ watchPaths })
    expect(watching).toMatchObject({ value: { items: [{ mergeable: 'clean', touched: [] }] } })
  })

  test('the base is told where it stands, and a conflict with it is noticed when it moves', async () => {
    await open('one')
    await stage.items()
    const tip = await stage.hub.commit('main', { 'one.txt': 'theirs\n' })
    stage.later(240_000)
    expect(await stage.glance()).toMatchObject({
      value: { items: [{ mergeable: 'conflicting', base: { branch: 'main', sha: tip } }] },
    })
  })

  test('it is known that the merge queue has it', async () => {
    stage.hub.protect('main', { mergeQueue: true })
    const one = await open('one')
    const { signal } = new AbortController()
    const project = stage.projectOf('octo/shop', { merge: 'queue' })
    await stage.one(1)
    expect(
      await stage.scm.merge(project, 1, { expectedHead: one.head, by: 'sam' }, signal),
    ).toEqual({ state: 'queued' })
    expect((await stage.one(1)).queued).toBe(true)
    await stage.hub.runQueue()
    expect(await stage.one(1)).toMatchObject({ state: 'merged', mergeSha: one.mergeSha })
  })
})
