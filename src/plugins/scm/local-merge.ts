import { HouseError } from '../../errors.ts'
import { assertBase } from '../merge-guard.ts'
import { OWN_IDENTITY } from '../git.ts'
import type { ScmProject } from '../scm.ts'
import { plainLine } from '../../resource/text.ts'
import { changePull, noPull, notOpen } from './local-change.ts'
import { findLanding, isAncestor, type Pair } from './local-compare.ts'
import { loadOne, type LocalScm } from './local-context.ts'
import type { PullRecord } from './local-record.ts'
import { fetchBase, pushMerge } from './local-remote.ts'
import { baseRef, type Look } from './local-refs.ts'
import { untilWon } from './local-store.ts'
import { currentHead } from './local-view.ts'

export interface MergeRequest {
  readonly number: number
  readonly expectedHead: string
  readonly expectedBase?: string
  readonly by: string
}

/** One try: everything it needs, read together. */
interface Attempt extends MergeRequest {
  readonly project: ScmProject
  readonly look: Look
  readonly record: PullRecord
}

/**
 * Merges without a checkout: a merge commit made from two trees, then one compare-and-swap of the base. Interrupted between that swap
 * and our record of it, the next call finds the merge in the base and only writes the record.
 */
export async function mergePull(
  scm: LocalScm,
  project: ScmProject,
  request: MergeRequest,
  signal: AbortSignal,
): Promise<{ readonly mergeSha: string }> {
  const mergeSha = await untilWon(
    `merging pull request #${request.number} of ${project.project}`,
    async () => {
      const look = await scm.store.look(project.repository, signal)
      const { number } = request
      const stored = await loadOne(scm, project.repository, { look, number }, signal)
      if (stored === undefined) throw noPull(project, number)
      const { record } = stored
      if (record.state === 'merged') return { value: record.mergeSha ?? record.firstHead }
      assertMergeable(project, request, { record, head: currentHead(look, stored) })
      return tryOnce(scm, { ...request, project, look, record }, signal)
    },
    signal,
  )
  await recordMerge(scm, project, { ...request, mergeSha }, signal)
  return { mergeSha }
}

function assertMergeable(
  project: ScmProject,
  { number, expectedHead, expectedBase }: MergeRequest,
  { record, head }: { readonly record: PullRecord; readonly head: string },
): void {
  const what = `pull request #${number} of ${project.project}`
  if (record.state === 'closed') throw notOpen(project, number, record)
  if (record.draft) {
    throw new HouseError('Refused', `${what} is a draft`, {
      next: `ao pr create --head ${record.head} --base ${record.base}`,
    })
  }
  assertBase(what, { number, baseBranch: record.base }, expectedBase)
  if (head === expectedHead) return
  throw new HouseError(
    'Conflict',
    `${what} was to be merged at ${short(expectedHead)}, ` +
      `but its branch ${record.head} is at ${short(head)} now`,
    { next: `ao pr view ${number}` },
  )
}

