import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'vitest'

import { createGitQueue } from '../../src/plugins/git-queue.ts'
import { createLocalScm } from '../../src/plugins/scm/local.ts'
import type { Scm, ScmProject } from '../../src/plugins/scm.ts'
import type { RepositoryFacts } from '../../src/plugins/workspace.ts'
import { observeRepository } from '../../src/plugins/workspace/worktree-observe.ts'
import type { ScmFixture } from '../plugins/scm-conformance.ts'
import { createGitRepo, type GitRepo } from './git-repo.ts'
import { HOME_ID } from './scm-wanted.ts'
import { plantSentinel } from './sentinel.ts'

export interface LocalScmFixture extends ScmFixture {
  readonly repo: GitRepo
  /** Where branches are worked on: a worktree of the person's repository, as sessions have them. */
  readonly work: string
}

export interface LocalScmFixtureOptions {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly origin?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** A person's checkout with unfinished work in it, a second worktree where the branches are made, and the local scm. */
export async function createLocalScmFixture(
  options: LocalScmFixtureOptions = {},
): Promise<LocalScmFixture> {
  const hasOrigin = options.origin !== false
  const repo = createGitRepo({ origin: hasOrigin })
  const work = join(repo.root, 'work')
  const elsewhere = join(repo.root, 'elsewhere')
  repo.run(['worktree', 'add', '-q', '--detach', work])
  leaveHooks(repo)
  const sentinel = plantSentinel(repo)
  rmSync(join(repo.root, 'hooks.log'), { force: true })
  const project: ScmProject = {
    project: 'app',
    repository: repo.path,
    repo: undefined,
    defaultBranch: 'main',
    config: { plugin: 'local', ...options.settings },
    home: repo.home,
  }
  const ofHome = (home: string): Scm =>
    createLocalScm({
      git: repo.git,
      queue: createGitQueue(),
      homeId: () => home,
      now: () => new Date(),
      id: randomUUID,
      env: { ...repo.env, ...options.env },
      slots: 2,
    })
  const scm = ofHome(HOME_ID)
  const remote = hasOrigin ? repo.origin : repo.path
  const { signal } = new AbortController()
  // The hooks are there to see whether we run them, so nobody else may.
  const person = (args: readonly string[], cwd?: string): string =>
    repo.run(['-c', 'core.hooksPath=/dev/null', ...args], cwd)
  const commitTo = (file: string, content: string): string => {
    repo.write(file, content, work)
    person(['add', '--', file], work)
    person(['commit', '-q', '-m', `Write ${file}`], work)
    person(['checkout', '-q', '--detach'], work)
    return person(['rev-parse', 'HEAD'], work)
  }
  const look = async (): Promise<RepositoryFacts> => {
    if (hasOrigin) person(['fetch', '-q', 'origin'])
    const seen = await observeRepository({ git: repo.git, memories: new Map() }, repo.path, signal)
    if (seen.state !== 'found') throw new Error(JSON.stringify(seen))
    return seen.value
  }
  return {
    repo,
    work,
    scm,
    project,
    reviewer: (_author, home) => (home === undefined ? scm : ofHome(home)),
    look,
    async branch(name, file, content) {
      const base = hasOrigin ? 'refs/remotes/origin/main' : 'main'
      person(['checkout', '-q', '--no-track', '-B', name, base], work)
      return commitTo(file, content)
    },
    async commit(branch, file, content) {
      person(['checkout', '-q', branch], work)
      return commitTo(file, content)
    },
    async advanceBase(file, content) {
      repo.run(['clone', '-q', repo.origin, elsewhere], repo.root)
      const head = repo.commit(file, content, elsewhere)
      repo.run(['push', '-q', 'origin', 'main'], elsewhere)
      return head
    },
    remoteBase: async () => repo.run(['rev-parse', 'refs/heads/main'], remote),
    parentsOf: async sha => repo.run(['show', '-s', '--format=%P', sha], remote).split(' '),
    remoteFile: async file => `${repo.run(['show', `refs/heads/main:${file}`], remote)}\n`,
    assertUntouched: () => {
      sentinel.check()
      expect(existsSync(join(repo.root, 'hooks.log'))).toBe(false)
    },
    remove: async () => {
      repo.remove()
    },
  }
}

/** Hooks that would be noticed. */
function leaveHooks(repo: GitRepo): void {
  for (const hook of ['pre-push', 'post-checkout', 'reference-transaction', 'post-index-change']) {
    repo.write(join('.git', 'hooks', hook), `#!/bin/sh\necho ${hook} >> ${repo.root}/hooks.log\n`)
    chmodSync(join(repo.path, '.git', 'hooks', hook), 0o755)
  }
}
