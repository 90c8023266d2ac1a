import { join } from 'node:path'

import { createWorktreeWorkspace } from '../../src/plugins/workspace/worktree.ts'
import type { Workspace, WorkspaceSetup, WorkspaceTarget } from '../../src/plugins/workspace.ts'
import { createGitRepo, type GitRepo } from './git-repo.ts'
import { plantSentinel, type Sentinel } from './sentinel.ts'

/** A repository with the person's things in it, and the adapter beside it. */
export interface WorktreeBench {
  readonly repo: GitRepo
  readonly workspace: Workspace
  readonly sentinel: Sentinel
  readonly base: string
  readonly signal: AbortSignal
  target(session: string, change?: Partial<WorkspaceTarget>): WorkspaceTarget
  setup(change?: Partial<WorkspaceSetup>): WorkspaceSetup
  /** Branch, checkout and files: what a worker stands on. */
  make(target: WorkspaceTarget): Promise<void>
  /** The same and prepared. */
  prepared(target: WorkspaceTarget, change?: Partial<WorkspaceSetup>): Promise<void>
}

export function createWorktreeBench(): WorktreeBench {
  const repo = createGitRepo()
  const { signal } = new AbortController()
  const base = repo.run(['rev-parse', 'HEAD'])
  const sentinel = plantSentinel(repo)
  const workspace = createWorktreeWorkspace({ git: repo.git, env: repo.env })
  const setup = (change: Partial<WorkspaceSetup> = {}): WorkspaceSetup => ({
    symlinks: [],
    postCreate: [],
    timeoutMs: 20_000,
    env: repo.env,
    logFile: join(repo.home, 'logs', 'setup.log'),
    ...change,
  })
  const make = async (target: WorkspaceTarget): Promise<void> => {
    await workspace.createBranch(target, base, signal)
    await workspace.add(target, base, signal)
    await workspace.populate(target, signal)
  }
  return {
    repo,
    workspace,
    sentinel,
    base,
    signal,
    target: (session, change = {}) => ({
      repository: repo.path,
      home: repo.home,
      session,
      uid: `${session}-0123456789`.padStart(16, '0').slice(-16),
      path: join(repo.home, 'worktrees', 'shop', session),
      branch: `ao/${session}`,
      ...change,
    }),
    setup,
    make,
    prepared: async (target, change) => {
      await make(target)
      await workspace.prepare(target, setup(change), signal)
    },
  }
}
