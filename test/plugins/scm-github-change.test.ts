import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { PullRequest, Scm, WebhookDelivery, WebhookNews } from '../../src/plugins/scm.ts'
import { octokitFor } from '../support/forge/clients.ts'
import type { Delivery } from '../support/forge/operations.ts'
import { createGitHubFixture, type GitHubFixture } from '../support/github-fixture.ts'
import { createGitHubStage, type GitHubStage } from '../support/github-stage.ts'

const { signal } = new AbortController()
const SECRET = 'a shared secret'
type Request = Parameters<Scm['create']>[1]

const REQUEST: Request = {
  head: 'one',
  base: 'main',
  title: 'Change one',
  body: 'Because.',
  draft: false,
  author: 'sam',
  session: 'app-1',
}

describe('opening, judging and merging', () => {
  let stage: GitHubStage
  beforeEach(async () => {
    stage = await createGitHubStage()
    await stage.hub.commit('one', { 'one.txt': 'one\n' })
  })
  afterEach(async () => {
    stage.forge.faults.clear()
    await stage.remove()
  })

  const create = async (more: Partial<Request> = {}): Promise<PullRequest> =>
    stage.scm.create(stage.project, { ...REQUEST, ...more }, signal)
  const merge = async (
    expectedHead: string,
    settings: Readonly<Record<string, unknown>> = {},
  ): ReturnType<Scm['merge']> => {
    const project = { ...stage.projectOf('octo/shop', settings), project: 'app' }
    return stage.scm.merge(project, 1, { expectedHead, by: 'sam' }, signal)
  }
  const bodyOf = async (number: number): Promise<string> => {
    const place = { owner: 'octo', repo: 'shop', pull_number: number }
    const { data } = await octokitFor(stage.forge).rest.pulls.get(place)
    return data.body ?? ''
  }
  const parentsOf = (sha: string): readonly string[] =>
    execFileSync('git', ['-C', stage.hub.folder, 'show', '-s', '--format=%P', sha], {
      encoding: 'utf8',
    })
      .trim()
      .split(' ')

  test('what a session writes has its marker exactly once (P16)', async () => {
    await create({ body: 'Because.\n\n<!-- ao:session=app-9 -->\n<!-- ao:session=app-1 -->' })
    expect(await bodyOf(1)).toBe('Because.\n\n<!-- ao:session=app-1 home=home-1 -->')
  })

  test.each([
    ['[codex] Add a thing', 'Add a thing'],
    ['[Claude] [WIP] Add a thing', '[WIP] Add a thing'],
    ['feat(shop): add a thing', 'feat(shop): add a thing'],
    ['[bot]', '[bot]'],
  ])('the title "%s" becomes "%s" (P15)', async (title, clean) => {
    expect((await create({ title })).title).toBe(clean)
  })

  test('without commits there is nothing to open (P10)', async () => {
    await stage.hub.commit('two', { 'two.txt': 'two\n' })
    await expect(create({ head: 'main', base: 'one' })).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringMatching(/no commits/),
    })
  })

  test('a pull request whose answer was lost is found, not opened again', async () => {
    stage.forge.faults.set('lost-answer', { only: /^POST .*\/pulls/, times: 1 })
    const made = await create()
    expect(made).toMatchObject({ number: 1, session: 'app-1' })
    expect(stage.hub.pulls()).toHaveLength(1)
  })

  test('asking again without draft makes a draft ready', async () => {
    expect((await create({ draft: true })).draft).toBe(true)
    expect(await create()).toMatchObject({ number: 1, draft: false })
    expect(stage.hub.pull(1).draft).toBe(false)
  })

  test('changes are at least a second apart', async () => {
    // A clock that stands: how long the machine takes must not count.
    const time = new Date(stage.now())
    const scm = stage.another({ now: () => time })
    await scm.create(stage.project, REQUEST, signal)
    expect(stage.waits).not.toContain(1000)
    await scm.close(stage.project, 1, 'sam', signal)
    expect(stage.waits).toContain(1000)
  })

  test.each([
    ['squash', 1],
    ['rebase', 1],
    ['merge', 2],
  ] as const)(
    '%s makes a commit with %i parent(s) and removes the branch',
    async (method, parents) => {
      const { head } = await create()
      const merged = await merge(head.sha, { merge: method })
      expect(merged).toMatchObject({ state: 'merged' })
      const tip = await stage.hub.tip('main')
      expect(merged).toMatchObject({ mergeSha: tip })
      expect(parentsOf(tip ?? '')).toHaveLength(parents)
      expect(await stage.hub.tip('one')).toBeUndefined()
    },
  )

  test('a branch that moved on after the merge stays', async () => {
    const { head } = await create()
    let more: string | undefined
    const scm = stage.another({
      // Between the merge and the deletion of the branch a second has to pass.
      wait: async () => {
        if (stage.hub.pull(1).merged) more ??= await stage.hub.commit('one', { 'two.txt': 'two\n' })
      },
    })
    await scm.merge(stage.project, 1, { expectedHead: head.sha, by: 'sam' }, signal)
    expect(more).toEqual(expect.any(String))
    expect(await stage.hub.tip('one')).toBe(more)
  })

  test('a branch stays when the project wants it to', async () => {
    const { head } = await create()
    await merge(head.sha, { deleteBranch: false })
    expect(await stage.hub.tip('one')).toBe(head.sha)
  })

  test('a merge whose answer was lost is looked for, not repeated', async () => {
    const { head } = await create()
    stage.forge.faults.set('lost-answer', { only: /^PUT .*\/merge/, times: 1 })
    expect(await merge(head.sha)).toEqual({
      state: 'merged',
      mergeSha: stage.hub.pull(1).mergeSha,
    })
    const puts = stage.forge.requests.filter(({ method }) => method === 'PUT')
    expect(puts).toHaveLength(1)
  })

  test('what GitHub does not answer about is not merged', async () => {
    const { head } = await create()
    stage.forge.faults.set('bad-gateway', { only: /graphql/ })
    await expect(merge(head.sha)).rejects.toMatchObject({ code: 'Unreachable', retryable: true })
    expect(stage.hub.pull(1).merged).toBe(false)
  })

  test('a draft is not merged, nor is one that the branch holds back', async () => {
    const { head } = await create({ draft: true })
    await expect(merge(head.sha)).rejects.toMatchObject({ code: 'Conflict' })
    stage.hub.pull(1).setDraft(false)
    stage.hub.protect('main', { requiredChecks: ['build'] })
    await expect(merge(head.sha)).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringMatching(/build/),
    })
    expect(stage.hub.pull(1).merged).toBe(false)
  })

  test('the queue takes it at the head that was judged, and at no other', async () => {
    stage.hub.protect('main', { mergeQueue: true })
    const { head } = await create()
    await stage.hub.commit('one', { 'one.txt': 'more\n' })
    await expect(merge(head.sha, { merge: 'queue' })).rejects.toMatchObject({ code: 'Conflict' })
    const now = stage.hub.pull(1).head
    expect(await merge(now, { merge: 'queue' })).toEqual({ state: 'queued' })
    expect(await merge(now, { merge: 'queue' })).toEqual({ state: 'queued' })
    expect(stage.hub.queue()).toEqual([1])
  })

  test('a method that the repository does not allow is named with the setting', async () => {
    const strict = await stage.forge.createRepository({
      owner: 'octo',
      name: 'strict',
      mergeMethods: ['rebase'],
    })
    await strict.commit('one', { 'one.txt': 'one\n' })
    const pull = await strict.openPull({ head: 'one', title: 'One' })
    const project = stage.projectOf('octo/strict')
    await expect(
      stage.scm.merge(project, 1, { expectedHead: pull.head, by: 'sam' }, signal),
    ).rejects.toMatchObject({ code: 'Refused', message: expect.stringMatching(/spec\.scm\.merge/) })
  })

  test('nobody approves their own pull request, and says so before anything is sent', async () => {
    await create()
    const review = { verdict: 'approve', body: 'Fine.', author: 'octo' } as const
    const by = async (session: string | undefined): Promise<void> =>
      stage.scm.review(stage.project, 1, { ...review, session }, signal)
    await expect(by('app-1')).rejects.toMatchObject({ code: 'Refused' })
    await expect(by('app-2')).rejects.toThrow(/lets no account judge its own/)
    expect((await stage.one(1)).approvals.have).toBe(0)
  })

  test('a session that shares the account can still request changes, of this head', async () => {
    await create()
    const review = { verdict: 'request-changes', body: 'No.', author: 'octo' } as const
    await stage.scm.review(stage.project, 1, { ...review, session: 'app-2' }, signal)
    expect(await stage.one(1)).toMatchObject({
      reviewDecision: 'changes-requested',
      reviews: [{ verdict: 'request-changes', session: 'app-2', body: 'No.' }],
    })
    await stage.hub.commit('one', { 'one.txt': 'better\n' })
    expect(await stage.one(1)).toMatchObject({ reviewDecision: 'none', reviews: [] })
  })

  test('a review whose answer was lost is not sent twice', async () => {
    await create()
    stage.forge.faults.set('lost-answer', { only: /^POST .*\/reviews/, times: 1 })
    const review = { verdict: 'comment', body: 'Hm.', author: 'octo', session: 'app-2' } as const
    await stage.scm.review(stage.project, 1, review, signal)
    expect(stage.hub.pull(1).reviews).toHaveLength(1)
  })

  test('a token that may only read is told what it may not do, without being shown', async () => {
    await create()
    stage.forge.addToken('ghp_reader_only', { login: 'ann', access: 'read' })
    const scm = stage.another({ env: { GITHUB_TOKEN: 'ghp_reader_only' } })
    const failure = await scm
      .close(stage.project, 1, 'ann', signal)
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: expect.stringMatching(/Refused|NotFound/) })
    expect(JSON.stringify(failure)).not.toContain('ghp_reader_only')
    expect(String(failure)).not.toContain('ghp_reader_only')
  })
})