/** Undefined when the base moved meanwhile. */
async function tryOnce(
  scm: LocalScm,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<{ readonly value: string } | undefined> {
  const { project, look, record, expectedHead } = attempt
  const base = look.refs.get(baseRef(look, record.base))
  if (base === undefined) {
    if (!look.hasOrigin) throw baseMissing(attempt)
    await fetchBase(scm.git, project.repository, record.base, signal)
    return undefined
  }
  const pair = { base, head: expectedHead, firstHead: record.firstHead }
  const landed = await findLanding(scm.git, project.repository, pair, signal)
  if (landed !== undefined) return { value: landed }
  if (await isAncestor(scm.git, project.repository, [expectedHead, base], signal)) {
    throw nothingToMerge(attempt)
  }
  if (!look.hasOrigin) await assertNotCheckedOut(scm, attempt, signal)
  const mergeSha = await writeMerge(scm, attempt, pair, signal)
  const isOurs = look.hasOrigin
    ? await publish(scm, attempt, { base, mergeSha }, signal)
    : await scm.store.swap(
        project.repository,
        [{ ref: baseRef(look, record.base), from: base, to: mergeSha }],
        signal,
      )
  return isOurs ? { value: mergeSha } : undefined
}

async function writeMerge(
  scm: LocalScm,
  { project, number, record, by }: Attempt,
  { base, head }: Pair,
  signal: AbortSignal,
): Promise<string> {
  const merged = await scm.git(
    project.repository,
    ['merge-tree', '--write-tree', '--no-messages', '--name-only', '-z', base, head],
    { allow: [0, 1], signal },
  )
  const [tree = '', ...conflicts] = merged.stdout.split('\0').filter(part => part !== '')
  if (merged.exitCode === 1) {
    throw new HouseError(
      'Conflict',
      `pull request #${number} of ${project.project} conflicts with ${record.base} in ` +
        conflicts.slice(0, 10).join(', '),
      { next: `git merge ${record.base}` },
    )
  }
  const { stdout } = await scm.git(
    project.repository,
    ['commit-tree', tree, '-p', base, '-p', head, '-F', '-'],
    {
      input: `Merge pull request #${number}: ${record.title}\n`,
      env: { ...OWN_IDENTITY, GIT_AUTHOR_NAME: authorName(by) },
      signal,
    },
  )
  return stdout.trim()
}

async function publish(
  scm: LocalScm,
  { project, look, record }: Attempt,
  { base, mergeSha }: { readonly base: string; readonly mergeSha: string },
  signal: AbortSignal,
): Promise<boolean> {
  const { repository } = project
  const push = { branch: record.base, from: base, to: mergeSha }
  if (!(await pushMerge(scm.git, repository, push, signal))) {
    await fetchBase(scm.git, repository, record.base, signal)
    return false
  }
  // Pushing has done so already, unless origin is set up to fetch something else.
  const ref = baseRef(look, record.base)
  await scm.store.swap(repository, [{ ref, from: base, to: mergeSha }], signal)
  return true
}

/** Moving a branch under a checkout would turn all of the merge into uncommitted changes of the person's. */
async function assertNotCheckedOut(
  scm: LocalScm,
  { project, number, record }: Attempt,
  signal: AbortSignal,
): Promise<void> {
  const { stdout } = await scm.git(
    project.repository,
    ['for-each-ref', '--format=%(worktreepath)', `refs/heads/${record.base}`],
    { signal },
  )
  const path = stdout.trim()
  if (path === '') return
  throw new HouseError(
    'Conflict',
    `CheckedOut: pull request #${number} of ${project.project} cannot be merged while ` +
      `${record.base} is checked out in ${path}, because there is no remote to merge in`,
    { next: `git -C ${path} switch --detach` },
  )
}

async function recordMerge(
  scm: LocalScm,
  project: ScmProject,
  merge: MergeRequest & { readonly mergeSha: string },
  signal: AbortSignal,
): Promise<void> {
  await changePull(
    scm,
    { project, number: merge.number },
    ({ record }) =>
      // Also one that was closed meanwhile: its commits are in the base.
      record.state === 'merged'
        ? undefined
        : {
            ...record,
            state: 'merged',
            mergeSha: merge.mergeSha,
            lastHead: merge.expectedHead,
            endedAt: scm.now().toISOString(),
            endedBy: merge.by,
          },
    signal,
  )
}

function baseMissing({ project, record }: Attempt): HouseError {
  return new HouseError(
    'NotFound',
    `the base ${record.base} is not there in ${project.repository}`,
    { next: `git -C ${project.repository} branch --list` },
  )
}

function nothingToMerge({ project, number, record, expectedHead }: Attempt): HouseError {
  return new HouseError(
    'Conflict',
    `pull request #${number} of ${project.project} holds nothing to merge: ${record.base} contains ` +
      `${short(expectedHead)} already, and not what was asked for at first (${short(record.firstHead)})`,
    { next: `ao pr close ${number}` },
  )
}

/** Git refuses a name that is empty without these. */
function authorName(by: string): string {
  const name = plainLine(by, 100).replaceAll(/[<>]/g, '').trim()
  return name === '' ? OWN_IDENTITY.GIT_AUTHOR_NAME : name
}

function short(sha: string): string {
  return sha.slice(0, 12)
}
