import { describe, expect, it } from 'vitest'

import type { ReviewFact } from '../src/lifecycle/facts.ts'
import type { Attributed } from '../src/observe/attribution.ts'
import { attribute } from '../src/observe/attribution.ts'
import type { PullRequest, ReviewComment } from '../src/plugins/scm.ts'
import type { DesiredSession } from '../src/resource/spec.ts'
import { HEAD_SHA, NOW, worker } from './support/builders.ts'

function pull(number: number, over: Partial<PullRequest> = {}): PullRequest {
  return {
    number,
    url: `https://forge.test/acme/app/pull/${number}`,
    title: 'A change',
    body: '',
    state: 'open',
    draft: false,
    author: 'operator',
    head: { branch: 'ao/app-1', sha: HEAD_SHA, foreign: false },
    base: { branch: 'main', sha: undefined },
    checks: [],
    reviews: [],
    threads: [],
    comments: [],
    labels: [],
    approvals: { have: 0, need: 1 },
    reviewDecision: 'none',
    mergeable: 'clean',
    queued: false,
    createdAt: new Date(NOW.getTime() + 1000).toISOString(),
    touched: [],
    ...over,
  }
}

const on = (branch: string, foreign = false): PullRequest['head'] => ({
  branch,
  sha: HEAD_SHA,
  foreign,
})

function of(
  pulls: readonly PullRequest[],
  branches: readonly string[] = ['ao/app-1'],
  object: DesiredSession = worker('app-1', { creationTimestamp: NOW.toISOString() }),
  more: Pick<Attributed, 'adopted' | 'isTaken'> = {},
): ReviewFact {
  return attribute({ object, branches, ...more }, pulls)
}

