import { HouseError } from '../../errors.ts'
import type { Git } from '../git.ts'

const TIMEOUT_MS = 120_000

/** What a server says when somebody else changed the branch first. */
const MOVED = /\[rejected\]|cannot lock ref|failed to update ref|incorrect old value/

/** Brings `refs/remotes/origin/<branch>` up to date, and nothing else. Throws `Unreachable` or `Timeout`, both retryable. */
export async function fetchBase(
  git: Git,
  repository: string,
  branch: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await git(
      repository,
      [
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-recurse-submodules',
        'origin',
        `+refs/heads/${branch}:refs/remotes/origin/${branch}`,
      ],
      { timeoutMs: TIMEOUT_MS, signal },
    )
  } catch (error) {
    // Another fetch of the same branch holds the ref: it brings the same news.
    if (error instanceof HouseError && ['Conflict', 'Locked'].includes(error.code)) return
    throw error
  }
}

/** Moves origin's branch from exactly `from` to `to`; false when it was not there any more. Throws `Refused` when origin does not want it. */
export async function pushMerge(
  git: Git,
  repository: string,
  { branch, from, to }: { readonly branch: string; readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<boolean> {
  const ref = `refs/heads/${branch}`
  const args = [
    'push',
    '--porcelain',
    '--no-verify',
    '--no-follow-tags',
    '--no-signed',
    '--recurse-submodules=no',
    `--force-with-lease=${ref}:${from}`,
    'origin',
    `${to}:${ref}`,
  ]
  const { exitCode, stdout, stderr } = await git(repository, args, {
    timeoutMs: TIMEOUT_MS,
    allow: [0, 1],
    signal,
  })
  if (exitCode === 0) return true
  const verdict = stdout.split('\n').find(line => line.startsWith('!')) ?? ''
  if (MOVED.test(verdict) || MOVED.test(stderr)) return false
  const reason = /\[remote rejected\] \((.*)\)/.exec(verdict)?.[1] ?? stderr.trim()
  throw new HouseError(
    'Refused',
    `origin of ${repository} refuses the push to ${branch}: ${reason.slice(-500)}`,
    { next: `git -C ${repository} ls-remote origin ${ref}` },
  )
}
