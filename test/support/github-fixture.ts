import { join } from 'node:path'

import { run } from '../../src/plugins/exec.ts'
import type { ForgeScmOptions } from '../../src/plugins/forge-options.ts'
import { createGitHubScm } from '../../src/plugins/scm/github.ts'
import type { Scm, ScmProject } from '../../src/plugins/scm.ts'
import type { RepositoryFacts } from '../../src/plugins/workspace.ts'
import { observeRepository } from '../../src/plugins/workspace/worktree-observe.ts'
import type { ScmFixture } from '../plugins/scm-conformance.ts'
import { mapMemory, notedWait } from './forge-memory.ts'
import { type Forge, startForge } from './forge/forge.ts'
import type { RepositoryDriver } from './forge/driver.ts'
import { createGitRepo, type GitRepo } from './git-repo.ts'
import { HOME_ID } from './scm-wanted.ts'
import { plantSentinel } from './sentinel.ts'

export interface GitHubFixture extends ScmFixture {
  readonly forge: Forge
  readonly hub: RepositoryDriver
  readonly repo: GitRepo
  /** What the adapter remembers, by key. */
  readonly remembered: Map<string, string>
  /** Moves the adapter's clock. */
  later(ms: number): void
  /** Another adapter, as in another process: with the same memory unless told otherwise. */
  another(options?: Partial<ForgeScmOptions>): Scm
  /** How often a wait was asked for, in milliseconds. */
  readonly waits: number[]
}

export interface GitHubFixtureOptions {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly protect?: Parameters<Forge['createRepository']>[0]['protect']
}

const OWNER = 'octo'
const NAME = 'shop'
const HOUR_MS = 3_600_000

/** A person's checkout whose origin is a repository of the double, and the adapter on it, with a clock of its own and no real waits. */
export async function createGitHubFixture(
  options: GitHubFixtureOptions = {},
): Promise<GitHubFixture> {
  const repo = createGitRepo()
  const forge = await startForge({ login: OWNER })
  const hub = await forge.createRepository({
    owner: OWNER,
    name: NAME,
    from: repo.origin,
    ...(options.protect === undefined ? {} : { protect: options.protect }),
  })
  // By path, not by HTTP: the server lives in this very process, which git commands of the test block.
  repo.run(['remote', 'set-url', 'origin', hub.folder])
  repo.run(['fetch', '-q', 'origin'])
  const work = join(repo.root, 'work')
  repo.run(['worktree', 'add', '-q', '--detach', work])
  const sentinel = plantSentinel(repo)
  const project: ScmProject = {
    project: 'app',
    repository: repo.path,
    repo: `${OWNER}/${NAME}`,
    defaultBranch: 'main',
    config: { plugin: 'github', apiUrl: forge.apiUrl, merge: 'merge', ...options.settings },
    home: repo.home,
  }
  const remembered = new Map<string, string>()
  const memory = mapMemory(remembered)
  const waits: number[] = []
  let offset = 0
  const another = (more: Partial<ForgeScmOptions> = {}): Scm =>
    createGitHubScm({
      memory,
      git: repo.git,
      run,
      env: { GITHUB_TOKEN: forge.token },
      readValue: async value => value,
      homeId: () => HOME_ID,
      now: () => new Date(Date.now() + offset),
      random: () => 0.5,
      wait: notedWait(waits),
      ...more,
    })
  const reviewers = new Map<string, Scm>()
  const commitTo = (branch: string, file: string, content: string): string => {
    repo.write(file, content, work)
    repo.run(['add', '--', file], work)
    repo.run(['commit', '-q', '-m', `Write ${file}`], work)
    repo.run(['push', '-q', 'origin', branch], work)
    repo.run(['checkout', '-q', '--detach'], work)
    return repo.run(['rev-parse', 'HEAD'], work)
  }
  const { signal } = new AbortController()
  const look = async (): Promise<RepositoryFacts> => {
    repo.run(['fetch', '-q', 'origin'])
    // Whoever looks again looks later: by then everything is due.
    offset += HOUR_MS
    const seen = await observeRepository({ git: repo.git, memories: new Map() }, repo.path, signal)
    if (seen.state !== 'found') throw new Error(JSON.stringify(seen))
    return seen.value
  }
  return {
    forge,
    hub,
    repo,
    remembered,
    waits,
    scm: another(),
    project,
    another,
    later: ms => {
      offset += ms
    },
    look,
    reviewer: (author, home = HOME_ID) => {
      const known = reviewers.get(`${author} ${home}`)
      if (known !== undefined) return known
      const token = `ghp_${author}`
      forge.addToken(token, { login: author })
      const made = another({ env: { GITHUB_TOKEN: token }, homeId: () => home })
      reviewers.set(`${author} ${home}`, made)
      return made
    },
    async branch(name, file, content) {
      repo.run(['checkout', '-q', '--no-track', '-B', name, 'refs/remotes/origin/main'], work)
      return commitTo(name, file, content)
    },
    async commit(branch, file, content) {
      repo.run(['checkout', '-q', branch], work)
      return commitTo(branch, file, content)
    },
    advanceBase: async (file, content) => hub.commit('main', { [file]: content }),
    remoteBase: async () => repo.run(['rev-parse', 'refs/heads/main'], hub.folder),
    parentsOf: async sha => repo.run(['show', '-s', '--format=%P', sha], hub.folder).split(' '),
    remoteFile: async file => `${repo.run(['show', `refs/heads/main:${file}`], hub.folder)}\n`,
    assertUntouched: () => {
      sentinel.check()
    },
    remove: async () => {
      try {
        await forge.close()
      } finally {
        repo.remove()
      }
    },
  }
}