describe('pushing', () => {
  let fixture: GitHubFixture
  beforeEach(async () => {
    fixture = await createGitHubFixture()
  })
  afterEach(async () => {
    try {
      fixture.assertUntouched()
    } finally {
      await fixture.remove()
    }
  })

  const push = async (branch: string, lease?: string): Promise<{ readonly sha: string }> => {
    if (fixture.scm.push === undefined) throw new Error('it does not push')
    const more = lease === undefined ? {} : { lease }
    return fixture.scm.push(fixture.project, { branch, ...more }, signal)
  }
  const openOne = async (): Promise<PullRequest> =>
    fixture.scm.create(fixture.project, REQUEST, signal)
  /** A commit in the checkout that nobody pushed. */
  const commitLocally = (branch: string, file: string): string => {
    const work = `${fixture.repo.root}/work`
    fixture.repo.run(['checkout', '-q', branch], work)
    const sha = fixture.repo.commit(file, 'more\n', work)
    fixture.repo.run(['checkout', '-q', '--detach'], work)
    return sha
  }

  test('a branch is taken to where pull requests come from (P22)', async () => {
    await fixture.branch('one', 'one.txt', 'one\n')
    await openOne()
    const sha = commitLocally('one', 'two.txt')
    expect(await push('one')).toEqual({ sha })
    expect(await fixture.hub.tip('one')).toBe(sha)
  })

  test('nothing is pushed to what the forge says is merged (P2)', async () => {
    await fixture.branch('one', 'one.txt', 'one\n')
    await openOne()
    await fixture.hub.pull(1).merge({ method: 'squash' })
    const before = await fixture.hub.tip('one')
    commitLocally('one', 'two.txt')
    await expect(push('one')).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringMatching(/#1 of one is merged/),
    })
    expect(await fixture.hub.tip('one')).toBe(before)
  })

  test('whether a closed one goes on is a question (P3)', async () => {
    await fixture.branch('one', 'one.txt', 'one\n')
    await openOne()
    fixture.hub.pull(1).close()
    const before = await fixture.hub.tip('one')
    commitLocally('one', 'two.txt')
    await expect(push('one')).rejects.toMatchObject({
      code: 'Refused',
      next: 'gh pr reopen 1 --repo octo/shop',
    })
    expect(await fixture.hub.tip('one')).toBe(before)
  })

  test.each(['merge', 'squash', 'rebase'] as const)(
    'a new branch with the name of one that was merged (%s) is another branch',
    async method => {
      await fixture.branch('one', 'one.txt', 'one\n')
      await openOne()
      await fixture.hub.pull(1).merge({ method })
      await fixture.hub.deleteBranch('one')
      fixture.repo.run(['fetch', '-q', '--prune', 'origin'])
      const work = `${fixture.repo.root}/work`
      fixture.repo.run(['checkout', '-q', '--no-track', '-B', 'one', 'origin/main'], work)
      const sha = fixture.repo.commit('again.txt', 'again\n', work)
      expect(await push('one')).toEqual({ sha })
    },
  )

  test('commits of others are never overwritten, but by a lease on exactly what is there', async () => {
    const first = await fixture.branch('one', 'one.txt', 'one\n')
    const theirs = await fixture.hub.commit('one', { 'theirs.txt': 'x\n' })
    const work = `${fixture.repo.root}/work`
    fixture.repo.run(['checkout', '-q', 'one'], work)
    fixture.repo.run(['commit', '-q', '--amend', '-m', 'Rewritten'], work)
    const sha = fixture.repo.run(['rev-parse', 'HEAD'], work)
    await expect(push('one')).rejects.toMatchObject({ code: 'Conflict' })
    await expect(push('one', first)).rejects.toMatchObject({ code: 'Conflict' })
    expect(await fixture.hub.tip('one')).toBe(theirs)
    expect(await push('one', theirs)).toEqual({ sha })
    expect(await fixture.hub.tip('one')).toBe(sha)
  })

  test('a branch that is not there is named', async () => {
    await expect(push('nowhere')).rejects.toMatchObject({
      code: 'BranchMissing',
      message: expect.stringMatching(/nowhere/),
    })
  })

  test('when the forge does not say how the pull request stands, nothing is pushed', async () => {
    await fixture.branch('one', 'one.txt', 'one\n')
    const before = await fixture.hub.tip('one')
    commitLocally('one', 'two.txt')
    fixture.forge.faults.set('bad-gateway')
    await expect(push('one')).rejects.toMatchObject({ code: 'Unreachable' })
    fixture.forge.faults.clear()
    expect(await fixture.hub.tip('one')).toBe(before)
  })
})

