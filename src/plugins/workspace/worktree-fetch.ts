import { HouseError } from '../../errors.ts'
import type { WorktreeTools } from './worktree-checkout.ts'
import { requireRepository } from './worktree-layout.ts'

/** Fetches one branch and nothing else: no tags, no pruning, no submodules, no upkeep. */
export async function fetchBranch(
  tools: WorktreeTools,
  wish: { readonly repository: string; readonly branch: string; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { branch, timeoutMs } = wish
  if (branch.startsWith('-')) {
    throw new HouseError('Refused', `"${branch}" can't be a branch: git would read it as an option`)
  }
  const { path, commonDir } = requireRepository(wish.repository)
  const refspec = `+refs/heads/${branch}:refs/remotes/origin/${branch}`
  const switches = ['--quiet', '--no-tags', '--no-prune', '--no-recurse-submodules']
  const args = ['fetch', ...switches, '--no-auto-maintenance', 'origin', refspec]
  const lane = `fetch:${commonDir}`
  await tools.queue.coalesced(
    `${lane}:${branch}`,
    async shared =>
      tools.queue.exclusive(
        lane,
        async () => tools.git(path, args, { timeoutMs, signal: shared }),
        shared,
      ),
    signal,
  )
}