describe('the pull request of a session (case 10)', () => {
  it('is that of its branch', () => {
    expect(of([pull(1), pull(2, { head: on('ao/app-10') })])).toMatchObject({
      state: 'found',
      pullRequest: { number: 1 },
      others: [],
    })
  })

  it('is not one of a fork that has a branch of this name', () => {
    expect(of([pull(1, { head: on('ao/app-1', true) })])).toEqual({ state: 'none' })
  })

  it('is that of the branch its workspace is on, when the agent renamed it', () => {
    expect(of([pull(1, { head: on('fix/login') })], ['ao/app-1', 'fix/login'])).toMatchObject({
      pullRequest: { number: 1 },
    })
  })

  it('is not one that another session opened, nor one that a namesake left', () => {
    expect(of([pull(1, { session: 'app-2' })])).toEqual({ state: 'none' })
    expect(of([pull(1, { createdAt: '2020-01-01T00:00:00.000Z' })])).toEqual({ state: 'none' })
  })

  it('is never one that a namesake of another operator opened, not even on its branch or of a branch it took over', () => {
    const theirs = pull(1, { otherSession: 'app-1' })
    expect(of([theirs])).toEqual({ state: 'none', elsewhere: 1 })
    expect(of([{ ...theirs, state: 'merged' }])).toEqual({ state: 'none' })
    expect(of([{ ...theirs, head: on('ao/app-1', true) }])).toEqual({ state: 'none' })
    const adopted = { branch: 'ao/app-1', pullRequests: [1] }
    expect(of([theirs], ['ao/app-1'], worker('app-1'), { adopted })).toMatchObject({
      state: 'none',
    })
    expect(of([theirs, pull(2)])).toMatchObject({ pullRequest: { number: 2 }, others: [] })
    const object = worker('app-1', { overrides: { pullRequest: 1 } })
    expect(of([theirs], ['ao/app-1'], object)).toMatchObject({ pullRequest: { number: 1 } })
  })

  it('is one whose marker tells of no home only on its own branch, in a repository of ours', () => {
    const unsigned = { unsigned: 'app-1' }
    expect(of([pull(1, unsigned)])).toMatchObject({ pullRequest: { number: 1 } })
    expect(of([pull(1, { ...unsigned, head: on('ao/app-2') })])).toEqual({ state: 'none' })
    expect(of([pull(1, { ...unsigned, head: on('ao/app-1', true) })])).toEqual({ state: 'none' })
    expect(of([pull(1, { unsigned: 'app-2' })])).toMatchObject({ pullRequest: { number: 1 } })
  })

  it('is not one of a fork, whatever its marker says: markers can be copied', () => {
    expect(of([pull(1, { session: 'app-1', head: on('fix', true) })])).toEqual({ state: 'none' })
    expect(of([pull(1, { session: 'app-1', head: on('fix') })])).toMatchObject({ state: 'found' })
  })

  it('is not one of the same second that was there before, where its forge tells time that finely', () => {
    const at = (createdAt: string): ReviewFact => {
      const creationTimestamp = '2026-01-02T03:04:05.500Z'
      return of([pull(1, { createdAt })], ['ao/app-1'], worker('app-1', { creationTimestamp }))
    }
    expect(at('2026-01-02T03:04:05.499Z')).toEqual({ state: 'none' })
    expect(at('2026-01-02T03:04:05.500Z')).toMatchObject({ state: 'found' })
    expect(at('2026-01-02T03:04:05Z')).toMatchObject({ state: 'found' })
    expect(at('2026-01-02T03:04:04Z')).toEqual({ state: 'none' })
  })

  it('is asked for when two could be meant, and decided by a claim', () => {
    const rivals = [pull(1), pull(2, { base: { branch: 'next', sha: undefined } })]
    const urls = rivals.map(({ url }) => url)
    expect(of(rivals)).toEqual({ state: 'ambiguous', branch: 'ao/app-1', numbers: [1, 2], urls })
    const object = worker('app-1', {
      creationTimestamp: NOW.toISOString(),
      overrides: { pullRequest: 2 },
    })
    expect(of(rivals, ['ao/app-1'], object)).toMatchObject({
      pullRequest: { number: 2 },
      others: [{ number: 1 }],
    })
  })

  it('is asked for when somebody else opened another one of the branch that the session opened its own of', () => {
    const own = pull(1, { session: 'app-1' })
    const base = { branch: 'next', sha: undefined }
    expect(of([own, pull(2, { base })])).toMatchObject({ state: 'ambiguous', numbers: [1, 2] })
    expect(of([own, pull(2, { base, session: 'app-1' })])).toMatchObject({ state: 'found' })
  })

  it('is clear where the session opened all of them itself, from the branch it is on now too', () => {
    const own = { session: 'app-1' }
    const second = pull(2, { ...own, head: on('feat/second') })
    const branches = ['ao/app-1', 'feat/second']
    expect(of([pull(1, own), second], branches)).toMatchObject({
      pullRequest: { number: 1 },
      others: [{ number: 2 }],
    })
    const byHand = pull(3, { head: on('feat/second') })
    expect(of([pull(1, own), byHand], branches)).toMatchObject({
      pullRequest: { number: 1 },
      others: [{ number: 3 }],
    })
    const again = pull(4, { head: on('feat/second'), base: { branch: 'next', sha: undefined } })
    expect(of([pull(1, own), byHand, again], branches)).toEqual({
      state: 'ambiguous',
      branch: 'feat/second',
      numbers: [3, 4],
      urls: [byHand.url, again.url],
    })
  })

  it('is the same one whatever is checked out: of its declared branch, else the lowest', () => {
    const [first, second, third] = [
      pull(1, { session: 'app-1', head: on('feat/first') }),
      pull(2, { session: 'app-1', head: on('feat/second') }),
      pull(3, { session: 'app-1' }),
    ]
    for (const now of ['feat/first', 'feat/second', 'ao/app-1']) {
      const branches = ['ao/app-1', now]
      expect(of([first, second], branches)).toMatchObject({ pullRequest: { number: 1 } })
      expect(of([first, second, third], branches)).toMatchObject({ pullRequest: { number: 3 } })
    }
  })

  it('may be claimed from before the session was there, and from a fork', () => {
    const foreign = pull(9, { head: on('fix', true), createdAt: '2020-01-01T00:00:00.000Z' })
    const object = worker('app-1', { overrides: { pullRequest: 9 } })
    expect(of([foreign], [], object)).toMatchObject({ pullRequest: { number: 9 } })
  })

  it('is not one that was claimed for another, whoever opened it', () => {
    const isTaken = (number: number): boolean => number === 1
    const pulls = [pull(1, { session: 'app-1' }), pull(2, { session: 'app-1' })]
    expect(of(pulls, ['ao/app-1'], worker('app-1'), { isTaken })).toMatchObject({
      pullRequest: { number: 2 },
      others: [],
    })
  })

  it('is the open one of a branch that was taken over, though older, and stays it when it is merged', () => {
    const old = { createdAt: '2020-01-01T00:00:00.000Z', session: 'app-1' }
    const object = worker('app-1', { creationTimestamp: NOW.toISOString() })
    const seen = (pulls: readonly PullRequest[], pullRequests: readonly number[] = []) =>
      of(pulls, ['ao/app-1'], object, { adopted: { branch: 'ao/app-1', pullRequests } })
    expect(seen([pull(1, { ...old, state: 'merged' }), pull(2, old)])).toMatchObject({
      pullRequest: { number: 2 },
    })
    const merged = pull(2, { ...old, state: 'merged' })
    expect(seen([merged])).toEqual({ state: 'none' })
    expect(seen([merged], [2])).toMatchObject({ pullRequest: { number: 2, state: 'merged' } })
    expect(seen([pull(3, { ...old, head: on('ao/other') })])).toEqual({ state: 'none' })
  })

  it('is what was merged, whatever else was closed before or after that', () => {
    const [merged, closed] = [{ state: 'merged' }, { state: 'closed' }] as const
    expect(of([pull(1, merged), pull(2, closed)])).toMatchObject({ pullRequest: { number: 1 } })
    expect(of([pull(1, closed), pull(2, merged)])).toMatchObject({ pullRequest: { number: 2 } })
    expect(of([pull(1, closed), pull(2, closed)])).toMatchObject({ pullRequest: { number: 2 } })
    expect(of([pull(1, merged), pull(2)])).toMatchObject({ pullRequest: { number: 2 } })
  })

  it('may be several: what it opened elsewhere, and what is built on that', () => {
    const pulls = [
      pull(1),
      pull(2, {
        session: 'app-1',
        head: on('ao/app-1-tests'),
        base: { branch: 'ao/app-1', sha: undefined },
      }),
    ]
    expect(of(pulls)).toMatchObject({
      pullRequest: { number: 1, stackedOn: undefined },
      others: [{ number: 2, stackedOn: 1 }],
    })
  })

  it('is the lowest of a stack when its workspace is on a higher one', () => {
    const stack = [
      pull(1),
      pull(2, { head: on('ao/app-1-b'), base: { branch: 'ao/app-1', sha: undefined } }),
    ]
    expect(of(stack, ['ao/app-1', 'ao/app-1-b'])).toMatchObject({
      state: 'found',
      pullRequest: { number: 1, stackedOn: undefined },
      others: [{ number: 2, stackedOn: 1 }],
    })
  })

  it('is an open one as long as there is one', () => {
    const pulls = [
      pull(1, { state: 'merged' }),
      pull(2, { session: 'app-1', head: on('ao/app-1-tests') }),
    ]
    expect(of(pulls)).toMatchObject({ pullRequest: { number: 2 }, others: [] })
    expect(of([pull(1, { state: 'merged' })])).toMatchObject({
      pullRequest: { number: 1, state: 'merged' },
    })
  })
})

