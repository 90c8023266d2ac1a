import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createGit } from '../../src/plugins/git.ts'
import type { RepositoryFacts } from '../../src/plugins/workspace.ts'
import { ownerRef } from '../../src/resource/refs.ts'
import { readWorktrees } from '../../src/plugins/workspace/worktree-layout.ts'
import { createWorktreeWorkspace } from '../../src/plugins/workspace/worktree.ts'
import { createWorktreeBench, type WorktreeBench } from '../support/worktree-bench.ts'

describe('observing a repository', () => {
  let bench: WorktreeBench
  beforeEach(() => {
    bench = createWorktreeBench()
  })
  afterEach(() => {
    try {
      bench.sentinel.check()
    } finally {
      bench.repo.remove()
    }
  })

  async function look(path = bench.repo.path): Promise<RepositoryFacts> {
    const seen = await bench.workspace.observe(path, bench.signal)
    if (seen.state !== 'found') throw new Error(JSON.stringify(seen))
    return seen.value
  }

  test('tells refs, heads, origin and every worktree with its owner', async () => {
    const target = bench.target('app-1')
    await bench.prepared(target)
    const facts = await look()
    expect(facts).toMatchObject({
      path: bench.repo.path,
      commonDir: join(bench.repo.path, '.git'),
      originHead: 'main',
      headBranch: 'main',
      hasOrigin: true,
      fetchedAt: undefined,
      busy: undefined,
    })
    expect(facts.refs.get('refs/heads/ao/app-1')).toBe(bench.base)
    expect(facts.refs.get('refs/remotes/origin/main')).toBe(bench.base)
    expect(facts.refs.get(ownerRef('app-1', target.uid))).toBe(bench.base)
    expect(facts.worktrees).toEqual([
      {
        path: target.path,
        gitDir: join(bench.repo.path, '.git/worktrees/app-1'),
        branch: 'ao/app-1',
        present: true,
        initializing: false,
        owner: {
          uid: target.uid,
          session: 'app-1',
          home: bench.repo.home,
          stage: 'prepared',
          purpose: 'session',
          links: [],
        },
      },
      expect.objectContaining({ branch: 'foreign-worktree', present: true, owner: undefined }),
    ])
  })

  test('sees a checkout that was deleted by hand (B7), detached or switched (B10)', async () => {
    const [gone, detached] = [bench.target('app-1'), bench.target('app-2')]
    await bench.make(gone)
    await bench.make(detached)
    await look()
    rmSync(gone.path, { recursive: true })
    bench.repo.run(['switch', '-q', '--detach'], detached.path)
    const facts = await look()
    expect(facts.worktrees.find(one => one.path === gone.path)?.present).toBe(false)
    expect(facts.worktrees.find(one => one.path === detached.path)?.branch).toBeUndefined()
  })

  test('sees the fetch it made', async () => {
    const options = { timeoutMs: 10_000 }
    const before = Date.now() - 2000
    await Promise.all([
      bench.workspace.fetch(bench.repo.path, 'main', options, bench.signal),
      bench.workspace.fetch(bench.repo.path, 'main', options, bench.signal),
    ])
    expect((await look()).fetchedAt).toBeGreaterThan(before)
  })

  test('names what the person is in the middle of', async () => {
    const marker = join(bench.repo.path, '.git', 'rebase-merge')
    mkdirSync(marker)
    expect((await look()).busy).toBe('rebase-merge')
    rmSync(marker, { recursive: true })
  })

  test('gives real paths for a repository that is reached through a symlink', async () => {
    symlinkSync(bench.repo.path, join(bench.repo.root, 'link'))
    expect((await look(join(bench.repo.root, 'link'))).path).toBe(bench.repo.path)
  })

  test('says absent for what is no repository, and unknown for what it could not read (B15)', async () => {
    const { repo, workspace, signal } = bench
    expect(await workspace.observe(join(repo.root, 'nowhere'), signal)).toEqual({ state: 'absent' })
    expect(await workspace.observe(repo.home, signal)).toEqual({ state: 'absent' })
    const broken = join(repo.root, 'broken')
    mkdirSync(join(broken, '.git'), { recursive: true })
    expect(await workspace.observe(broken, signal)).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('not a git repository'),
    })
    const blind = createWorktreeWorkspace({
      git: createGit({ env: repo.env, gitPath: '/nowhere/git' }),
      env: repo.env,
    })
    expect(await blind.observe(repo.path, signal)).toMatchObject({ state: 'unknown' })
  })

  test('reads the owner file again when it changed, and not for a foreign one', async () => {
    const target = bench.target('app-1')
    await bench.make(target)
    expect((await look()).worktrees[0]?.owner?.stage).toBe('populated')
    await bench.workspace.prepare(target, bench.setup(), bench.signal)
    expect((await look()).worktrees[0]?.owner?.stage).toBe('prepared')
    writeFileSync(join(bench.repo.path, '.git/worktrees/app-1/ao.json'), '{"uid":1}')
    expect((await look()).worktrees[0]?.owner).toBeUndefined()
  })

  test('reads nothing again of 300 worktrees that are as they were', () => {
    const common = join(bench.repo.root, 'many')
    for (let index = 0; index < 300; index += 1) fakeWorktree(bench, common, index)
    const memory = { before: new Map(), now: new Map() }
    expect(readWorktrees(common, memory)).toHaveLength(300)
    // What is told from memory alone shows by what only the memory says.
    const remembered = [...memory.now].map(([path, { stamp, text }]) => {
      return [path, { stamp, text: text.replace('"home":"/h"', '"home":"/remembered"') }] as const
    })
    const found = readWorktrees(common, { before: new Map(remembered), now: new Map() })
    expect(found).toHaveLength(300)
    expect(found.every(one => one.present && one.owner?.home === '/remembered')).toBe(true)
  })

  test('starts one child process', async () => {
    const log = join(bench.repo.root, 'calls')
    const counting = join(bench.repo.root, 'git-counting')
    writeFileSync(counting, `#!/bin/sh\necho "$@" >> ${log}\nexec git "$@"\n`, { mode: 0o755 })
    const workspace = createWorktreeWorkspace({
      git: createGit({ env: bench.repo.env, gitPath: counting }),
      env: bench.repo.env,
    })
    await workspace.observe(bench.repo.path, bench.signal)
    expect(execFileSync('wc', ['-l', log], { encoding: 'utf8' }).trim()).toMatch(/^1 /)
  })
})

/** An administrative directory and its checkout as git writes them. */
function fakeWorktree(bench: WorktreeBench, common: string, index: number): void {
  const gitDir = join(common, 'worktrees', `app-${index}`)
  const path = join(bench.repo.root, 'checkouts', `app-${index}`)
  mkdirSync(gitDir, { recursive: true })
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, '.git'), `gitdir: ${gitDir}\n`)
  writeFileSync(join(gitDir, 'gitdir'), `${path}/.git\n`)
  writeFileSync(join(gitDir, 'HEAD'), `ref: refs/heads/ao/app-${index}\n`)
  const owner = { uid: `u${index}`, session: `app-${index}`, home: '/h', stage: 'prepared' }
  writeFileSync(join(gitDir, 'ao.json'), JSON.stringify({ ...owner, purpose: 'session' }))
  utimesSync(join(gitDir, 'ao.json'), 1, 1)
}
