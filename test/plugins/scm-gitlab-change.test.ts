import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { ScmProject } from '../../src/plugins/scm.ts'
import { forgetful } from '../support/forge-memory.ts'
import { createGitLabFixture, type GitLabFixture } from '../support/gitlab-fixture.ts'
import { openOne, seenOne } from '../support/gitlab/desk.ts'
import { addPipeline, mergeOf } from '../support/gitlab/pipelines.ts'
import { addNote } from '../support/gitlab/requests.ts'
import type { DoubleRequest } from '../support/trackers/http-double.ts'

const { signal } = new AbortController()
let fixture: GitLabFixture
let head: string

beforeEach(async () => {
  fixture = await createGitLabFixture()
  head = await fixture.branch('one', 'one.txt', 'one\n')
})
afterEach(async () => {
  try {
    fixture.assertUntouched()
  } finally {
    await fixture.remove()
  }
})

function withSettings(settings: Readonly<Record<string, unknown>>): ScmProject {
  const { project } = fixture
  return { ...project, config: { ...project.config, ...settings } }
}

async function merge(project = fixture.project): ReturnType<GitLabFixture['scm']['merge']> {
  return fixture.scm.merge(project, 1, { expectedHead: head, by: 'sam' }, signal)
}

/** The answer to the first change is lost, though all was done. */
function loseAnswer(only: (request: DoubleRequest) => boolean): void {
  fixture.lab.fail({ fault: 'lost-answer', times: 1, only })
}

describe('an answer that is lost (D4)', () => {
  test('a merge request is opened once', async () => {
    loseAnswer(({ method }) => method === 'POST')
    expect((await openOne(fixture)).number).toBe(1)
    expect(fixture.lab.world.merges).toHaveLength(1)
  })

  test('a merge is one merge', async () => {
    await openOne(fixture)
    loseAnswer(({ url }) => url.pathname.endsWith('/merge'))
    const base = await fixture.remoteBase()
    const merged = await merge()
    expect(merged).toEqual({ state: 'merged', mergeSha: await fixture.remoteBase() })
    expect(await fixture.parentsOf(await fixture.remoteBase())).toEqual([base, head])
  })

  test('an answer in a discussion is said once, and is the session’s; there is none elsewhere', async () => {
    await openOne(fixture, { session: 'app-1' })
    const { world } = fixture.lab
    const { discussion } = addNote(world, mergeOf(world, 1), {
      author: fixture.owner,
      body: 'Why this?',
      resolvable: true,
    })
    const answer = { thread: discussion.id, body: 'Because.', session: 'app-1' }
    loseAnswer(({ url }) => url.pathname.endsWith('/notes'))
    await fixture.scm.reply?.(fixture.project, 1, answer, signal)
    const { threads } = await seenOne(fixture)
    expect(
      threads.map(({ comments }) => comments.map(({ body, session }) => [body, session])),
    ).toEqual([
      [
        ['Why this?', undefined],
        ['Because.', 'app-1'],
      ],
    ])
    await expect(
      fixture.scm.reply?.(fixture.project, 1, { ...answer, thread: 'none' }, signal),
    ).rejects.toMatchObject({ code: 'NotFound', next: 'ao pr view 1' })
  })

  test('a review is said once', async () => {
    await openOne(fixture, { session: 'app-1' })
    const ann = fixture.reviewer('ann')
    const review = { verdict: 'approve', body: 'Good.', author: 'ann', session: undefined } as const
    loseAnswer(({ url }) => url.pathname.endsWith('/approve'))
    await ann.review(fixture.project, 1, review, signal)
    loseAnswer(({ url }) => url.pathname.endsWith('/notes'))
    await ann.review(fixture.project, 1, { ...review, verdict: 'comment', body: 'And.' }, signal)
    const { reviews, approvals } = await seenOne(fixture)
    expect(reviews.map(({ verdict, body }) => [verdict, body])).toEqual([
      ['approve', 'Good.'],
      ['comment', 'And.'],
    ])
    expect(approvals.have).toBe(1)
  })
})

