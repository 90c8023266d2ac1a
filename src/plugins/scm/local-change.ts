import { HouseError } from '../../errors.ts'
import { changedBy, remainingEdit } from '../pull-edit.ts'
import type { PullRequest, PullRequestEdit, Review, ScmProject } from '../scm.ts'
import { maybeSame } from '../../resource/signature.ts'
import { isAncestor } from './local-compare.ts'
import { loadAll, loadOne, viewAll, type LocalScm } from './local-context.ts'
import {
  newPull,
  signatureIn,
  signedBy,
  withReview,
  withWords,
  type PullRecord,
} from './local-record.ts'
import { baseRef, headRef, metaRef, tipOf, type Look } from './local-refs.ts'
import { untilWon, type RefChange } from './local-store.ts'
import { currentHead, type Stored } from './local-view.ts'

/** What to open. */
export interface NewRequest {
  readonly head: string
  readonly base: string
  readonly title: string
  readonly body: string
  readonly draft: boolean
  readonly author: string
  readonly session: string | undefined
}

/**
 * Opens a pull request, or finds the open one of the same head and base. Numbers are taken by creating the ref and are never given
 * back, so whoever finds a number taken looks again and sees the one that took it.
 */
export async function createPull(
  scm: LocalScm,
  project: ScmProject,
  request: NewRequest,
  signal: AbortSignal,
): Promise<PullRequest> {
  const what = `opening a pull request of ${request.head} in ${project.project}`
  const number = await untilWon(
    what,
    async () => {
      const look = await scm.store.look(project.repository, signal)
      const all = await loadAll(scm, project.repository, look, signal)
      const same = all.find(pull => isOpenOf(pull.record, request))
      if (same !== undefined) return { value: same.refs.number }
      const firstHead = await assertOpenable(scm, project, { look, request }, signal)
      const created = (all.at(-1)?.refs.number ?? 0) + 1
      const { session, ...asked } = request
      const signed = signedBy(session, scm.homeId())
      const createdAt = scm.now().toISOString()
      const pull = newPull({ ...asked, signed, firstHead, createdAt })
      const isMine = await claimNumber(scm, project, { number: created, pull }, signal)
      return isMine ? { value: created } : undefined
    },
    signal,
  )
  const kept = await keepLowest(scm, project, { number, request }, signal)
  if (!request.draft) await markReady(scm, project, kept, signal)
  return readPull(scm, project, kept, signal)
}

/** The pull request as it is now; undefined when there is none of that number. */
export async function getPull(
  scm: LocalScm,
  project: ScmProject,
  { number, watchPaths }: { readonly number: number; readonly watchPaths: readonly string[] },
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  const look = await scm.store.look(project.repository, signal)
  const stored = await loadOne(scm, project.repository, { look, number }, signal)
  if (stored === undefined) return undefined
  const [view] = await viewAll(scm, project, { look, stored: [stored], watchPaths }, signal)
  return view
}

/** Gives an open pull request other words. */
export async function editPull(
  scm: LocalScm,
  project: ScmProject,
  { number, edit }: { readonly number: number; readonly edit: PullRequestEdit },
  signal: AbortSignal,
): Promise<readonly (keyof PullRequestEdit)[]> {
  let remaining: PullRequestEdit = {}
  await changePull(
    scm,
    { project, number },
    ({ record }) => {
      if (record.state !== 'open') throw notOpen(project, number, record)
      const edited = withWords(record, edit)
      remaining = remainingEdit(record, edited)
      return changedBy(remaining).length === 0 ? undefined : edited
    },
    signal,
  )
  return changedBy(remaining)
}

/** Adds a review of the current head. */
export async function reviewPull(
  scm: LocalScm,
  project: ScmProject,
  {
    number,
    ...review
  }: Pick<Review, 'verdict' | 'body' | 'author'> & {
    readonly number: number
    readonly session: string | undefined
  },
  signal: AbortSignal,
): Promise<void> {
  const { session, ...rest } = review
  const home = scm.homeId()
  const signed = signedBy(session, home)
  await changePull(
    scm,
    { project, number },
    (stored, head) => {
      const { record } = stored
      const isOwn = maybeSame(signatureIn(signed, home), signatureIn(record, home))
      if (review.verdict === 'approve' && isOwn) {
        throw new HouseError(
          'Refused',
          `${session ?? ''} opened pull request #${number} of ${project.project} and cannot approve it`,
          { next: `ao pr review ${number} --comment` },
        )
      }
      if (review.verdict !== 'comment' && record.state !== 'open') {
        throw notOpen(project, number, record)
      }
      return withReview(record, {
        ...rest,
        id: scm.id(),
        sha: head,
        createdAt: scm.now().toISOString(),
        ...signed,
      })
    },
    signal,
  )
}

/** Closes an open pull request; closing a closed one changes nothing. */
export async function closePull(
  scm: LocalScm,
  project: ScmProject,
  { number, by }: { readonly number: number; readonly by: string },
  signal: AbortSignal,
): Promise<void> {
  await changePull(
    scm,
    { project, number },
    ({ record }, head) => {
      if (record.state === 'merged') throw notOpen(project, number, record)
      if (record.state === 'closed') return undefined
      const endedAt = scm.now().toISOString()
      return { ...record, state: 'closed', lastHead: head, endedAt, endedBy: by }
    },
    signal,
  )
}