describe('the branch that a merge left', () => {
  const left = { state: 'merged', leftover: HEAD_SHA } as const
  const leftovers = (...pulls: readonly PullRequest[]): unknown => {
    const object = worker('app-1', { overrides: { pullRequest: 1 } })
    const seen = of(pulls, ['ao/app-1'], object)
    return seen.state === 'found' ? seen.leftovers : undefined
  }

  it('is the session’s to end, at what was merged, and tells who else needs it', () => {
    const one = { number: 1, branch: 'ao/app-1', sha: HEAD_SHA }
    expect(leftovers(pull(1, left))).toEqual([{ ...one, neededBy: [] }])
    expect(leftovers(pull(1, { ...left, leftover: 'f'.repeat(40) }))).toBeUndefined()
    expect(leftovers(pull(1, { state: 'merged' }))).toBeUndefined()
    const base = { branch: 'ao/app-1', sha: undefined }
    const others = [
      pull(2, { head: on('child'), base, session: 'app-2' }),
      pull(3, { session: 'app-2' }),
      pull(4, { head: on('ao/app-1', true), session: 'app-2' }),
      pull(5, { head: on('old'), base, state: 'closed', session: 'app-2' }),
    ]
    expect(leftovers(pull(1, left), ...others)).toEqual([{ ...one, neededBy: [2, 3] }])
  })

  it('is not when the pull request was only claimed', () => {
    expect(leftovers(pull(1, { ...left, head: on('release') }))).toBeUndefined()
    expect(leftovers(pull(1, { ...left, otherSession: 'app-1' }))).toBeUndefined()
    expect(leftovers(pull(1, { ...left, session: 'app-2' }))).toBeUndefined()
  })
})