describe('merging', () => {
  test('the branch goes after the merge, unless it is to stay', async () => {
    await openOne(fixture)
    await merge()
    expect(fixture.shop.git.refs().has('refs/heads/one')).toBe(false)
    head = await fixture.branch('two', 'two.txt', 'two\n')
    const { number } = await openOne(fixture, { head: 'two' })
    const stay = withSettings({ deleteBranch: false })
    await fixture.scm.merge(stay, number, { expectedHead: head, by: 'sam' }, signal)
    expect(fixture.shop.git.refs().has('refs/heads/two')).toBe(true)
  })

  test('a branch that is protected stays, and one that got new commits since', async () => {
    await openOne(fixture)
    const { scm, project, shop } = fixture
    await scm.merge(project, 1, { expectedHead: head, by: 'sam', keepBranch: true }, signal)
    const end = async () => scm.deleteBranch?.(project, 1, { expectedHead: head }, signal)
    shop.protectedBranches.add('one')
    expect(await end()).toEqual({ state: 'kept', why: 'it is protected' })
    shop.protectedBranches.delete('one')
    const late = await fixture.commit('one', 'late.txt', 'late\n')
    expect(await end()).toEqual({ state: 'kept', why: `it stands at ${late.slice(0, 7)} now` })
    expect(shop.git.refs().get('refs/heads/one')).toBe(late)
  })

  test('squashing leaves one commit, and says which commit the base got', async () => {
    await fixture.commit('one', 'one.txt', 'two\n')
    head = await fixture.commit('one', 'one.txt', 'three\n')
    await openOne(fixture)
    const base = await fixture.remoteBase()
    const merged = await merge(withSettings({ merge: 'squash' }))
    const tip = await fixture.remoteBase()
    expect(merged).toEqual({ state: 'merged', mergeSha: tip })
    const [first, squashed = ''] = await fixture.parentsOf(tip)
    expect(first).toBe(base)
    expect(await fixture.parentsOf(squashed)).toEqual([base])
  })

  test('a project that makes merge commits is not merged by rebase, one with a linear history is', async () => {
    await openOne(fixture)
    const project = withSettings({ merge: 'rebase' })
    await expect(merge(project)).rejects.toMatchObject({ code: 'Refused' })
    fixture.shop.method = 'ff'
    // Another process reads the project anew.
    const scm = fixture.another({
      memory: forgetful(),
    })
    const merged = await scm.merge(project, 1, { expectedHead: head, by: 'sam' }, signal)
    expect(merged).toEqual({ state: 'merged', mergeSha: head })
    expect(await fixture.remoteBase()).toBe(head)
  })

  test('the queue is the merge train, or the end of the pipeline where there is none', async () => {
    const { lab, shop } = fixture
    await openOne(fixture)
    const jobs = [{ name: 'unit', status: 'running' }]
    addPipeline(lab.world, shop, { sha: head, jobs })
    const project = withSettings({ merge: 'queue' })
    expect(await merge(project)).toEqual({ state: 'queued' })
    expect((await seenOne(fixture)).queued).toBe(true)
    expect(await merge(project)).toEqual({ state: 'queued' })
    mergeOf(lab.world, 1).autoMerge = false
    shop.trains = true
    const scm = fixture.another({
      memory: forgetful(),
    })
    const options = { expectedHead: head, by: 'sam' }
    expect(await scm.merge(project, 1, options, signal)).toEqual({ state: 'queued' })
    expect(lab.requests.some(({ url }) => url.pathname.includes('/merge_trains/'))).toBe(true)
  })

  test('what is unknown, a draft or not allowed is not merged', async () => {
    const { lab, shop } = fixture
    const draft = await openOne(fixture, { draft: true })
    expect(draft).toMatchObject({ draft: true, title: 'Change one' })
    await expect(merge()).rejects.toMatchObject({ code: expect.stringMatching(/Conflict/) })
    expect((await openOne(fixture)).draft).toBe(false)
    const state = mergeOf(lab.world, 1)
    state.mergeStatus = 'checking'
    await expect(merge()).rejects.toMatchObject({ code: 'Unreachable', retryable: true })
    state.mergeStatus = 'ci_must_pass'
    shop.needsPipeline = true
    await expect(merge()).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('ci_must_pass'),
    })
    state.mergeStatus = undefined
    const guest = fixture.reviewer('guest')
    for (const id of shop.members.keys()) if (id !== fixture.owner.id) shop.members.set(id, 20)
    const options = { expectedHead: head, by: 'guest' }
    const asGuest = guest.merge(fixture.project, 1, options, signal)
    await expect(asGuest).rejects.toMatchObject({ code: 'Refused' })
  })
})

describe('pushing', () => {
  test('goes over HTTP, is refused where others were faster, and forced only on a lease (P4)', async () => {
    const { lab, repo, scm, work } = fixture
    const url = `${lab.git.url}/octo/tools/shop.git`
    const project = { ...fixture.project, repository: work }
    const path = fixture.shop.git.folder
    const own = repo.run(['commit-tree', '-p', head, '-m', 'Own', `${head}^{tree}`], work)
    repo.run(['update-ref', 'refs/heads/one', own], work)
    const http = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${url}.insteadOf`,
      GIT_CONFIG_VALUE_0: path,
    }
    const over = fixture.another({
      git: async (cwd, args, call) =>
        repo.git(cwd, args, { ...call, env: { ...call?.env, ...http } }),
    })
    expect(await over.push?.(project, { branch: 'one' }, signal)).toEqual({ sha: own })
    expect(lab.git.services).toContain('/git-receive-pack')
    const other = repo.run(['commit-tree', '-p', head, '-m', 'Other', `${head}^{tree}`], work)
    repo.run(['update-ref', 'refs/heads/one', other], work)
    const plain = scm.push?.(project, { branch: 'one' }, signal)
    await expect(plain).rejects.toMatchObject({ code: 'Conflict' })
    const wrong = scm.push?.(project, { branch: 'one', lease: head }, signal)
    await expect(wrong).rejects.toMatchObject({ code: 'Conflict' })
    expect(await scm.push?.(project, { branch: 'one', lease: own }, signal)).toEqual({ sha: other })
  })

  test('what is merged gets nothing more, and what is closed asks a person (P1, P2)', async () => {
    const { repo, scm, project, work } = fixture
    await openOne(fixture)
    await scm.close(project, 1, 'sam', signal)
    const push = async (): Promise<unknown> => scm.push?.(project, { branch: 'one' }, signal)
    await expect(push()).rejects.toMatchObject({
      code: 'Refused',
      next: expect.stringContaining('glab mr reopen 1'),
    })
    const again = await openOne(fixture)
    await scm.merge(project, again.number, { expectedHead: head, by: 'sam' }, signal)
    const more = repo.run(['commit-tree', '-p', head, '-m', 'More', `${head}^{tree}`], work)
    repo.run(['update-ref', 'refs/heads/one', more], work)
    await expect(push()).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringContaining('merged'),
    })
  })
})