/**
 * Changes the record of a pull request and brings its recorded head up to date, in one step against what was read; `change` gives
 * undefined to leave it, and is called again when somebody else was faster.
 */
export async function changePull(
  scm: LocalScm,
  { project, number }: { readonly project: ScmProject; readonly number: number },
  change: (stored: Stored, head: string) => PullRecord | undefined,
  signal: AbortSignal,
): Promise<PullRecord> {
  return untilWon(
    `changing pull request #${number} of ${project.project}`,
    async () => {
      const look = await scm.store.look(project.repository, signal)
      const stored = await loadOne(scm, project.repository, { look, number }, signal)
      if (stored === undefined) throw noPull(project, number)
      const head = currentHead(look, stored)
      const record = change(stored, head)
      if (record === undefined) return { value: stored.record }
      const { meta, head: recorded } = stored.refs
      const to = await scm.store.write(project.repository, record, [meta], signal)
      const changes: RefChange[] = [{ ref: metaRef(number), from: meta, to }]
      const newHead = record.lastHead ?? head
      if (recorded !== newHead) changes.push({ ref: headRef(number), from: recorded, to: newHead })
      const isMine = await scm.store.swap(project.repository, changes, signal)
      return isMine ? { value: record } : undefined
    },
    signal,
  )
}

export function noPull(project: ScmProject, number: number): HouseError {
  return new HouseError('NotFound', `there is no pull request #${number} in ${project.project}`, {
    next: 'ao pr list',
  })
}

export function notOpen(project: ScmProject, number: number, record: PullRecord): HouseError {
  return new HouseError(
    'Conflict',
    `pull request #${number} of ${project.project} is ${record.state}`,
    { next: `ao pr view ${number}` },
  )
}

function isOpenOf(record: PullRecord, request: Pick<NewRequest, 'head' | 'base'>): boolean {
  return record.state === 'open' && record.head === request.head && record.base === request.base
}

/** Gives the head; throws when there is nothing to ask for. */
async function assertOpenable(
  scm: LocalScm,
  project: ScmProject,
  { look, request }: { readonly look: Look; readonly request: NewRequest },
  signal: AbortSignal,
): Promise<string> {
  const head = tipOf(look, request.head)
  if (head === undefined) {
    throw new HouseError(
      'NotFound',
      `there is no branch ${request.head} in ${project.repository} to open a pull request of`,
      { next: `git -C ${project.repository} branch --list` },
    )
  }
  const ref = baseRef(look, request.base)
  const base = look.refs.get(ref)
  if (base === undefined) {
    throw new HouseError('NotFound', `the base ${ref} is not there in ${project.repository}`, {
      next: look.hasOrigin
        ? `git -C ${project.repository} fetch origin ${request.base}`
        : `git -C ${project.repository} branch --list`,
    })
  }
  if (await isAncestor(scm.git, project.repository, [head, base], signal)) {
    throw new HouseError(
      'Refused',
      `${request.head} has no commits that ${request.base} lacks, so there is nothing to merge`,
      { next: `git -C ${project.repository} log --oneline ${ref}..refs/heads/${request.head}` },
    )
  }
  return head
}

async function claimNumber(
  scm: LocalScm,
  project: ScmProject,
  { number, pull }: { readonly number: number; readonly pull: PullRecord },
  signal: AbortSignal,
): Promise<boolean> {
  const { repository } = project
  const to = await scm.store.write(repository, pull, [], signal)
  const meta = { ref: metaRef(number), from: undefined, to }
  if (!(await scm.store.swap(repository, [meta], signal))) return false
  // Apart from the number, which one ref alone decides. It keeps the commits when the branch is deleted; every change renews it.
  const head = { ref: headRef(number), from: undefined, to: pull.firstHead }
  await scm.store.swap(repository, [head], signal)
  return true
}

/** Should two of the same head and base have come to be after all (refs deleted by hand), the higher one closes itself. */
async function keepLowest(
  scm: LocalScm,
  project: ScmProject,
  { number, request }: { readonly number: number; readonly request: NewRequest },
  signal: AbortSignal,
): Promise<number> {
  const look = await scm.store.look(project.repository, signal)
  const all = await loadAll(scm, project.repository, look, signal)
  const lowest = all.find(pull => isOpenOf(pull.record, request))?.refs.number ?? number
  if (lowest < number) {
    await closePull(scm, project, { number, by: `ao, as a double of #${lowest}` }, signal)
  }
  return Math.min(lowest, number)
}

/** Asking again without `draft` is how a draft becomes ready. */
async function markReady(
  scm: LocalScm,
  project: ScmProject,
  number: number,
  signal: AbortSignal,
): Promise<void> {
  const asReady = ({ record }: Stored): PullRecord | undefined =>
    record.draft ? { ...record, draft: false } : undefined
  await changePull(scm, { project, number }, asReady, signal)
}

async function readPull(
  scm: LocalScm,
  project: ScmProject,
  number: number,
  signal: AbortSignal,
): Promise<PullRequest> {
  const pull = await getPull(scm, project, { number, watchPaths: [] }, signal)
  if (pull === undefined) throw noPull(project, number)
  return pull
}