describe('what is said on a pull request', () => {
  const comment = (id: string, over: Partial<ReviewComment> = {}): ReviewComment => ({
    id,
    author: 'ann',
    authorType: 'person',
    trusted: true,
    body: `words of ${id}`,
    createdAt: NOW.toISOString(),
    ...over,
  })
  const threadsOf = (...comments: readonly ReviewComment[]) => {
    const seen = of([
      pull(1, { threads: [{ id: 't1', resolved: false, path: 'a.ts', line: 3, comments }] }),
    ])
    return seen.state === 'found' ? seen.pullRequest.threads : []
  }

  it('is what was said since we answered, and who had the last word', () => {
    const answered = comment('c2', { session: 'app-1' })
    expect(threadsOf(comment('c1'), answered)).toEqual([])
    expect(threadsOf(comment('c1'), answered, comment('c3', { authorType: 'bot' }))).toMatchObject([
      { lastId: 'c3', isBot: true, comments: [{ body: 'words of c3' }] },
    ])
  })

  it('is known as ours by its marker and not by the login, which operators share', () => {
    const operator = { author: 'operator' }
    expect(threadsOf(comment('c1', operator))).toHaveLength(1)
    expect(threadsOf(comment('c1', { ...operator, session: 'ao' }))).toEqual([])
  })

  it('by a session of another operator is another agent’s word, and an unsigned one is ours only where the branch is', () => {
    expect(threadsOf(comment('c1', { otherSession: 'app-1' }))).toMatchObject([
      { lastId: 'c1', isBot: true },
    ])
    expect(threadsOf(comment('c1', { unsigned: 'app-1' }))).toEqual([])
    expect(threadsOf(comment('c1', { unsigned: 'app-2' }))).toMatchObject([{ isBot: true }])
    const claimed = worker('app-1', { overrides: { pullRequest: 1 } })
    const threads = [
      { id: 't1', resolved: false, comments: [comment('c1', { unsigned: 'app-1' })] },
    ]
    const elsewhere = pull(1, { head: on('fix'), threads })
    expect(of([elsewhere], ['ao/app-1'], claimed)).toMatchObject({
      pullRequest: { threads: [{ lastId: 'c1' }] },
    })
  })

  it('by strangers is noted and never told (D17)', () => {
    expect(threadsOf(comment('c1', { trusted: false }))).toEqual([])
    const seen = of([pull(1, { comments: [comment('c1', { author: 'eve', trusted: false })] })])
    expect(seen).toMatchObject({ pullRequest: { unheard: ['eve'], requests: [] } })
  })

  it('asks for changes until the head moved and no conversation waits, whatever the forge still says', () => {
    const asked = (sha: string, ...threads: PullRequest['threads']): boolean | undefined => {
      const comments = { ...comment('r1'), verdict: 'request-changes' as const, sha }
      const reviewDecision = 'changes-requested' as const
      const seen = of([pull(1, { reviews: [comments], reviewDecision, threads })])
      return seen.state === 'found' ? seen.pullRequest.answered : undefined
    }
    const waits = { id: 't1', resolved: false, comments: [comment('c1')] }
    const answer = comment('c2', { session: 'app-1' })
    expect(asked(HEAD_SHA)).toBe(false)
    expect(asked('old')).toBe(true)
    expect(asked('old', waits)).toBe(false)
    expect(asked('old', { ...waits, resolved: true })).toBe(true)
    expect(asked('old', { ...waits, comments: [comment('c1'), answer] })).toBe(true)
    expect(of([pull(1)])).toMatchObject({ pullRequest: { answered: false } })
  })

  it('and resolved is over', () => {
    const threads = [{ id: 't1', resolved: true, comments: [comment('c1')] }]
    expect(of([pull(1, { threads })])).toMatchObject({ pullRequest: { threads: [] } })
  })

  it('by checks that were cancelled or left out says nothing, but a required one that was cancelled is not green', () => {
    const check = (
      name: string,
      state: PullRequest['checks'][number]['state'],
      required = true,
    ) => ({
      name,
      state,
      sha: HEAD_SHA,
      required,
    })
    const stateOf = (...checks: readonly ReturnType<typeof check>[]) => {
      const seen = of([pull(1, { checks })])
      return seen.state === 'found' ? seen.pullRequest.checks : undefined
    }
    const optional = check('b', 'cancelled', false)
    expect(stateOf(check('a', 'success'), optional, check('c', 'skipped'))).toBe('passing')
    expect(stateOf(optional)).toBe('none')
    expect(stateOf(check('a', 'success'), check('b', 'cancelled'))).toBe('pending')
    expect(stateOf(check('a', 'failure'), check('b', 'cancelled'))).toBe('failing')
    expect(stateOf(check('a', 'failure'), check('b', 'running'))).toBe('pending')
    expect(stateOf(check('a', 'failure'), check('b', 'success'))).toBe('failing')
  })
})
