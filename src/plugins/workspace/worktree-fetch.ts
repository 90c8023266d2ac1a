import { HouseError } from '../../errors.ts'
import type { WorktreeTools } from './worktree-checkout.ts'
import { requireRepository } from './worktree-layout.ts'

/** The branches of sessions whose manifests name none. */
const SESSIONS = 'ao/*'

export interface FetchWish {
  readonly repository: string
  readonly branch: string
  readonly timeoutMs: number
}

/** Fetches what sessions begin from, and what somebody else's sessions of the same names may have pushed before. */
export async function fetchBase(
  tools: WorktreeTools,
  wish: FetchWish,
  signal: AbortSignal,
): Promise<void> {
  await fetchBranches(tools, wish, [wish.branch, SESSIONS], signal)
}

export async function fetchBranch(
  tools: WorktreeTools,
  wish: FetchWish,
  signal: AbortSignal,
): Promise<void> {
  await fetchBranches(tools, wish, [wish.branch], signal)
}

/** Nothing else: no tags, no pruning, no submodules, no upkeep. */
async function fetchBranches(
  tools: WorktreeTools,
  wish: FetchWish,
  branches: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { branch, timeoutMs } = wish
  if (branch.startsWith('-')) {
    throw new HouseError('Refused', `"${branch}" can't be a branch: git would read it as an option`)
  }
  const { path, commonDir } = requireRepository(wish.repository)
  const refspecs = branches.map(name => `+refs/heads/${name}:refs/remotes/origin/${name}`)
  const switches = ['--quiet', '--no-tags', '--no-prune', '--no-recurse-submodules']
  const args = ['fetch', ...switches, '--no-auto-maintenance', 'origin', ...refspecs]
  const lane = `fetch:${commonDir}`
  await tools.queue.coalesced(
    `${lane}:${branches.join(' ')}`,
    async shared =>
      tools.queue.exclusive(
        lane,
        async () => tools.git(path, args, { timeoutMs, signal: shared }),
        shared,
      ),
    signal,
  )
}
