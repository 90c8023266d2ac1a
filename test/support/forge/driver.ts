import { join } from 'node:path'

import { fill } from './fill.ts'
import { importCommits } from './git-import.ts'
import { makeBare } from './git.ts'
import type { Inside } from './inside.ts'
import { UNPROTECTED, label, openIssue, openPull } from './operate.ts'
import { type IssueDriver, type PullDriver, driveIssue, drivePull } from './driver-pull.ts'
import { mergePull } from './merging.ts'
import {
  type Protection,
  type Repository,
  account,
  findRepository,
  fullName,
  isPull,
  nextId,
  now,
  touch,
} from './state.ts'
import { look, synchronize } from './sync.ts'

export interface RepositoryOptions {
  readonly owner: string
  readonly name: string
  /** A repository on this machine whose branches it has from the start; without, it has one commit. */
  readonly from?: string
  readonly private?: boolean
  /** Default `main`. */
  readonly defaultBranch?: string
  /** Protects the default branch. */
  readonly protect?: Partial<Protection>
  /** Default: all three. */
  readonly mergeMethods?: readonly ('merge' | 'squash' | 'rebase')[]
  readonly deleteBranchOnMerge?: boolean
}

/** The outside world, acting on one repository. */
export interface RepositoryDriver {
  readonly name: string
  /** For `git clone`, `push`, `fetch`. */
  readonly cloneUrl: string
  /** Its bare repository on disk. */
  readonly folder: string
  /** Throws when there is none of this number. */
  pull(number: number): PullDriver
  pulls(): readonly PullDriver[]
  issueOf(number: number): IssueDriver
  openPull(options: {
    readonly head: string
    readonly base?: string
    readonly title: string
    readonly body?: string
    readonly draft?: boolean
    readonly author?: string
    /** `owner/name` of a fork that has the head. */
    readonly from?: string
  }): Promise<PullDriver>
  /** A pull request for each branch, all made at once; gives their numbers. */
  openPulls(branches: readonly string[]): Promise<readonly number[]>
  issue(options: {
    readonly title: string
    readonly body?: string
    readonly labels?: readonly string[]
    readonly state?: 'open' | 'closed'
    readonly author?: string
  }): IssueDriver
  /** Commits files on a branch (made from the default branch when there is none), as a push from outside does; gives the commit. */
  commit(branch: string, files: Readonly<Record<string, string>>, message?: string): Promise<string>
  /** The tip of a branch, read from git. */
  tip(branch: string): Promise<string | undefined>
  deleteBranch(branch: string): Promise<void>
  protect(branch: string, rules: Partial<Protection>): void
  fork(owner: string, name?: string): Promise<RepositoryDriver>
  /** D8: the old name redirects. */
  rename(name: string): void
  /** Gone, as if it had never been. */
  remove(): void
  /** What the merge queue has, first to be merged first. */
  queue(): readonly number[]
  /** Lets the queue work: merges its entries, or throws out those that no longer fit. */
  runQueue(): Promise<{ readonly merged: readonly number[]; readonly removed: readonly number[] }>
}

export async function createRepository(
  inside: Inside,
  options: RepositoryOptions,
): Promise<RepositoryDriver> {
  const { state } = inside
  const { owner, name, defaultBranch = 'main' } = options
  if (findRepository(state, `${owner}/${name}`) !== undefined) {
    throw new Error(`There is a repository ${owner}/${name} already`)
  }
  const id = nextId(state)
  const folder = join(state.folder, `${id}.git`)
  const git = await makeBare(folder, defaultBranch)
  const repo: Repository = {
    ...blank(id, options.private === true),
    owner: account(state, owner),
    name,
    parent: undefined,
    git,
    defaultBranch,
    deleteBranchOnMerge: options.deleteBranchOnMerge === true,
    mergeMethods: new Set(options.mergeMethods ?? ['merge', 'squash', 'rebase']),
  }
  if (options.from === undefined)
    await commitFiles(repo, defaultBranch, { 'README.md': `# ${name}\n` }, 'Begin')
  else
    await git.text(
      'fetch',
      '-q',
      options.from,
      '+refs/heads/*:refs/heads/*',
      '+refs/tags/*:refs/tags/*',
    )
  if (options.protect !== undefined) {
    repo.protection.set(defaultBranch, { ...UNPROTECTED, ...options.protect })
  }
  state.repositories.set(`${owner}/${name}`.toLowerCase(), repo)
  look(repo)
  return driveRepository(inside, repo)
}

