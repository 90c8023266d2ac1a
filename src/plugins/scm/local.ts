import { HouseError, toHouseError } from '../../errors.ts'
import { found, unknown } from '../../resource/observation.ts'
import { createGitQueue, type GitQueue } from '../git-queue.ts'
import type { Git } from '../git.ts'
import { readProcessIdentity, type ProcessIdentity } from '../process-identity.ts'
import type { PullRequest, Scm, ScmProject } from '../scm.ts'
import { closePull, createPull, editPull, getPull, reviewPull } from './local-change.ts'
import { runPullChecks } from './local-check.ts'
import { createComparer } from './local-compare.ts'
import { loadAll, viewAll, type LocalScm } from './local-context.ts'
import { mergePull } from './local-merge.ts'
import { isAlive, markOf } from './local-process.ts'
import { pullsIn, type Look } from './local-refs.ts'
import { LOCAL_SCM_SCHEMA } from './local-settings.ts'
import { createPullStore } from './local-store.ts'
import type { Stored } from './local-view.ts'

const ENDED_SHOWN = 50

/** What this process runs, whichever adapter it was asked through: a pid does not say more than the process. */
const CLAIMS = new Set<string>()

export interface LocalScmOptions {
  readonly git: Git
  /** Shared with the workspace: both add worktrees to the same repositories. */
  readonly queue: GitQueue
  /** The id of the home that is worked for; undefined while it has none. */
  readonly homeId: () => string | undefined
  readonly now: () => Date
  /** Gives a new unique id. */
  readonly id: () => string
  /** The complete environment of check commands, besides `CI=true`. */
  readonly env: Readonly<Record<string, string>>
  /** How many checks run at once. */
  readonly slots: number
}

/**
 * Pull requests without a forge: refs and commits in the project's common directory, below `refs/ao/pulls/`. There is no server and no
 * lock; every change is a compare-and-swap of refs, so any number of processes may work on them at once.
 */
export function createLocalScm(options: LocalScmOptions): Scm {
  const { git, queue, now, id, env, homeId } = options
  let identity: Promise<ProcessIdentity> | undefined
  const processes = async (): Promise<ProcessIdentity> => {
    identity ??= readProcessIdentity(process.platform)
    return identity
  }
  const scm: LocalScm = {
    git,
    queue,
    now,
    id,
    env,
    homeId,
    claims: CLAIMS,
    store: createPullStore(git),
    comparer: createComparer(git),
    slots: createGitQueue({ slots: options.slots }),
    processes,
    self: async () => {
      const mark = await markOf(await processes(), process.pid)
      if (mark !== undefined) return mark
      throw new HouseError('Failed', 'the start time of this process could not be read')
    },
    isRunning: async claim =>
      claim.process.pid === process.pid
        ? CLAIMS.has(claim.claim)
        : isAlive(await processes(), claim.process),
  }
  return {
    name: 'local',
    configSchema: LOCAL_SCM_SCHEMA,
    async observe(project, repository, { watchPaths }, signal) {
      try {
        const asOf = now().getTime()
        const items = await observePulls(scm, project, { look: repository, watchPaths }, signal)
        return found({ items, asOf })
      } catch (error) {
        const { code, message } = toHouseError(error)
        if (code === 'Interrupted') throw error
        return unknown(message)
      }
    },
    create: async (project, request, signal) => createPull(scm, project, request, signal),
    get: async (project, number, { watchPaths }, signal) =>
      getPull(scm, project, { number, watchPaths }, signal),
    edit: async (project, number, edit, signal) => editPull(scm, project, { number, edit }, signal),
    review: async (project, number, review, signal) =>
      reviewPull(scm, project, { ...review, number }, signal),
    merge: async (project, number, merge, signal) => ({
      state: 'merged',
      ...(await mergePull(scm, project, { ...merge, number }, signal)),
    }),
    close: async (project, number, by, signal) => closePull(scm, project, { number, by }, signal),
    runChecks: async (project, pull, signal) => {
      if (pull.state === 'open') await runPullChecks(scm, project, pull, signal)
    },
  }
}

async function observePulls(
  scm: LocalScm,
  project: ScmProject,
  { look, watchPaths }: { readonly look: Look; readonly watchPaths: readonly string[] },
  signal: AbortSignal,
): Promise<readonly PullRequest[]> {
  if (signal.aborted)
    throw new HouseError('Interrupted', 'looking at pull requests was interrupted')
  const all = await loadAll(scm, project.repository, look, signal)
  const stored = [...all.filter(isOpen), ...all.filter(pull => !isOpen(pull)).slice(-ENDED_SHOWN)]
  const views = await viewAll(scm, project, { look, stored, watchPaths }, signal)
  const ids = pullsIn(look.refs).flatMap(pull => [pull.meta, ...pull.checks.values()])
  scm.store.retain(project.repository, new Set(ids))
  return views.toSorted((a, b) => a.number - b.number)
}

function isOpen({ record }: Stored): boolean {
  return record.state === 'open'
}
