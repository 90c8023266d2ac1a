import { randomUUID } from 'node:crypto'
import { copyFileSync, existsSync, lstatSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'

import { OWN_IDENTITY } from '../git.ts'
import type { WorkspaceTarget } from '../workspace.ts'
import { checkoutEnv, type Checkout, type WorktreeTools } from './worktree-checkout.ts'
import { lastLogged, ownLinks, readChanges } from './worktree-inspect.ts'
import { isOid, type LinkedWorktree } from './worktree-layout.ts'
import { findNested } from './worktree-nested.ts'
import type { OwnerFile } from './worktree-owner.ts'

const MOST_NAMES = 100
const TIMEOUT_MS = 10 * 60_000

/** The person's settings that would make `add` refuse, skip files, or write beside the temporary index. */
const SETTINGS = [
  'core.safecrlf=false',
  'core.splitIndex=false',
  'core.untrackedCache=false',
  'add.ignoreErrors=false',
  'advice.addEmbeddedRepo=false',
].flatMap(setting => ['-c', setting])

/**
 * Writes the checkout's tracked and untracked files as a commit on top of its HEAD, by way of a copy of the index; with staged content
 * that the files no longer have, a second parent holds that. Undefined when everything equals HEAD. The same files give the same
 * commit. Not in it: ignored files, our symlinks, nested repositories, empty directories. Line endings and filters as in a commit.
 */
export async function takeSnapshot(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  checkout: Checkout,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { linked } = checkout
  if (linked?.owner === undefined || linked.owner.stage === 'added') return undefined
  const ours = { ...linked, owner: linked.owner }
  const hasIndex = existsSync(join(linked.gitDir, 'index'))
  const hasFiles = checkout.directory === 'filled'
  // Moved aside to be deleted: it was saved before.
  if (existsSync(checkout.trash) || (!hasIndex && !hasFiles)) return undefined
  const job: Job = { tools, target, checkout, linked: ours, hasFiles, signal }
  const names = hasFiles ? await changedNames(job) : []
  if (hasFiles && names.length === 0) return undefined
  const index = join(linked.gitDir, `ao-index-${randomUUID()}`)
  try {
    return await writeCommit(job, index, names)
  } finally {
    rmSync(index, { force: true })
    rmSync(`${index}.lock`, { force: true })
  }
}

interface Job {
  readonly tools: WorktreeTools
  readonly target: WorkspaceTarget
  readonly checkout: Checkout
  readonly linked: LinkedWorktree & { readonly owner: OwnerFile }
  /** The files are there; otherwise only what was staged can be saved. */
  readonly hasFiles: boolean
  readonly signal: AbortSignal
}

async function changedNames(job: Job): Promise<readonly string[]> {
  const { tools, checkout, linked, signal } = job
  const [changes, hidden] = await Promise.all([
    readChanges(tools, checkout, linked, { ignored: false, signal }),
    hiddenNames(job),
  ])
  return [...changes.uncommitted, ...changes.untracked, ...hidden]
}

/** Tracked files whose changes git was told not to see (assume-unchanged, skip-worktree) and that are there. */
async function hiddenNames({ tools, linked, signal }: Job): Promise<readonly string[]> {
  const env = checkoutEnv(linked)
  const { stdout } = await tools.git(linked.path, ['ls-files', '-v', '-z'], { env, signal })
  return stdout
    .split('\0')
    .filter(entry => /^[a-zS] /.test(entry))
    .map(entry => entry.slice(2))
    .filter(name => lstatSync(join(linked.path, name), { throwIfNoEntry: false }) !== undefined)
}

async function writeCommit(
  job: Job,
  index: string,
  names: readonly string[],
): Promise<string | undefined> {
  const git = gitWith(job, index)
  const head = await headOf(job, git)
  await startIndex(job, index, git)
  // Fails while a merge conflict is unresolved; then the index holds nothing that can be written.
  const staged = oidIn((await git(['write-tree'], { allow: [0, 128] })).stdout)
  if (job.hasFiles) await addFiles(job, git)
  const tree = oidIn((await git(['write-tree'])).stdout)
  if (tree === undefined) return undefined
  const isStagedLost = staged !== undefined && staged !== head.tree && staged !== tree
  if (tree === head.tree && !isStagedLost) return undefined
  const base = head.commit === undefined ? [] : [head.commit]
  const dated = { ...OWN_IDENTITY, ...head.dates }
  const commit = async (
    what: string,
    parents: readonly string[],
    body: string,
  ): Promise<string> => {
    const args = ['commit-tree', what, ...parents.flatMap(parent => ['-p', parent])]
    return (await git(args, { input: body, env: dated })).stdout.trim()
  }
  const title = `Preserve work of ${job.target.session}`
  const kept = isStagedLost ? [await commit(staged, base, `${title}: what was staged\n`)] : []
  return commit(tree, [...base, ...kept], message(job, title, names))
}

type IndexGit = (
  args: readonly string[],
  call?: {
    readonly input?: string
    readonly allow?: readonly number[]
    readonly env?: Readonly<Record<string, string>>
  },
) => Promise<{ readonly stdout: string; readonly exitCode: number }>

function gitWith({ tools, linked, checkout, hasFiles, signal }: Job, index: string): IndexGit {
  const cwd = hasFiles ? linked.path : checkout.place.path
  const ties = hasFiles ? checkoutEnv(linked) : { GIT_DIR: linked.gitDir }
  return async (args, { env, ...call } = {}) =>
    tools.git(cwd, [...SETTINGS, ...args], {
      ...call,
      env: { ...ties, GIT_INDEX_FILE: index, ...env },
      timeoutMs: TIMEOUT_MS,
      signal,
    })
}

interface Head {
  readonly commit: string | undefined
  readonly tree: string | undefined
  readonly dates: Readonly<Record<string, string>>
}

/** HEAD's commit, or the last one it was at when its branch is gone. Its date dates our commits, so that equal work is equal. */
async function headOf({ linked }: Job, git: IndexGit): Promise<Head> {
  const format = ['log', '-1', '--no-show-signature', '--format=%H %T %ct']
  const tries = ['HEAD', lastLogged(linked)].filter(name => name !== undefined)
  for (const name of tries) {
    const { stdout, exitCode } = await git([...format, name, '--'], { allow: [0, 128] })
    const [commit, tree, time] = stdout.trim().split(' ')
    if (exitCode === 0) return { commit, tree, dates: dates(time ?? '0') }
  }
  return { commit: undefined, tree: undefined, dates: dates('0') }
}

function dates(seconds: string): Readonly<Record<string, string>> {
  return { GIT_AUTHOR_DATE: `@${seconds} +0000`, GIT_COMMITTER_DATE: `@${seconds} +0000` }
}

/** A copy knows which files are unchanged, so a big checkout isn't read again as a whole. */
async function startIndex({ linked }: Job, index: string, git: IndexGit): Promise<void> {
  const source = join(linked.gitDir, 'index')
  if (!existsSync(source)) {
    await git(['read-tree', '--empty'])
    return
  }
  const seconds = Math.floor(statSync(source).mtimeMs / 1000)
  copyFileSync(source, index)
  // Git trusts an entry only if the index is younger than the file; a copy's own age would make it trust too much.
  utimesSync(index, seconds, seconds)
}

async function addFiles(job: Job, git: IndexGit): Promise<void> {
  const { tools, checkout, linked, signal } = job
  const hidden = await hiddenNames(job)
  if (hidden.length > 0) {
    const input = hidden.map(name => `${name}\0`).join('')
    await git(['update-index', '--no-skip-worktree', '-z', '--stdin'], { input })
    await git(['update-index', '--no-assume-unchanged', '-z', '--stdin'], { input })
  }
  const nested = await findNested(
    tools.git,
    { path: linked.path, env: checkoutEnv(linked) },
    signal,
  )
  const left = await withoutIgnored([...ownLinks(checkout, linked), ...nested], git)
  await git([
    'add',
    '-A',
    '--sparse',
    '--',
    '.',
    ...left.map(name => `:(top,exclude,literal)${name}`),
  ])
}

/** `add` leaves ignored files out by itself, and refuses to be told to (git 2.39). */
async function withoutIgnored(names: readonly string[], git: IndexGit): Promise<readonly string[]> {
  if (names.length === 0) return names
  const input = names.map(name => `${name}\0`).join('')
  const answer = await git(['check-ignore', '-z', '--stdin'], { input, allow: [0, 1, 128] })
  const ignored = new Set(answer.stdout.split('\0'))
  return names.filter(name => !ignored.has(name))
}

function message({ target, linked }: Job, title: string, names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? [`and ${names.length - MOST_NAMES} more`] : []
  const list = [...names.slice(0, MOST_NAMES), ...more]
  return [
    title,
    '',
    `Session: ${target.session}`,
    `Uid: ${target.uid}`,
    `Branch: ${linked.branch ?? 'none (detached)'}`,
    '',
    ...(list.length === 0 ? ['Only staged; the files were gone.'] : list),
    '',
  ].join('\n')
}

function oidIn(stdout: string): string | undefined {
  const oid = stdout.trim()
  return isOid(oid) ? oid : undefined
}
