import { HouseError } from '../errors.ts'
import type { RunResult } from './exec.ts'
import type { Git } from './git.ts'
import type { ScmProject } from './scm.ts'

/** What is to be taken where. */
export interface ForgePush {
  readonly branch: string
  /** Where the checkout's branches are pushed to; undefined where no remote says so. */
  readonly remote: string | undefined
  /** The commit expected there, to force it. */
  readonly lease: string | undefined
  /** Asks for the last request of the branch, where none is open. */
  readonly ended: () => Promise<EndedRequest | undefined>
}

/** What a forge lists of requests. */
interface Listed {
  readonly number: number
  readonly state: 'open' | 'merged' | 'closed'
  readonly headSha: string
}

/** The last request of a branch that its forge does not list as open any more. */
export interface EndedRequest {
  /** As its forge writes it, such as `pull request #7`. */
  readonly name: string
  readonly state: 'merged' | 'closed'
  readonly headSha: string
  /** The command that opens it again. */
  readonly reopen: string
}

const TIMEOUT_MS = 300_000
/** What a server says when it has commits that the branch lacks, or is not where the lease expects it. */
const MOVED = /\[rejected\]|stale info|fetch first|non-fast-forward|cannot lock ref/
const DENIED =
  /authentication failed|could not read (username|password)|permission (to .* )?denied|not allowed to (push|upload)|\b403\b|\b401\b/i

/**
 * Pushes with the person's own credentials, unless the request of the branch is over. Throws `BranchMissing` when there is none, `Conflict` when the remote has more,
 * `Refused` when it is not wanted there, `Unreachable` (retryable) else.
 */
export async function pushToForge(
  git: Git,
  project: ScmProject,
  { branch, remote = 'origin', lease, ended }: ForgePush,
  signal: AbortSignal,
): Promise<{ readonly sha: string }> {
  const sha = await tipOf(git, project, branch, signal)
  const newest = await ended()
  if (newest !== undefined) await assertNotOver(git, project, { branch, newest }, signal)
  const ref = `refs/heads/${branch}`
  const result = await git(
    project.repository,
    [
      'push',
      '--porcelain',
      '--no-follow-tags',
      '--no-signed',
      '--recurse-submodules=no',
      ...(lease === undefined ? [] : [`--force-with-lease=${ref}:${lease}`]),
      remote,
      `${sha}:${ref}`,
    ],
    { timeoutMs: TIMEOUT_MS, allow: [0, 1, 128], signal },
  )
  if (result.exitCode !== 0) throw refusalOf(result, { project, branch, remote })
  return { sha }
}

/** Of a branch's requests the newest, when none is open; `words` are the forge's. */
export function endedAmong(
  requests: readonly Listed[],
  words: (number: number) => Pick<EndedRequest, 'name' | 'reopen'>,
): EndedRequest | undefined {
  const [newest] = requests.toSorted((a, b) => b.number - a.number)
  if (newest === undefined || requests.some(({ state }) => state === 'open')) return undefined
  const { number, state, headSha } = newest
  return { ...words(number), state: state === 'merged' ? 'merged' : 'closed', headSha }
}

async function tipOf(
  git: Git,
  { repository }: ScmProject,
  branch: string,
  signal: AbortSignal,
): Promise<string> {
  const ref = `refs/heads/${branch}`
  const args = ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]
  const { exitCode, stdout } = await git(repository, args, { allow: [0, 1], signal })
  if (exitCode === 0) return stdout.trim()
  throw new HouseError('BranchMissing', `there is no ${ref} in ${repository} to push`, {
    next: `git -C ${repository} branch --list`,
  })
}

/**
 * Throws `Refused` when the request of a branch is over: what is pushed to a merged one is lost from sight, and a closed one is a question for a person (P1 to P3).
 * One of a namesake, whose commits are not in the branch, says nothing.
 */
async function assertNotOver(
  git: Git,
  project: ScmProject,
  { branch, newest }: { readonly branch: string; readonly newest: EndedRequest },
  signal: AbortSignal,
): Promise<void> {
  const line = { ref: `refs/heads/${branch}`, head: newest.headSha }
  if (!(await continues(git, project, line, signal))) return
  const what = `${newest.name} of ${branch}`
  if (newest.state === 'merged') {
    const range = `${newest.headSha.slice(0, 12)}..${branch}`
    throw new HouseError(
      'Refused',
      `${what} is merged: what is pushed now would be seen by nobody`,
      { next: `git -C ${project.repository} log --oneline ${range}` },
    )
  }
  throw new HouseError('Refused', `${what} is closed, and a person has to say whether it goes on`, {
    next: newest.reopen,
  })
}

/** Whether the branch goes on from a head: it is on the line of its own commits, not merged into what it began from. */
async function continues(
  git: Git,
  { repository }: ScmProject,
  { ref, head }: { readonly ref: string; readonly head: string },
  signal: AbortSignal,
): Promise<boolean> {
  const known = await git(repository, ['cat-file', '-e', `${head}^{commit}`], {
    allow: [0, 1, 128],
    signal,
  })
  if (known.exitCode !== 0) return false
  const args = ['rev-list', '--first-parent', ref, '--not', `${head}^@`]
  const { stdout } = await git(repository, args, { signal })
  return stdout.split('\n').includes(head)
}

function refusalOf(
  { stdout, stderr }: RunResult,
  about: { readonly project: ScmProject; readonly branch: string; readonly remote: string },
): HouseError {
  const { project, branch, remote } = about
  const what = `${branch} of ${project.project}`
  const verdict = stdout.split('\n').find(line => line.startsWith('!')) ?? ''
  const next = `git -C ${project.repository} fetch ${remote} ${branch}`
  if (MOVED.test(verdict) || MOVED.test(stderr)) {
    return new HouseError('Conflict', `${remote} has commits that ${what} lacks`, { next })
  }
  const said = (/\[remote rejected\] \((.*)\)/.exec(verdict)?.[1] ?? stderr.trim()).slice(-500)
  const hidden = said.replaceAll(/\/\/[^/@\s]+@/g, '//')
  if (verdict === '' && !DENIED.test(said)) {
    return new HouseError(
      'Unreachable',
      `${remote} could not be reached to push ${what}: ${hidden}`,
      {
        retryable: true,
      },
    )
  }
  return new HouseError('Refused', `${remote} refuses the push of ${what}: ${hidden}`, { next })
}
