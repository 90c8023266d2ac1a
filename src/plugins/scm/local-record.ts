import { HouseError } from '../../errors.ts'
import { plainLine, plainText } from '../../resource/text.ts'
import type { PullRequestEdit, Review } from '../scm.ts'
import type { Signature } from '../../resource/signature.ts'
import { signatureOf } from '../../resource/signature.ts'
import type { ProcessMark } from './local-process.ts'

const VERSION = 1
const MAX_TITLE = 256
const MAX_BODY = 64 * 1024
const MAX_REVIEW_BODY = 16 * 1024
const MAX_REVIEWS = 200

/** A review as it is kept: whoever can write refs of the repository belongs to it, and is heard. */
export type StoredReview = Omit<Review, 'authorType' | 'trusted' | keyof Signature> & Signed

/** Which session wrote it, if one did; records of earlier versions don't tell of which home. */
export interface Signed {
  readonly session?: string
  readonly home?: string
}

/** What a pull request is, besides its commits: the message of the commit at `refs/ao/pulls/<n>/meta`. */
export interface PullRecord extends Signed {
  readonly version: typeof VERSION
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly draft: boolean
  readonly author: string
  readonly head: string
  readonly base: string
  /** The head it was opened with, and the one it ended with. */
  readonly firstHead: string
  readonly lastHead?: string
  readonly reviews: readonly StoredReview[]
  readonly mergeSha?: string
  readonly createdAt: string
  readonly endedAt?: string
  readonly endedBy?: string
}

/** What one check says about one commit: the message of the commit at `refs/ao/pulls/<n>/checks/<name>/<sha12>`. */
export type CheckRecord = CheckClaim | CheckVerdict

interface CheckBase {
  readonly version: typeof VERSION
  readonly name: string
  readonly sha: string
  /** Digest of the command. */
  readonly digest: string
  readonly startedAt: string
}

/** Somebody is running it; the claim dies with its process. */
export interface CheckClaim extends CheckBase {
  readonly state: 'running'
  readonly claim: string
  readonly process: ProcessMark
}

export interface CheckVerdict extends CheckBase {
  readonly state: 'success' | 'failure'
  readonly logTail: string
  readonly completedAt: string
}

export type NewPull = Pick<
  PullRecord,
  'title' | 'body' | 'draft' | 'author' | 'head' | 'base' | 'firstHead' | 'createdAt'
> & { readonly signed: Signed }

/** A record of an open pull request; texts are made plain and bounded here and nowhere else. */
export function newPull(pull: NewPull): PullRecord {
  const { signed, ...rest } = pull
  return {
    ...rest,
    version: VERSION,
    ...wordsOf(pull),
    author: plainLine(pull.author, MAX_TITLE),
    ...signed,
    state: 'open',
    reviews: [],
  }
}

/** Another title or body. */
export function withWords(record: PullRecord, edit: PullRequestEdit): PullRecord {
  return { ...record, ...wordsOf({ ...record, ...edit }) }
}

/** Adds a review; over 200, the oldest that decide nothing any more are dropped (the commits before still have them). */
export function withReview(record: PullRecord, review: StoredReview): PullRecord {
  const bounded = {
    ...review,
    author: plainLine(review.author, MAX_TITLE),
    body: plainText(review.body, MAX_REVIEW_BODY),
  }
  const reviews = [...record.reviews, bounded]
  while (reviews.length > MAX_REVIEWS) {
    const spare = reviews.findIndex((one, index) => !decides(one, reviews.slice(index + 1)))
    reviews.splice(Math.max(spare, 0), 1)
  }
  return { ...record, reviews }
}

/** Who wrote it, as whoever works for `home` sees it. */
export function signatureIn({ session, home }: Signed, ours: string | undefined): Signature {
  return signatureOf(session === undefined ? undefined : { session, home }, ours)
}

/** How what a session writes is kept. */
export function signedBy(session: string | undefined, home: string | undefined): Signed {
  if (session === undefined) return {}
  return home === undefined ? { session } : { session, home }
}

/** Who reviewed: a session is somebody else than the person it works for. */
function reviewerOf({ author, session, home }: StoredReview): string {
  return session === undefined ? `person ${author}` : `session ${session} ${home ?? ''}`
}

/** As one line of ASCII, so that its length is its size whatever encoding a repository is set to. */
export function encodeRecord(record: PullRecord | CheckRecord): string {
  return JSON.stringify(record).replaceAll(
    /[\u007f-\uffff]/g,
    character => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}

/** Throws `NewerState` or `Failed`, naming the ref. */
export function decodePull(ref: string, text: string): PullRecord {
  const value = parse(ref, text)
  const isWhole =
    ['title', 'body', 'state', 'author', 'head', 'base', 'firstHead', 'createdAt'].every(
      key => typeof value[key] === 'string',
    ) && Array.isArray(value['reviews'])
  if (!isWhole) throw broken(ref)
  return value as unknown as PullRecord
}

/** Like `decodePull`, for a check. */
export function decodeCheck(ref: string, text: string): CheckRecord {
  const value = parse(ref, text)
  if (!['name', 'sha', 'state', 'digest'].every(key => typeof value[key] === 'string')) {
    throw broken(ref)
  }
  return value as unknown as CheckRecord
}

function wordsOf({
  title,
  body,
  head,
}: Pick<PullRecord, 'title' | 'body' | 'head'>): Pick<PullRecord, 'title' | 'body'> {
  const line = plainLine(title, MAX_TITLE)
  return { title: line === '' ? head : line, body: plainText(body, MAX_BODY) }
}

function decides(review: StoredReview, later: readonly StoredReview[]): boolean {
  if (review.verdict === 'comment') return false
  const reviewer = reviewerOf(review)
  return !later.some(one => one.verdict !== 'comment' && reviewerOf(one) === reviewer)
}

function parse(ref: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw broken(ref, error)
  }
  if (typeof value !== 'object' || value === null) throw broken(ref)
  const fields = value as Readonly<Record<string, unknown>>
  const version = fields['version']
  if (typeof version === 'number' && version > VERSION) {
    throw new HouseError('NewerState', `${ref} was written by a newer ao (version ${version})`, {
      next: 'npm install -g aoctl@latest',
    })
  }
  if (version !== VERSION) throw broken(ref)
  return fields
}

function broken(ref: string, cause?: unknown): HouseError {
  return new HouseError('Failed', `${ref} is not a record of ours`, {
    cause,
    next: `git show ${ref}`,
  })
}
