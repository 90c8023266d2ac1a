import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { createGitQueue } from '../../src/plugins/git-queue.ts'
import type { Git } from '../../src/plugins/git.ts'
import { createLocalScm } from '../../src/plugins/scm/local.ts'
import type { PullRequest, Scm } from '../../src/plugins/scm.ts'
import { eventually } from '../support/eventually.ts'
import { createScmProcesses, type ScmProcesses } from '../support/scm-processes.ts'
import {
  createLocalScmFixture,
  type LocalScmFixture,
  type LocalScmFixtureOptions,
} from '../support/scm-fixture.ts'
import { HOME_ID, itemsOf, mergedSha, wantedNow } from '../support/scm-wanted.ts'
import { describeScm } from './scm-conformance.ts'

describeScm('local', createLocalScmFixture)

/** The person's hooks are there to see whether we run them. */
const QUIET = ['-c', 'core.hooksPath=/dev/null']
const { signal } = new AbortController()
const fixtures: LocalScmFixture[] = []
let processes: ScmProcesses

beforeAll(async () => {
  processes = await createScmProcesses()
})
afterAll(() => {
  processes.remove()
})
afterEach(async () => {
  for (const fixture of fixtures.splice(0)) {
    try {
      fixture.assertUntouched()
    } finally {
      await fixture.remove()
    }
  }
})

async function make(options: LocalScmFixtureOptions = {}): Promise<LocalScmFixture> {
  const fixture = await createLocalScmFixture(options)
  fixtures.push(fixture)
  return fixture
}

async function open(
  { scm, project }: Pick<LocalScmFixture, 'scm' | 'project'>,
  head: string,
  draft = false,
): Promise<PullRequest> {
  const request = { title: head, body: '', author: 'sam', session: undefined }
  return scm.create(project, { ...request, head, base: 'main', draft }, signal)
}

async function observe(fixture: LocalScmFixture): Promise<readonly PullRequest[]> {
  const seen = await fixture.scm.observe(fixture.project, await fixture.look(), wantedNow(), signal)
  if (seen.state !== 'found') throw new Error(JSON.stringify(seen))
  return seen.value.items
}

async function get({ scm, project }: LocalScmFixture, number = 1): Promise<PullRequest> {
  const pull = await scm.get(project, number, { watchPaths: [] }, signal)
  if (pull === undefined) throw new Error(`there is no #${number}`)
  return pull
}

async function check(fixture: LocalScmFixture, number = 1): Promise<PullRequest> {
  await fixture.scm.runChecks?.(fixture.project, await get(fixture, number), signal)
  return get(fixture, number)
}