function blank(id: number, isPrivate: boolean) {
  const at = now()
  return {
    id,
    private: isPrivate,
    refs: new Map<string, string>(),
    createdAt: at,
    updatedAt: at,
    pushedAt: at,
    nextNumber: 1,
    issues: new Map(),
    labels: [],
    associations: new Map(),
    checkRuns: [],
    statuses: [],
    protection: new Map<string, Protection>(),
    queue: [],
    turn: Promise.resolve(),
  }
}

export function driveRepository(inside: Inside, repo: Repository): RepositoryDriver {
  const { state } = inside
  const key = () => fullName(repo).toLowerCase()
  return {
    get name() {
      return fullName(repo)
    },
    get cloneUrl() {
      return `${state.url}/${fullName(repo)}.git`
    },
    folder: repo.git.folder,
    pull: number => {
      const found = repo.issues.get(number)
      if (found === undefined || !isPull(found)) throw new Error(`No pull request #${number}`)
      return drivePull(inside, found)
    },
    pulls: () => [...repo.issues.values()].filter(isPull).map(pull => drivePull(inside, pull)),
    issueOf: number => {
      const found = repo.issues.get(number)
      if (found === undefined) throw new Error(`No issue #${number}`)
      return driveIssue(inside, found)
    },
    openPull: async wanted => {
      const headRepo = wanted.from === undefined ? repo : findRepository(state, wanted.from)
      if (headRepo === undefined) throw new Error(`No repository ${wanted.from ?? ''}`)
      const pull = await openPull(state, repo, account(state, wanted.author ?? repo.owner.login), {
        title: wanted.title,
        body: wanted.body ?? null,
        headRepo,
        headBranch: wanted.head,
        baseBranch: wanted.base ?? repo.defaultBranch,
        draft: wanted.draft === true,
      })
      return drivePull(inside, pull)
    },
    openPulls: async branches => fill(state, repo, branches),
    issue: wanted => {
      const made = openIssue(state, repo, account(state, wanted.author ?? 'reporter'), {
        title: wanted.title,
        body: wanted.body ?? null,
      })
      made.labels = (wanted.labels ?? []).map(name => label(state, repo, name))
      const driver = driveIssue(inside, made)
      if (wanted.state === 'closed') driver.close()
      return driver
    },
    commit: async (branch, files, message = 'Change files') => {
      const sha = await commitFiles(repo, branch, files, message)
      await synchronize(state, repo)
      return sha
    },
    tip: async branch => repo.git.refs().get(`refs/heads/${branch}`),
    deleteBranch: async branch => {
      await repo.git.updateRefs([[`refs/heads/${branch}`, undefined]])
      await synchronize(state, repo)
    },
    protect: (branch, rules) => {
      repo.protection.set(branch, { ...UNPROTECTED, ...rules })
    },
    fork: async (owner, name = repo.name) => {
      const made = await createRepository(inside, {
        owner,
        name,
        from: repo.git.folder,
        private: repo.private,
        defaultBranch: repo.defaultBranch,
      })
      const fork = findRepository(state, made.name)
      if (fork === undefined) throw new Error('The fork is gone')
      fork.parent = repo
      return made
    },
    rename: name => {
      state.renamed.set(key(), repo)
      state.repositories.delete(key())
      repo.name = name
      state.repositories.set(key(), repo)
      touch(repo)
    },
    remove: () => {
      state.repositories.delete(key())
    },
    queue: () => repo.queue.map(entry => entry.pull.number),
    runQueue: async () => {
      const merged: number[] = []
      const removed: number[] = []
      await synchronize(state, repo)
      for (const entry of repo.queue.splice(0)) {
        try {
          await mergePull(entry.pull, entry.enqueuer, {
            method: 'squash',
            expectedHead: entry.head,
            title: undefined,
            message: undefined,
          })
          merged.push(entry.pull.number)
        } catch {
          removed.push(entry.pull.number)
          touch(entry.pull)
        }
      }
      return { merged, removed }
    },
  }
}

/** A commit of files on a branch, made without a checkout. */
async function commitFiles(
  repo: Repository,
  branch: string,
  files: Readonly<Record<string, string>>,
  message: string,
): Promise<string> {
  const { git } = repo
  const before = git.refs()
  const own = before.get(`refs/heads/${branch}`)
  const after = own ?? before.get(`refs/heads/${repo.defaultBranch}`)
  await importCommits(git.folder, [{ branch, after, message, files }])
  return git.refs().get(`refs/heads/${branch}`) ?? ''
}
