import { join } from 'node:path'

import { run } from '../../src/plugins/exec.ts'
import type { ForgeScmOptions } from '../../src/plugins/forge-options.ts'
import { createGitLabScm } from '../../src/plugins/scm/gitlab.ts'
import type { Scm, ScmProject } from '../../src/plugins/scm.ts'
import type { RepositoryFacts } from '../../src/plugins/workspace.ts'
import { observeRepository } from '../../src/plugins/workspace/worktree-observe.ts'
import type { ScmFixture } from '../plugins/scm-conformance.ts'
import { mapMemory } from './forge-memory.ts'
import { createGitRepo, type GitRepo } from './git-repo.ts'
import { startGitLab, type GitLab } from './gitlab/gitlab.ts'
import type { Project, User } from './gitlab/state.ts'
import { HOME_ID } from './scm-wanted.ts'
import { plantSentinel } from './sentinel.ts'

export interface GitLabFixture extends ScmFixture {
  readonly lab: GitLab
  /** The project on the double. */
  readonly shop: Project
  /** Whose token the adapter has. */
  readonly owner: User
  readonly repo: GitRepo
  /** Where branches are worked on: a worktree of the person's repository, as sessions have them. */
  readonly work: string
  /** What the adapter remembers, by key. */
  readonly remembered: Map<string, string>
  /** Moves the adapter's clock. */
  later(ms: number): void
  /** Another adapter, as in another process: with the same memory unless told otherwise. */
  another(options?: Partial<ForgeScmOptions>): Scm
}

const NAME = 'octo/tools/shop'
const HOUR_MS = 3_600_000
const MAINTAINER = 40
const DEVELOPER = 30

/** A person's checkout whose origin is a project of the double, and the adapter on it, with a clock of its own and no real waits. */
export async function createGitLabFixture(
  settings: Readonly<Record<string, unknown>> = {},
): Promise<GitLabFixture> {
  const repo = createGitRepo()
  const lab = await startGitLab()
  const owner = lab.addUser('octo')
  lab.addToken('glpat-octo', owner)
  const shop = await lab.addProject(NAME, { from: repo.origin, members: [[owner, MAINTAINER]] })
  // By path, not by HTTP: the server lives in this very process, which git commands of the test block.
  repo.run(['remote', 'set-url', 'origin', shop.git.folder])
  repo.run(['fetch', '-q', 'origin'])
  const work = join(repo.root, 'work')
  repo.run(['worktree', 'add', '-q', '--detach', work])
  const sentinel = plantSentinel(repo)
  const project: ScmProject = {
    project: 'app',
    repository: repo.path,
    repo: NAME,
    defaultBranch: 'main',
    config: { plugin: 'gitlab', host: lab.url, merge: 'merge', ...settings },
    home: repo.home,
  }
  const remembered = new Map<string, string>()
  let offset = 0
  const another = (more: Partial<ForgeScmOptions> = {}): Scm =>
    createGitLabScm({
      memory: mapMemory(remembered),
      git: repo.git,
      run,
      env: { GITLAB_TOKEN: 'glpat-octo' },
      readValue: async value => value,
      homeId: () => HOME_ID,
      now: () => new Date(Date.now() + offset),
      random: () => 0.5,
      wait: async (ms, signal) => {
        signal.throwIfAborted()
        await new Promise(resolve => setTimeout(resolve, Math.min(ms, 20)))
      },
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
  return {
    lab,
    shop,
    owner,
    repo,
    work,
    remembered,
    scm: another(),
    project,
    another,
    later: ms => {
      offset += ms
    },
    reviewer: (author, home = HOME_ID) => {
      const known = reviewers.get(`${author} ${home}`)
      if (known !== undefined) return known
      const user = lab.addUser(author)
      shop.members.set(user.id, DEVELOPER)
      lab.addToken(`glpat-${author}`, user)
      const made = another({ env: { GITLAB_TOKEN: `glpat-${author}` }, homeId: () => home })
      reviewers.set(`${author} ${home}`, made)
      return made
    },
    look: async (): Promise<RepositoryFacts> => {
      repo.run(['fetch', '-q', 'origin'])
      // Whoever looks again looks later: by then everything is due.
      offset += HOUR_MS
      const memories = new Map()
      const seen = await observeRepository({ git: repo.git, memories }, repo.path, signal)
      if (seen.state !== 'found') throw new Error(JSON.stringify(seen))
      return seen.value
    },
    async branch(name, file, content) {
      repo.run(['checkout', '-q', '--no-track', '-B', name, 'refs/remotes/origin/main'], work)
      return commitTo(name, file, content)
    },
    async commit(branch, file, content) {
      repo.run(['checkout', '-q', branch], work)
      return commitTo(branch, file, content)
    },
    async advanceBase(file, content) {
      const elsewhere = join(repo.root, 'elsewhere')
      repo.run(['clone', '-q', shop.git.folder, elsewhere], repo.root)
      const head = repo.commit(file, content, elsewhere)
      repo.run(['push', '-q', 'origin', 'main'], elsewhere)
      return head
    },
    remoteBase: async () => repo.run(['rev-parse', 'refs/heads/main'], shop.git.folder),
    parentsOf: async sha =>
      repo.run(['show', '-s', '--format=%P', sha], shop.git.folder).split(' '),
    remoteFile: async file => `${repo.run(['show', `refs/heads/main:${file}`], shop.git.folder)}\n`,
    assertUntouched: () => {
      sentinel.check()
    },
    remove: async () => {
      try {
        await lab.close()
      } finally {
        repo.remove()
      }
    },
  }
}
