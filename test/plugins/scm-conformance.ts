import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { PullRequest, PullRequestEdit, Scm, ScmProject } from '../../src/plugins/scm.ts'
import type { RepositoryFacts } from '../../src/plugins/workspace.ts'
import { mergedSha, wantedNow } from '../support/scm-wanted.ts'

/** A repository with a remote and an adapter on it; everything below speaks to the forge only through the adapter. */
export interface ScmFixture {
  readonly scm: Scm
  readonly project: ScmProject
  /** The adapter as it is for somebody else: of a forge with accounts, with an account of their own; working for the same home, or for theirs. */
  reviewer(author: string, home?: string): Scm
  /** This cycle's look at the repository, after a fetch. */
  look(): Promise<RepositoryFacts>
  /** A branch off the base with one commit that writes one file, visible to the forge. Resolves to its head. */
  branch(name: string, file: string, content: string): Promise<string>
  /** One more commit on a branch that is there. Resolves to the new head. */
  commit(branch: string, file: string, content: string): Promise<string>
  /** A commit on the base, made by somebody else on the remote. */
  advanceBase(file: string, content: string): Promise<string>
  /** The base on the remote. */
  remoteBase(): Promise<string>
  /** First-parent and other parents of a commit on the remote. */
  parentsOf(sha: string): Promise<readonly string[]>
  /** What stands in a file of the remote's base. */
  remoteFile(file: string): Promise<string>
  /** Throws when something of the person's changed. */
  assertUntouched(): void
  remove(): Promise<void>
}

const { signal } = new AbortController()

