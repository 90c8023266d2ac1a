import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createGit } from '../../src/plugins/git.ts'
import { createGitQueue } from '../../src/plugins/git-queue.ts'
import { eventually } from '../support/eventually.ts'
import { createGitRepo, type GitRepo } from '../support/git-repo.ts'

const never = new AbortController().signal

describe('git', () => {
  let repo: GitRepo
  beforeEach(() => {
    repo = createGitRepo()
  })
  afterEach(() => {
    repo.remove()
  })

  test('gives the output, and an exit code that is allowed', async () => {
    expect((await repo.git(repo.path, ['rev-parse', 'HEAD'])).stdout).toMatch(/^[0-9a-f]{40}\n$/)
    const answer = await repo.git(repo.path, ['merge-base', '--is-ancestor', 'HEAD', 'HEAD~1'], {
      allow: [0, 1],
    })
    expect(answer.exitCode).toBe(1)
  })

  test('names the command, the directory and what git said', async () => {
    await expect(repo.git(repo.path, ['rev-parse', '--verify', 'nothing'])).rejects.toMatchObject({
      code: 'CommandFailed',
      message: expect.stringMatching(/git rev-parse --verify nothing in .*repo ended with 128: /),
    })
  })

  test.each([
    ['a missing directory', 'nowhere', ['status'], 'NotFound'],
    ['a directory outside of any repository', '.', ['status'], 'NotFound'],
    ['an origin that is gone', 'repo', ['fetch', '/nowhere/at-all.git'], 'Unreachable'],
    ['a branch that origin has not', 'repo', ['fetch', 'origin', 'nobranch'], 'NotFound'],
  ])('tells %s apart', async (_what, folder, args, code) => {
    await expect(repo.git(join(repo.root, folder), args)).rejects.toMatchObject({ code })
  })

  test('says that git is missing when it is', async () => {
    const git = createGit({ env: repo.env, gitPath: 'git-that-is-not-there' })
    await expect(git(repo.path, ['status'])).rejects.toMatchObject({ code: 'EnvironmentMissing' })
  })

  test('never removes a lock file of somebody else (B16)', async () => {
    const lock = join(repo.path, '.git', 'index.lock')
    writeFileSync(lock, '')
    await expect(repo.git(repo.path, ['add', '-A'])).rejects.toMatchObject({
      code: 'Locked',
      retryable: true,
    })
    expect(existsSync(lock)).toBe(true)
  })

  test('does not run hooks and does not follow the starter to another repository', async () => {
    const other = createGitRepo()
    try {
      repo.write('.git/hooks/reference-transaction', '#!/bin/sh\ntouch "$HOME/ran"\n')
      repo.run(['config', 'core.fileMode', 'true'])
      const git = createGit({
        env: { ...repo.env, GIT_DIR: join(other.path, '.git'), GIT_INDEX_FILE: '/nowhere' },
      })
      await git(repo.path, ['update-ref', 'refs/heads/mine', 'HEAD'])
      expect(repo.run(['branch', '--list', 'mine'])).toContain('mine')
      expect(existsSync(join(repo.root, 'person', 'ran'))).toBe(false)
    } finally {
      other.remove()
    }
  })

  test('ends within its time, with everything it started', async () => {
    const pidFile = join(repo.root, 'pid')
    repo.run(['config', 'alias.hang', `!echo $$ > ${pidFile}; sleep 600`])
    const hanging = repo.git(repo.path, ['hang'], { timeoutMs: 700 })
    await expect(hanging).rejects.toMatchObject({ code: 'Timeout', retryable: true })
    const pid = Number(readFileSync(pidFile, 'utf8'))
    await eventually('the child is gone', () => !isAlive(pid))
  })
})

describe('the git queue', () => {
  test('runs one at a time and in order for a key, and other keys meanwhile', async () => {
    const queue = createGitQueue()
    const log: string[] = []
    const work = (name: string) => async (): Promise<void> => {
      log.push(`${name} begins`)
      await new Promise(resolve => setImmediate(resolve))
      log.push(`${name} ends`)
    }
    await Promise.all([
      queue.exclusive('a', work('one'), never),
      queue.exclusive('a', work('two'), never),
      queue.exclusive('b', work('other'), never),
    ])
    expect(log.filter(line => !line.startsWith('other'))).toEqual([
      'one begins',
      'one ends',
      'two begins',
      'two ends',
    ])
    expect(log.indexOf('other begins')).toBeLessThan(log.indexOf('one ends'))
  })

  test('lets a waiting call leave without taking its turn', async () => {
    const queue = createGitQueue({ slots: 1 })
    const leave = new AbortController()
    let open = (): void => undefined
    const first = queue.parallel(
      async () =>
        new Promise<void>(resolve => {
          open = resolve
        }),
      never,
    )
    const second = queue.parallel(async () => 'never', leave.signal)
    const third = queue.parallel(async () => 'third', never)
    leave.abort()
    await expect(second).rejects.toMatchObject({ code: 'Interrupted' })
    open()
    await first
    expect(await third).toBe('third')
  })

  test('shares running work, and stops it only when every caller has left', async () => {
    const queue = createGitQueue()
    const callers = [new AbortController(), new AbortController()]
    let runs = 0
    let isStopped = false
    const work = async (signal: AbortSignal): Promise<never> => {
      runs += 1
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isStopped = true
          reject(new Error('stopped'))
        })
      })
    }
    const calls = callers.map(async ({ signal }) =>
      queue.coalesced('fetch', work, signal).catch((error: { code: string }) => error.code),
    )
    callers[0]?.abort()
    expect(await calls[0]).toBe('Interrupted')
    expect(isStopped).toBe(false)
    callers[1]?.abort()
    expect(await calls[1]).toBe('Interrupted')
    expect(isStopped).toBe(true)
    expect(runs).toBe(1)
    expect(await queue.coalesced('fetch', async () => 'again', never)).toBe('again')
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
