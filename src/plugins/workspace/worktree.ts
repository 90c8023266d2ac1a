import { toHouseError } from '../../errors.ts'
import { type Observation, unknown } from '../../resource/observation.ts'
import { createGitQueue, type GitQueue } from '../git-queue.ts'
import type { Git } from '../git.ts'
import { NO_SETTINGS } from '../plugin.ts'
import type { SharedLook } from '../shared-look.ts'
import { shareLooks } from '../shared-look.ts'
import type { RepositoryFacts, Workspace } from '../workspace.ts'
import { addWorktree, populateWorktree } from './worktree-add.ts'
import { createBranch, deleteBranch } from './worktree-branch.ts'
import { findCheckout, type WorktreeTools } from './worktree-checkout.ts'
import { createTreeDeleter } from './worktree-delete.ts'
import { fetchBase } from './worktree-fetch.ts'
import { inspectWorktree } from './worktree-inspect.ts'
import { observeRepository, type Memories } from './worktree-observe.ts'
import { prepareWorktree } from './worktree-prepare.ts'
import { preserveWork } from './worktree-preserve.ts'
import { createRefs } from './worktree-refs.ts'
import { removeWorktree } from './worktree-remove.ts'

export interface WorktreeOptions {
  readonly git: Git
  /** Shared with whoever else works on the same repositories. */
  readonly queue?: GitQueue
  /** Environment of the few helpers that aren't git (`rm`, `ps`); PATH is enough. */
  readonly env: Readonly<Record<string, string>>
  readonly now?: () => Date
}

/** Workspaces as linked worktrees of the project's own checkout. */
export function createWorktreeWorkspace(options: WorktreeOptions): Workspace {
  const { git } = options
  const queue = options.queue ?? createGitQueue()
  const tools: WorktreeTools = {
    git,
    queue,
    refs: createRefs({ git, queue }),
    deleteTree: createTreeDeleter(options.env),
    env: options.env,
    now: options.now ?? (() => new Date()),
  }
  const memories: Memories = new Map()
  const looks = new Map<string, SharedLook<Observation<RepositoryFacts>>>()
  const lookAt = (repository: string): SharedLook<Observation<RepositoryFacts>> => {
    const known = looks.get(repository)
    if (known !== undefined) return known
    const look = shareLooks(async signal =>
      observeRepository({ git: tools.git, memories }, repository, signal),
    )
    looks.set(repository, look)
    return look
  }
  return {
    name: 'worktree',
    configSchema: NO_SETTINGS,
    observe: async (repository, signal) =>
      lookAt(repository)(signal).catch((error: unknown) =>
        unknown<RepositoryFacts>(toHouseError(error).message),
      ),
    fetch: async (repository, branch, limits, signal) =>
      fetchBase(tools, { repository, branch, ...limits }, signal),
    createBranch: async (target, baseSha, signal, left) =>
      createBranch(tools, target, { baseSha, left }, signal),
    add: async (target, sha, signal) => addWorktree(tools, target, sha, signal),
    populate: async (target, signal) => populateWorktree(tools, target, signal),
    prepare: async (target, setup, signal) => prepareWorktree(tools, target, setup, signal),
    inspect: async (target, baseRefs, signal) => inspectWorktree(tools, target, baseRefs, signal),
    preserve: async (target, baseRefs, signal) => preserveWork(tools, target, baseRefs, signal),
    remove: async (target, signal) => removeWorktree(tools, target, signal),
    isThere: async target => findCheckout(target).linked !== undefined,
    deleteBranch: async (target, choice, signal) => deleteBranch(tools, target, choice, signal),
  }
}