/** What every scm adapter does, whatever stands behind it. */
export function describeScm(name: string, createFixture: () => Promise<ScmFixture>): void {
  describe(`${name} scm`, () => {
    let fixture: ScmFixture
    beforeEach(async () => {
      fixture = await createFixture()
    })
    afterEach(async () => {
      try {
        fixture.assertUntouched()
      } finally {
        await fixture.remove()
      }
    })

    const open = async (
      head: string,
      more: { readonly session?: string; readonly draft?: boolean } = {},
    ): Promise<PullRequest> =>
      fixture.scm.create(
        fixture.project,
        {
          head,
          base: fixture.project.defaultBranch,
          title: `Change ${head}`,
          body: 'Because.',
          draft: more.draft ?? false,
          author: 'worker',
          session: more.session,
        },
        signal,
      )
    const observe = async (watch: readonly string[] = []): Promise<readonly PullRequest[]> => {
      const { scm, project } = fixture
      const seen = await scm.observe(project, await fixture.look(), wantedNow(watch), signal)
      if (seen.state !== 'found') throw new Error(`could not look: ${JSON.stringify(seen)}`)
      return seen.value.items
    }
    const one = async (number: number): Promise<PullRequest> => {
      const pull = (await observe()).find(each => each.number === number)
      if (pull === undefined) throw new Error(`#${number} was not observed`)
      return pull
    }
    const review = async (
      number: number,
      verdict: 'approve' | 'request-changes' | 'comment',
      author: string,
      session?: string,
    ): Promise<void> =>
      fixture
        .reviewer(author)
        .review(
          fixture.project,
          number,
          { verdict, body: `${verdict} by ${author}`, author, session },
          signal,
        )
    const merge = async (number: number, expectedHead: string): Promise<string> =>
      mergedSha(
        await fixture.scm.merge(fixture.project, number, { expectedHead, by: 'sam' }, signal),
      )

    test('a repository without pull requests is found to have none', async () => {
      expect(await observe()).toEqual([])
      expect(await fixture.scm.get(fixture.project, 1, { watchPaths: [] }, signal)).toBeUndefined()
    })

    test('a created pull request is observed as it was asked for', async () => {
      const head = await fixture.branch('one', 'one.txt', 'one\n')
      const created = await open('one', { session: 'app-1' })
      expect(created.url).not.toBe('')
      const seen = await one(created.number)
      expect(seen).toEqual(created)
      expect(seen).toMatchObject({
        title: 'Change one',
        body: 'Because.',
        state: 'open',
        draft: false,
        session: 'app-1',
        head: { branch: 'one', sha: head },
        base: { branch: 'main', sha: await fixture.remoteBase() },
        reviews: [],
        reviewDecision: 'none',
        mergeable: 'clean',
      })
    })

    test('asking twice for the same head and base gives the same pull request (A10)', async () => {
      await fixture.branch('one', 'one.txt', 'one\n')
      const first = await open('one')
      const second = await open('one')
      expect(second.number).toBe(first.number)
      expect(await observe()).toHaveLength(1)
    })

    test('a head that is not there is refused by name', async () => {
      await expect(open('nowhere')).rejects.toThrow(/nowhere/)
    })

    test('new commits on the branch move the head', async () => {
      await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      const head = await fixture.commit('one', 'one.txt', 'two\n')
      expect((await one(number)).head.sha).toBe(head)
    })

    test('touched names exactly the watched paths that the branch changes', async () => {
      await fixture.branch('one', '.ao/project.yaml', 'kind: Project\n')
      await fixture.commit('one', 'src/a.txt', 'a\n')
      await open('one')
      await fixture.advanceBase('.ao/other.yaml', 'kind: Worker\n')
      expect((await observe(['.ao']))[0]?.touched).toEqual(['.ao/project.yaml'])
      expect((await observe(['docs']))[0]?.touched).toEqual([])
      expect((await observe())[0]?.touched).toEqual([])
    })

    test('a conflict with a base that moved is seen and not merged', async () => {
      const head = await fixture.branch('one', 'same.txt', 'ours\n')
      const { number } = await open('one')
      const base = await fixture.advanceBase('same.txt', 'theirs\n')
      expect((await one(number)).mergeable).toBe('conflicting')
      await expect(merge(number, head)).rejects.toMatchObject({ code: 'Conflict' })
      expect(await fixture.remoteBase()).toBe(base)
    })

    test('other words are all that an edit changes, in what is so already nothing (P7, P8, P9)', async () => {
      const head = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one', { session: 'app-1' })
      const before = await one(number)
      const edit = async (words: PullRequestEdit): Promise<readonly string[]> =>
        fixture.scm.edit(fixture.project, number, words, signal)
      expect(await edit({ title: 'Better said' })).toEqual(['title'])
      expect(await one(number)).toEqual({ ...before, title: 'Better said' })
      const body = '- one\n- two\n\n[codex] did it'
      expect(await edit({ title: 'Better said', body })).toEqual(['body'])
      expect(await one(number)).toEqual({ ...before, title: 'Better said', body })
      expect(await edit({ title: 'Better said', body })).toEqual([])
      expect(await edit({ title: 'Again', body: '' })).toEqual(['title', 'body'])
      expect(await one(number)).toEqual({ ...before, title: 'Again', body: '' })
      expect((await one(number)).head.sha).toBe(head)
    })

    test('an edit neither takes nor gives a session its pull request, nor ends a draft (P16)', async () => {
      await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one', { session: 'app-1', draft: true })
      const marked = 'Mine.\n\n<!-- ao:session=app-2 -->'
      await fixture.scm.edit(fixture.project, number, { title: 'Other', body: marked }, signal)
      expect(await one(number)).toMatchObject({ title: 'Other', session: 'app-1', draft: true })
      await fixture.branch('two', 'two.txt', 'two\n')
      const second = await open('two')
      await fixture.scm.edit(fixture.project, second.number, { body: marked }, signal)
      expect((await one(second.number)).session).toBeUndefined()
    })

    test('what a namesake of another home opened and says is known as its own, and not as ours', async () => {
      await fixture.branch('one', 'one.txt', 'one\n')
      const { scm, project } = fixture
      const theirs = fixture.reviewer('ann', 'home-2')
      const words = { title: 'Theirs', body: '', draft: false, author: 'ann', session: 'app-1' }
      const made = await theirs.create(project, { head: 'one', base: 'main', ...words }, signal)
      expect(made).toMatchObject({ session: 'app-1' })
      const seen = await one(made.number)
      expect(seen).toMatchObject({ otherSession: 'app-1' })
      expect(seen.session).toBeUndefined()
      // Two of one name that are told apart: one may judge what the other made.
      const verdict = { verdict: 'approve', body: '', author: 'sam', session: 'app-1' } as const
      await expect(theirs.review(project, made.number, verdict, signal)).rejects.toMatchObject({
        code: 'Refused',
      })
      await fixture.reviewer('sam').review(project, made.number, verdict, signal)
      const watched = { watchPaths: [] }
      expect(await scm.get(project, made.number, watched, signal)).toMatchObject({
        approvals: { have: 1 },
        reviews: [{ session: 'app-1' }],
      })
      expect(await theirs.get(project, made.number, watched, signal)).toMatchObject({
        reviews: [{ otherSession: 'app-1' }],
      })
    })

    test('what it changes of what is watched is known from the read just before a merge too', async () => {
      await fixture.branch('one', '.ao/shop.yaml', 'kind: Project\n')
      const { number } = await open('one')
      const { scm, project } = fixture
      const read = async (...watchPaths: readonly string[]) =>
        (await scm.get(project, number, { watchPaths }, signal))?.touched
      expect(await read('.ao')).toEqual(['.ao/shop.yaml'])
      expect(await read('docs')).toEqual([])
    })

    test('what goes into another branch than it was judged against is not merged', async () => {
      const expectedHead = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      const base = await fixture.remoteBase()
      const judged = { expectedHead, expectedBase: 'next', by: 'sam' }
      await expect(
        fixture.scm.merge(fixture.project, number, judged, signal),
      ).rejects.toMatchObject({ code: 'Conflict', message: expect.stringContaining('into main') })
      expect(await fixture.remoteBase()).toBe(base)
    })

    test('an approval counts for the head it was given to', async () => {
      await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one', { session: 'app-1' })
      await review(number, 'approve', 'ann')
      expect(await one(number)).toMatchObject({
        approvals: { have: 1 },
        reviewDecision: 'approved',
      })
      await fixture.commit('one', 'one.txt', 'two\n')
      expect(await one(number)).toMatchObject({ approvals: { have: 0 }, reviewDecision: 'none' })
    })

    test('a request for changes stays until the same reviewer says otherwise', async () => {
      const head = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one', { session: 'app-1' })
      await review(number, 'request-changes', 'ann')
      await review(number, 'approve', 'ben')
      expect(await one(number)).toMatchObject({
        reviewDecision: 'changes-requested',
        reviews: [{ verdict: 'request-changes', sha: head }, { verdict: 'approve' }],
      })
      await fixture.commit('one', 'one.txt', 'two\n')
      expect((await one(number)).reviewDecision).toBe('changes-requested')
      await review(number, 'approve', 'ann')
      expect((await one(number)).reviewDecision).toBe('approved')
    })

    test('a comment decides nothing', async () => {
      await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      await review(number, 'comment', 'ann')
      const seen = await one(number)
      expect(seen.reviewDecision).toBe('none')
      expect(seen.reviews).toMatchObject([{ verdict: 'comment', body: 'comment by ann' }])
    })

    test('a session cannot approve what it opened', async () => {
      await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one', { session: 'app-1' })
      await expect(review(number, 'approve', 'worker', 'app-1')).rejects.toMatchObject({
        code: 'Refused',
      })
      await review(number, 'approve', 'worker', 'app-2')
      expect((await one(number)).approvals.have).toBe(1)
    })

    test('merging makes a merge commit of base and head on the remote', async () => {
      const head = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      const base = await fixture.remoteBase()
      const mergeSha = await merge(number, head)
      expect(await fixture.remoteBase()).toBe(mergeSha)
      expect(await fixture.parentsOf(mergeSha)).toEqual([base, head])
      expect(await fixture.remoteFile('one.txt')).toBe('one\n')
      expect(await one(number)).toMatchObject({ state: 'merged', mergeSha, head: { sha: head } })
    })

    test('merging what is merged gives the same merge commit, and its words stay', async () => {
      const head = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      const mergeSha = await merge(number, head)
      expect(await merge(number, head)).toBe(mergeSha)
      expect(await fixture.remoteBase()).toBe(mergeSha)
      const edited = fixture.scm.edit(fixture.project, number, { title: 'Other' }, signal)
      await expect(edited).rejects.toMatchObject({ code: 'Conflict' })
    })

    test('a branch that a merge left is told, and goes unless another pull request needs it', async () => {
      const { scm, project } = fixture
      const expectedHead = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one', { session: 'app-1' })
      await scm.merge(project, number, { expectedHead, by: 'sam', keepBranch: true }, signal)
      const { leftover } = await one(number)
      // Where there is no forge, the branch is the workspace's alone.
      if (scm.deleteBranch === undefined) return expect(leftover).toBeUndefined()
      expect(leftover).toBe(expectedHead)
      await fixture.branch('two', 'two.txt', 'two\n')
      const onIt = { head: 'two', base: 'one', title: 'Two', body: '', draft: false }
      const by = { author: 'sam', session: undefined }
      const second = await scm.create(project, { ...onIt, ...by }, signal)
      const end = async (): Promise<unknown> =>
        scm.deleteBranch?.(project, number, { expectedHead }, signal)
      const why = expect.stringMatching(/^[#!]\d+ needs it$/)
      expect(await end()).toEqual({ state: 'kept', why })
      await scm.close(project, second.number, 'sam', signal)
      expect(await end()).toEqual({ state: 'gone' })
      expect(await end()).toEqual({ state: 'gone' })
      const after = await scm.get(project, number, { watchPaths: [] }, signal)
      expect(after?.leftover).toBeUndefined()
    })

    test('a head that moved since is not merged', async () => {
      const old = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      const base = await fixture.remoteBase()
      await fixture.commit('one', 'one.txt', 'two\n')
      await expect(merge(number, old)).rejects.toMatchObject({ code: 'Conflict' })
      expect(await fixture.remoteBase()).toBe(base)
    })

    test('a base that moved since is merged into, not over', async () => {
      const head = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      const base = await fixture.advanceBase('other.txt', 'other\n')
      const mergeSha = await merge(number, head)
      expect(await fixture.parentsOf(mergeSha)).toEqual([base, head])
      expect(await fixture.remoteFile('other.txt')).toBe('other\n')
    })

    test('a closed one is neither merged nor edited, and closing twice is closing once', async () => {
      const head = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      await fixture.scm.close(fixture.project, number, 'sam', signal)
      await fixture.scm.close(fixture.project, number, 'sam', signal)
      expect((await one(number)).state).toBe('closed')
      await expect(merge(number, head)).rejects.toMatchObject({ code: 'Conflict' })
      const edited = fixture.scm.edit(fixture.project, number, { title: 'Other' }, signal)
      await expect(edited).rejects.toMatchObject({ code: 'Conflict' })
    })

    test('after closing, the same head opens a new one', async () => {
      await fixture.branch('one', 'one.txt', 'one\n')
      const first = await open('one')
      await fixture.scm.close(fixture.project, first.number, 'sam', signal)
      const second = await open('one')
      expect(second.number).toBeGreaterThan(first.number)
    })

    test('what is not there cannot be edited, reviewed, merged or closed', async () => {
      const edited = fixture.scm.edit(fixture.project, 7, { title: 'Other' }, signal)
      await expect(edited).rejects.toMatchObject({ code: 'NotFound' })
      await expect(review(7, 'approve', 'ann')).rejects.toMatchObject({ code: 'NotFound' })
      await expect(merge(7, 'f'.repeat(40))).rejects.toMatchObject({ code: 'NotFound' })
      await expect(fixture.scm.close(fixture.project, 7, 'sam', signal)).rejects.toMatchObject({
        code: 'NotFound',
      })
    })

    test('a call with an aborted signal changes nothing', async () => {
      const head = await fixture.branch('one', 'one.txt', 'one\n')
      const { number } = await open('one')
      const base = await fixture.remoteBase()
      await expect(
        fixture.scm.merge(
          fixture.project,
          number,
          { expectedHead: head, by: 'sam' },
          AbortSignal.abort(),
        ),
      ).rejects.toMatchObject({ code: 'Interrupted' })
      expect(await fixture.remoteBase()).toBe(base)
      expect((await one(number)).state).toBe('open')
    })
  })
}