/** An adapter on the same repository whose git the test can see and disturb. */
function withGit(fixture: LocalScmFixture, git: Git): Scm {
  return createLocalScm({
    git,
    queue: createGitQueue(),
    homeId: () => HOME_ID,
    now: () => new Date(),
    id: randomUUID,
    env: fixture.repo.env,
    slots: 2,
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function checkouts(fixture: LocalScmFixture): readonly string[] {
  const folder = join(fixture.repo.home, 'worktrees', 'app', '.checks')
  return existsSync(folder) ? readdirSync(folder) : []
}

function worktrees({ repo }: LocalScmFixture): number {
  return repo.run(['worktree', 'list']).split('\n').length
}

describe('local scm beside other processes', () => {
  test('twenty at once get twenty numbers', async () => {
    const fixture = await make()
    const heads = Array.from({ length: 20 }, (_, index) => `head-${index}`)
    for (const head of heads) await fixture.branch(head, `${head}.txt`, head)
    const outcomes = await processes.race(
      fixture,
      heads.map(head => ({ type: 'create', head, base: 'main' })),
    )
    const numbers = outcomes.map(({ value }) => Number(value)).sort((a, b) => a - b)
    expect(numbers).toEqual(heads.map((_, index) => index + 1))
    const pulls = await observe(fixture)
    expect(pulls.map(pull => pull.head.branch).sort()).toEqual([...heads].sort())
  })

  test('ten at once with the same head and base get the same number (A10)', async () => {
    const fixture = await make()
    await fixture.branch('one', 'one.txt', 'one')
    const call = { type: 'create', head: 'one', base: 'main' } as const
    const outcomes = await processes.race(
      fixture,
      Array.from({ length: 10 }, () => call),
    )
    expect(outcomes.map(({ value }) => value)).toEqual(Array.from({ length: 10 }, () => 1))
    expect(await observe(fixture)).toHaveLength(1)
  })

  test('ten reviews at once are all kept, and the records before them too', async () => {
    const fixture = await make()
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const authors = Array.from({ length: 10 }, (_, index) => `reviewer-${index}`)
    const outcomes = await processes.race(
      fixture,
      authors.map(author => ({ type: 'review', number: 1, author })),
    )
    expect(outcomes.map(({ ok }) => ok)).toEqual(authors.map(() => true))
    const { reviews } = await get(fixture)
    expect(reviews.map(review => review.author).sort()).toEqual(authors)
    expect(fixture.repo.run(['rev-list', '--count', 'refs/ao/pulls/1/meta'])).toBe('11')
  })

  test('five at once merge one head once', async () => {
    const fixture = await make()
    const expectedHead = await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const call = { type: 'merge', number: 1, expectedHead } as const
    const outcomes = await processes.race(
      fixture,
      Array.from({ length: 5 }, () => call),
    )
    const base = await fixture.remoteBase()
    expect(outcomes).toEqual(outcomes.map(() => ({ ok: true, value: base })))
    expect(fixture.repo.run(['rev-list', '--count', '--merges', base])).toBe('1')
  })

  test('five heads merged at once are all in the base', async () => {
    const fixture = await make()
    const calls = []
    for (const number of [1, 2, 3, 4, 5]) {
      const expectedHead = await fixture.branch(`head-${number}`, `${number}.txt`, `${number}`)
      await open(fixture, `head-${number}`)
      calls.push({ type: 'merge', number, expectedHead } as const)
    }
    const outcomes = await processes.race(fixture, calls)
    expect(outcomes.map(({ ok }) => ok)).toEqual(calls.map(() => true))
    const pulls = await observe(fixture)
    expect(pulls.map(pull => pull.state)).toEqual(calls.map(() => 'merged'))
    const merges = fixture.repo.run(['rev-list', '--merges', await fixture.remoteBase()])
    expect(merges.split('\n').sort()).toEqual(pulls.map(pull => pull.mergeSha ?? '').sort())
  })

  test('two at once run each check once', async () => {
    const log = `${randomUUID()}.txt`
    const fixture = await make({
      settings: {
        checks: ['a', 'b', 'c'].map(name => ({ name, command: `echo ${name} >> "$HOME/${log}"` })),
      },
    })
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const call = { type: 'checks', number: 1 } as const
    await processes.race(fixture, [call, call])
    const pull = await check(fixture)
    expect(pull.checks.map(({ state }) => state)).toEqual(['success', 'success', 'success'])
    const lines = readFileSync(join(fixture.repo.root, 'person', log), 'utf8')
      .trim()
      .split('\n')
    expect(lines.toSorted()).toEqual(['a', 'b', 'c'])
  })
})

describe('local scm looking', () => {
  test('a quiet cycle starts no process', async () => {
    const fixture = await make({ settings: { checks: [{ name: 'unit', command: 'true' }] } })
    for (const name of ['one', 'two', 'three']) {
      await fixture.branch(name, `${name}.txt`, name)
      await open(fixture, name)
    }
    await check(fixture)
    const calls: string[] = []
    const scm = withGit(fixture, async (cwd, args, call) => {
      calls.push(args[0] ?? '')
      return fixture.repo.git(cwd, args, call)
    })
    const look = await fixture.look()
    const first = await scm.observe(fixture.project, look, wantedNow(['.ao']), signal)
    expect(calls.filter(command => command === 'cat-file')).toHaveLength(2)
    calls.length = 0
    expect(itemsOf(await scm.observe(fixture.project, look, wantedNow(['.ao']), signal))).toEqual(
      itemsOf(first),
    )
    expect(calls).toEqual([])
    await fixture.commit('two', 'two.txt', 'more')
    await scm.observe(fixture.project, await fixture.look(), wantedNow(['.ao']), signal)
    expect(calls.toSorted()).toEqual(['diff', 'merge-base', 'merge-tree'])
  })

  test('looking leaves no object behind', async () => {
    const fixture = await make()
    await fixture.branch('one', 'one.txt', 'one')
    await fixture.advanceBase('other.txt', 'other')
    await open(fixture, 'one')
    const look = await fixture.look()
    const before = fixture.repo.run(['count-objects', '-v'])
    const seen = await fixture.scm.observe(fixture.project, look, wantedNow(['one.txt']), signal)
    expect(seen).toMatchObject({
      value: { items: [{ mergeable: 'clean', touched: ['one.txt'] }] },
    })
    expect(fixture.repo.run(['count-objects', '-v'])).toBe(before)
  })

  test('all open ones and the last fifty others are shown', async () => {
    const fixture = await make()
    await fixture.branch('first', 'first.txt', 'first')
    await open(fixture, 'first')
    await fixture.branch('one', 'one.txt', 'one')
    for (let number = 2; number <= 53; number += 1) {
      await open(fixture, 'one')
      await fixture.scm.close(fixture.project, number, 'sam', signal)
    }
    const numbers = (await observe(fixture)).map(pull => pull.number)
    expect(numbers).toEqual([1, ...Array.from({ length: 50 }, (_, index) => index + 4)])
  })

  test('when the branch is gone the recorded head stands (B12)', async () => {
    const fixture = await make()
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const head = await fixture.commit('one', 'one.txt', 'two')
    const review = { verdict: 'comment', body: '', author: 'ann', session: undefined } as const
    await fixture.scm.review(fixture.project, 1, review, signal)
    fixture.repo.run([...QUIET, 'branch', '-q', '-D', 'one'])
    expect((await get(fixture)).head).toEqual({ branch: 'one', sha: head, foreign: false })
    const merge = { expectedHead: head, by: 'sam' }
    const mergeSha = mergedSha(await fixture.scm.merge(fixture.project, 1, merge, signal))
    expect(await fixture.parentsOf(mergeSha)).toContain(head)
  })

  test('a branch that a person merged is seen as merged, one that was reset is not', async () => {
    const fixture = await make()
    const head = await fixture.branch('one', 'one.txt', 'one')
    await fixture.branch('two', 'two.txt', 'two')
    await open(fixture, 'one')
    await open(fixture, 'two')
    const { repo, work } = fixture
    repo.run([...QUIET, 'checkout', '-q', '--detach', 'origin/main'], work)
    repo.run([...QUIET, 'merge', '-q', '--no-ff', '-m', 'By hand', 'one'], work)
    repo.run([...QUIET, 'push', '-q', 'origin', 'HEAD:main'], work)
    repo.run([...QUIET, 'update-ref', 'refs/heads/two', 'HEAD~1'], work)
    const mergeSha = await fixture.remoteBase()
    expect(await observe(fixture)).toMatchObject([
      { number: 1, state: 'merged', mergeSha },
      { number: 2, state: 'open' },
    ])
    const merge = async (number: number, expectedHead: string): Promise<unknown> =>
      fixture.scm.merge(fixture.project, number, { expectedHead, by: 'sam' }, signal)
    expect(await merge(1, head)).toEqual({ state: 'merged', mergeSha })
    const tip = repo.run(['rev-parse', 'two'])
    await expect(merge(2, tip)).rejects.toThrow(/nothing to merge/)
    expect(await fixture.remoteBase()).toBe(mergeSha)
  })

  test('a record that is not ours makes the look unknown and names the ref', async () => {
    const fixture = await make()
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    fixture.repo.run([...QUIET, 'update-ref', 'refs/ao/pulls/2/meta', 'HEAD'])
    const look = await fixture.look()
    expect(await fixture.scm.observe(fixture.project, look, wantedNow(), signal)).toEqual({
      state: 'unknown',
      reason: 'refs/ao/pulls/2/meta is not a record of ours',
    })
    expect((await get(fixture)).number).toBe(1)
  })

  test('a draft is not merged until it is asked for again as ready', async () => {
    const fixture = await make()
    const expectedHead = await fixture.branch('one', 'one.txt', 'one')
    expect((await open(fixture, 'one', true)).draft).toBe(true)
    const merge = { expectedHead, by: 'sam' }
    await expect(fixture.scm.merge(fixture.project, 1, merge, signal)).rejects.toMatchObject({
      code: 'Refused',
    })
    expect(await open(fixture, 'one')).toMatchObject({ number: 1, draft: false })
    await fixture.scm.merge(fixture.project, 1, merge, signal)
    expect((await get(fixture)).state).toBe('merged')
  })

  test('a branch without commits of its own opens nothing', async () => {
    const fixture = await make()
    await fixture.branch('one', 'one.txt', 'one')
    const request = { head: 'one', base: 'main', title: 'x', body: '', draft: false, author: 'sam' }
    fixture.repo.run([...QUIET, 'update-ref', 'refs/heads/one', 'origin/main'])
    await expect(
      fixture.scm.create(fixture.project, { ...request, session: undefined }, signal),
    ).rejects.toMatchObject({ code: 'Refused' })
  })

  test('texts are plain and bounded', async () => {
    const fixture = await make()
    await fixture.branch('one', 'one.txt', 'one')
    const title = `\u001b[31mRed\u001b[0m\n“title” ${'x'.repeat(1000)}`
    const request = { head: 'one', base: 'main', body: 'é\u0000\n'.repeat(50_000), draft: false }
    await fixture.scm.create(
      fixture.project,
      { ...request, title, author: 'sam', session: undefined },
      signal,
    )
    const pull = await get(fixture)
    expect(pull.title).toMatch(/^Red “title” x+$/)
    expect(Buffer.byteLength(pull.title)).toBeLessThanOrEqual(256)
    expect(pull.body).toMatch(/^é\né/)
    expect(Buffer.byteLength(pull.body)).toBeLessThanOrEqual(64 * 1024)
  })
})

describe('local scm merging', () => {
  test('interrupted between push and record, the merge is recorded and not made twice (A11)', async () => {
    const fixture = await make()
    const expectedHead = await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const scm = withGit(fixture, async (cwd, args, call) => {
      const result = await fixture.repo.git(cwd, args, call)
      if (args[0] === 'push') throw new Error('killed')
      return result
    })
    const merge = { expectedHead, by: 'sam' }
    await expect(scm.merge(fixture.project, 1, merge, signal)).rejects.toThrow('killed')
    const base = await fixture.remoteBase()
    // Nor does it help to have forgotten what was pushed.
    fixture.repo.run([...QUIET, 'update-ref', 'refs/remotes/origin/main', `${base}^1`])
    expect(await fixture.scm.merge(fixture.project, 1, merge, signal)).toEqual({
      state: 'merged',
      mergeSha: base,
    })
    expect(await fixture.remoteBase()).toBe(base)
    expect(await get(fixture)).toMatchObject({ state: 'merged', mergeSha: base })
  })

  test('what origin declines is refused with its words', async () => {
    const fixture = await make()
    const expectedHead = await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const hook = join(fixture.repo.origin, 'hooks', 'update')
    fixture.repo.write(
      hook.slice(fixture.repo.root.length + 1),
      '#!/bin/sh\nexit 1\n',
      fixture.repo.root,
    )
    chmodSync(hook, 0o755)
    await expect(
      fixture.scm.merge(fixture.project, 1, { expectedHead, by: 'sam' }, signal),
    ).rejects.toMatchObject({ code: 'Refused', message: expect.stringMatching(/hook declined/) })
    expect((await get(fixture)).state).toBe('open')
  })

  test('an origin that is gone is unreachable and retried', async () => {
    const fixture = await make()
    const expectedHead = await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    renameSync(fixture.repo.origin, `${fixture.repo.origin}.away`)
    await expect(
      fixture.scm.merge(fixture.project, 1, { expectedHead, by: 'sam' }, signal),
    ).rejects.toMatchObject({ code: 'Unreachable', retryable: true })
    expect((await get(fixture)).state).toBe('open')
  })

  test('without a remote a checked-out base blocks and names where', async () => {
    const fixture = await make({ origin: false })
    const expectedHead = await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    await expect(
      fixture.scm.merge(fixture.project, 1, { expectedHead, by: 'sam' }, signal),
    ).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining(`main is checked out in ${fixture.repo.path}`),
    })
    expect((await get(fixture)).state).toBe('open')
  })

  test('without a remote a base that nobody has checked out moves', async () => {
    const fixture = await make({ origin: false })
    const { repo, scm, project } = fixture
    const base = repo.run(['rev-parse', 'main'])
    await fixture.branch('trunk', 'trunk.txt', 'trunk')
    const head = await fixture.branch('one', 'one.txt', 'one')
    const request = { title: 'One', body: '', author: 'sam', session: undefined, draft: false }
    await scm.create(project, { ...request, head: 'one', base: 'trunk' }, signal)
    const mergeSha = mergedSha(
      await scm.merge(project, 1, { expectedHead: head, by: 'sam' }, signal),
    )
    expect(repo.run(['rev-parse', 'trunk'])).toBe(mergeSha)
    expect(repo.run(['show', '-s', '--format=%s', mergeSha])).toBe('Merge pull request #1: One')
    expect(repo.run(['rev-parse', 'main'])).toBe(base)
  })
})

describe('local scm checks', () => {
  test('a check is judged by its exit code, in an emptied environment and a fresh checkout', async () => {
    const fixture = await make({
      settings: {
        checks: [
          { name: 'good', command: 'test "$CI" = true && cat one.txt && git log -1 --format=%H' },
          { name: 'bad', command: 'echo "$SECRET$PWD"; echo oops >&2; exit 3', required: false },
        ],
      },
    })
    process.env['SECRET'] = 'canary'
    const sha = await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    expect((await get(fixture)).checks.map(({ state }) => state)).toEqual(['pending', 'pending'])
    const before = worktrees(fixture)
    const { checks } = await check(fixture)
    delete process.env['SECRET']
    expect(checks).toMatchObject([
      { name: 'good', sha, state: 'success', required: true, logTail: `one${sha}\n` },
      { name: 'bad', sha, state: 'failure', required: false },
    ])
    expect(checks[1]?.logTail).toMatch(/oops\nexit code 3\n$/)
    expect(checks[1]?.logTail).toContain(join(fixture.repo.home, 'worktrees', 'app', '.checks'))
    expect(checks[1]?.logTail).not.toContain('canary')
    expect(checkouts(fixture)).toEqual([])
    expect(worktrees(fixture)).toBe(before)
  })

  test('a result is made once for each commit and command', async () => {
    const fixture = await make()
    const count = join(fixture.repo.root, 'person', 'count')
    const config = (command: string): LocalScmFixture['project'] => ({
      ...fixture.project,
      config: { plugin: 'local', checks: [{ name: 'unit', command }] },
    })
    const run = async (command: string): Promise<number> => {
      const project = config(command)
      const pull = await fixture.scm.get(project, 1, { watchPaths: [] }, signal)
      if (pull !== undefined) await fixture.scm.runChecks?.(project, pull, signal)
      return readFileSync(count, 'utf8').length
    }
    const command = 'printf . >> "$HOME/count"'
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    expect(await run(command)).toBe(1)
    expect(await run(command)).toBe(1)
    await fixture.commit('one', 'one.txt', 'two')
    expect(await run(command)).toBe(2)
    expect(await run(`${command} && true`)).toBe(3)
    expect(await run(`${command} && true`)).toBe(3)
  })

  test('a check that takes too long has failed, and nothing of it goes on', async () => {
    const fixture = await make({
      settings: {
        checks: [
          { name: 'slow', timeout: '300ms', command: 'echo $$ > "$HOME/pid"; sleep 60 & wait' },
        ],
      },
    })
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const [slow] = (await check(fixture)).checks
    expect(slow).toMatchObject({ state: 'failure', logTail: expect.stringMatching(/timed out/) })
    const pid = Number(readFileSync(join(fixture.repo.root, 'person', 'pid'), 'utf8'))
    expect(isAlive(pid)).toBe(false)
    await eventually('the end of the group', () => !isAlive(-pid))
  })

  test('what a check leaves in the background ends with it and does not hold it up', async () => {
    const fixture = await make({
      settings: { checks: [{ name: 'server', command: 'sleep 60 & echo $! > "$HOME/pid"' }] },
    })
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const startedAt = Date.now()
    expect((await check(fixture)).checks[0]?.state).toBe('success')
    expect(Date.now() - startedAt).toBeLessThan(20_000)
    const pid = Number(readFileSync(join(fixture.repo.root, 'person', 'pid'), 'utf8'))
    await eventually('the end of the background process', () => !isAlive(pid))
  })

  test('of a long log the end is kept, plain', async () => {
    const command = "yes 'a line of a log' | head -n 20000; printf '\\033[31mlast\\033[0m\\a\\n'"
    const fixture = await make({ settings: { checks: [{ name: 'loud', command }] } })
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const [loud] = (await check(fixture)).checks
    expect(Buffer.byteLength(loud?.logTail ?? '')).toBeLessThanOrEqual(8192)
    expect(loud?.logTail).toMatch(/a line of a log\nlast\n$/)
  })

  test('an aborted check has no result and is run again', async () => {
    const fixture = await make({
      settings: {
        checks: [
          { name: 'unit', command: 'printf . >> "$HOME/n"; test -e "$HOME/go" || sleep 60' },
        ],
      },
    })
    await fixture.branch('one', 'one.txt', 'one')
    const pull = await open(fixture, 'one')
    const marker = join(fixture.repo.root, 'person', 'n')
    const controller = new AbortController()
    const running = fixture.scm.runChecks?.(fixture.project, pull, controller.signal)
    const refused = expect(running).rejects.toMatchObject({ code: 'Interrupted' })
    await eventually('the check', () => existsSync(marker))
    expect((await get(fixture)).checks[0]?.state).toBe('running')
    controller.abort()
    await refused
    expect((await get(fixture)).checks[0]?.state).toBe('pending')
    expect(checkouts(fixture)).toEqual([])
    fixture.repo.write('go', '', join(fixture.repo.root, 'person'))
    expect((await check(fixture)).checks[0]?.state).toBe('success')
    expect(readFileSync(marker, 'utf8')).toBe('..')
  })

  test('a check whose process was killed is run again, and its remains are cleared (A16)', async () => {
    const fixture = await make({
      settings: {
        checks: [
          {
            name: 'unit',
            command: 'echo $$ >> "$HOME/pids"; test -e "$HOME/go" || sleep 60 & wait',
          },
        ],
      },
    })
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const before = worktrees(fixture)
    const child = await processes.start(fixture, { type: 'checks', number: 1 })
    const pids = join(fixture.repo.root, 'person', 'pids')
    await eventually('the check', () => existsSync(pids) && readFileSync(pids, 'utf8') !== '')
    expect((await get(fixture)).checks[0]?.state).toBe('running')
    // Not before the command is noted, which is when a crash can be cleaned up wholly.
    const [holder = ''] = checkouts(fixture)
    const owner = join(fixture.repo.home, 'worktrees', 'app', '.checks', holder, 'owner.json')
    await eventually('the note', () => readFileSync(owner, 'utf8').includes('"command"'))
    child.kill('SIGKILL')
    await new Promise(resolve => child.once('close', resolve))
    expect((await get(fixture)).checks[0]?.state).toBe('pending')
    expect(checkouts(fixture)).toHaveLength(1)
    const orphan = Number(readFileSync(pids, 'utf8'))
    expect(isAlive(orphan)).toBe(true)

    fixture.repo.write('go', '', join(fixture.repo.root, 'person'))
    expect((await check(fixture)).checks[0]?.state).toBe('success')
    expect(checkouts(fixture)).toEqual([])
    expect(worktrees(fixture)).toBe(before)
    await eventually('the end of the orphan', () => !isAlive(orphan))
  })

  test('what is not ours in the place of checkouts stays', async () => {
    const fixture = await make({ settings: { checks: [{ name: 'unit', command: 'true' }] } })
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const folder = join(fixture.repo.home, 'worktrees', 'app', '.checks')
    const gone = { pid: 2 ** 22 + 1, bootId: 'x', start: '1' }
    fixture.repo.write(join('1-person', 'file'), 'theirs', folder)
    const theirs = { purpose: 'check', home: '/elsewhere', commonDir: '/elsewhere', maker: gone }
    fixture.repo.write(join('2-other', 'owner.json'), JSON.stringify(theirs), folder)
    mkdirSync(join(folder, `${gone.pid}-unfilled`))
    await check(fixture)
    expect(checkouts(fixture).toSorted()).toEqual(['1-person', '2-other'])
  })

  test('two checks of one name are refused by name', async () => {
    const checks = [1, 2].map(() => ({ name: 'unit', command: 'true' }))
    const fixture = await make({ settings: { checks } })
    await fixture.branch('one', 'one.txt', 'one')
    const seen = await fixture.scm.observe(
      fixture.project,
      await fixture.look(),
      wantedNow(),
      signal,
    )
    expect(seen).toMatchObject({ state: 'unknown', reason: expect.stringMatching(/"unit" twice/) })
  })

  test('approvals are as many as the project asks for', async () => {
    const fixture = await make({ settings: { approvals: 2 } })
    await fixture.branch('one', 'one.txt', 'one')
    await open(fixture, 'one')
    const approve = async (author: string): Promise<PullRequest> => {
      const review = { verdict: 'approve', body: '', author, session: undefined } as const
      await fixture.scm.review(fixture.project, 1, review, signal)
      return get(fixture)
    }
    expect(await approve('ann')).toMatchObject({
      approvals: { have: 1, need: 2 },
      reviewDecision: 'none',
    })
    expect((await approve('ann')).approvals.have).toBe(1)
    expect(await approve('ben')).toMatchObject({
      approvals: { have: 2, need: 2 },
      reviewDecision: 'approved',
    })
  })
})
