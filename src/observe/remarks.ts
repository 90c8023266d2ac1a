import type { PullRequestFact } from '../lifecycle/facts.ts'
import type { PullRequest, Review, ReviewComment } from '../plugins/scm.ts'
import type { SessionRecord } from '../resource/record.ts'
import { isMachine, isOurs } from './whose.ts'

type Said = ReviewComment & Partial<Pick<Review, 'verdict' | 'sha'>>

/** For whom a pull request is looked at. */
export interface Listener {
  /** The session whose branch it stands on: only there, and only of that session, an unsigned marker is believed. */
  readonly own?: string | undefined
  /** What was said that its agent was told; see `SessionRecord.told`. */
  readonly told?: SessionRecord['told']
  /** Since when there is that session, RFC 3339: nobody knows any more what was told before. */
  readonly since?: string
}

/**
 * What was said on a pull request as a whole and has no answer of ours yet, oldest first. An answer comes after what it answers was told, or names it: what we
 * say without having heard it answers nothing. Requests for changes are none: they stand until their reviewer says otherwise.
 */
export function remarksOf(
  { comments, reviews, head }: Pick<PullRequest, 'comments' | 'reviews' | 'head'>,
  { own, told = {}, since }: Listener,
): Required<Pick<PullRequestFact, 'remarks'>> & Pick<PullRequestFact, 'spokenAt'> {
  const all: readonly Said[] = [...comments, ...reviews]
  // Another session may approve; that answers nobody.
  const ours = all.filter(each => isOurs(each, own) && each.verdict !== 'approve')
  const spokenAt = newest(ours)
  const approved = newest(
    reviews.filter(each => each.verdict === 'approve' && each.trusted && !isMachine(each)),
  )
  const remarks = all
    .filter(each => each.trusted && !isOurs(each, own) && each.verdict !== 'request-changes')
    .filter(
      each => each.body.trim() !== '' && !isAnswered(each, ours, { told: told[each.id], since }),
    )
    .toSorted((a, b) => at(a) - at(b))
    .map(each => ({
      id: each.id,
      author: each.author,
      isBot: isMachine(each),
      body: each.body,
      url: each.url,
      isApproval: each.verdict === 'approve',
      isOpen: each.verdict !== 'approve' && at(each) >= approved && !hasMovedSince(head, each),
    }))
  return { remarks, ...(ours.length === 0 ? {} : { spokenAt }) }
}

/** `told` is when we had last said something as it was told. */
function isAnswered(
  said: Said,
  ours: readonly Said[],
  { told, since }: { readonly told: string | undefined; readonly since: string | undefined },
): boolean {
  const later = ours.filter(each => at(each) > at(said))
  if (since !== undefined && later.some(each => at(each) < Date.parse(since))) return true
  if (told !== undefined && newest(later) > (told === '' ? -Infinity : Date.parse(told)))
    return true
  return later.some(answer => names(answer, said))
}

/** It links to it, or quotes how it begins, as forges' own "quote reply" does. */
function names(answer: Said, { url, body }: Said): boolean {
  const [first = ''] = body.trim().split('\n', 1)
  const quoted = answer.body
    .split('\n')
    .filter(line => line.startsWith('>'))
    .map(line => line.slice(1).trim())
  // A longer address is another's.
  const [, ...rests] = url === undefined ? [] : answer.body.split(url)
  return quoted.includes(first.trim()) || rests.some(rest => !/^\w/.test(rest))
}

/** A review tells of which head it was; of comments only times are known. */
function hasMovedSince({ sha, movedAt }: PullRequest['head'], said: Said): boolean {
  if (said.sha !== undefined) return said.sha !== sha
  return movedAt !== undefined && Date.parse(movedAt) > at(said)
}

function newest(said: readonly Said[]): number {
  return Math.max(-Infinity, ...said.map(at))
}

function at({ createdAt }: Said): number {
  return Date.parse(createdAt)
}