describe('webhooks', () => {
  let stage: GitHubStage
  beforeEach(async () => {
    stage = await createGitHubStage()
    await stage.hub.commit('one', { 'one.txt': 'one\n' })
    await stage.hub.openPull({ head: 'one', title: 'One' })
  })
  afterEach(async () => {
    stage.forge.faults.clear()
    await stage.remove()
  })

  const deliver = async (event: Delivery = 'pull-request-opened'): Promise<WebhookDelivery> => {
    const file = join(stage.project.home, 'delivery.json')
    const about = { event, repository: 'octo/shop', number: 1 }
    const { headers, body } = await stage.forge.deliver(about, file, SECRET)
    return { headers, body: Buffer.from(body) }
  }
  const read = async (delivery: WebhookDelivery, secret = SECRET): Promise<WebhookNews> => {
    if (stage.scm.readWebhook === undefined) throw new Error('it reads none')
    return stage.scm.readWebhook(delivery, secret)
  }

  test('a signed delivery says what it is about', async () => {
    const delivery = await deliver()
    expect(await read(delivery)).toEqual({
      id: delivery.headers['x-github-delivery'],
      event: 'pull_request',
      repository: 'octo/shop',
      number: 1,
    })
  })

  test('a forged, a changed and an unsigned one are refused (D10)', async () => {
    stage.forge.faults.set('forged-webhook', { times: 1 })
    await expect(read(await deliver())).rejects.toMatchObject({ code: 'Refused' })
    const good = await deliver()
    const changed = Buffer.concat([good.body, Buffer.from(' ')])
    await expect(read({ ...good, body: changed })).rejects.toMatchObject({ code: 'Refused' })
    const { 'x-hub-signature-256': _signature, ...unsigned } = good.headers
    await expect(read({ ...good, headers: unsigned })).rejects.toMatchObject({ code: 'Refused' })
    const blank = { ...unsigned, 'x-hub-signature-256': '' }
    await expect(read({ ...good, headers: blank })).rejects.toMatchObject({ code: 'Refused' })
    await expect(read(good, '')).rejects.toMatchObject({ code: 'Refused' })
    await expect(read(good, 'another')).rejects.toMatchObject({ code: 'Refused' })
  })

  test('what is signed and no JSON can not be read', async () => {
    const body = 'payload=%7B%7D'
    const signature = createHmac('sha256', SECRET).update(body).digest('hex')
    const headers = {
      'X-GitHub-Event': 'push',
      'X-GitHub-Delivery': '1',
      'X-Hub-Signature-256': `sha256=${signature}`,
    }
    await expect(read({ headers, body: Buffer.from(body) })).rejects.toMatchObject({
      code: 'Usage',
    })
  })

  test('it is a reason to look at once', async () => {
    await stage.items()
    stage.hub.pull(1).label('urgent')
    expect(await stage.asked(async () => stage.glance())).toEqual([])
    await read(await deliver())
    expect(await stage.glance()).toMatchObject({ value: { items: [{ labels: ['urgent'] }] } })
  })
})
