import type { PullRequestFact, ReviewFact } from '../lifecycle/facts.ts'
import type { PullRequest } from '../plugins/scm.ts'
import type { AdoptedBranch, SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import { leftoversOf } from './leftover.ts'
import { pullRequestFact } from './pull-request.ts'

/** What is known of a session, and of the others of its project, by which pull requests are told apart. */
export interface Attributed {
  readonly object: DesiredSession
  /** Those it is on, by its declaration and by its workspace. */
  readonly branches: readonly string[]
  /** What it took over from an earlier session of its name. */
  readonly adopted?: AdoptedBranch | undefined
  /** What was said that its agent was told. */
  readonly told?: SessionRecord['told']
  /** Whether somebody claimed that one for another session. */
  readonly isTaken?: (number: number) => boolean
}

/**
 * Which pull requests are a session's: the one that was claimed for it, those it opened (by their hidden marker), and that of its branch in a repository
 * the checkout knows. A bare branch name proves nothing: a fork may have one like it, a namesake may have been here before, and another operator's session
 * may have opened it. What was claimed for another session is nobody else's.
 */
export function attribute(about: Attributed, all: readonly PullRequest[]): ReviewFact {
  const { object, branches, isTaken } = about
  const free = all.filter(({ number }) => isTaken?.(number) !== true)
  const claimed = free.find(({ number }) => number === object.overrides.pullRequest)
  const mine = free.filter(each => each === claimed || isMine(about, each))
  const open = mine.filter(({ state }) => state === 'open')
  const lowest = open.filter(each => !open.some(other => isBuiltOn(each, other)))
  // Whoever opened several of one branch itself has several; with one that others opened of it, nobody can know which is meant.
  for (const branch of branches) {
    const rivals = lowest.filter(({ head }) => head.branch === branch)
    const isOwn = rivals.every(({ session }) => session === object.name)
    if (claimed === undefined && rivals.length > 1 && !isOwn) {
      const [numbers, urls] = [rivals.map(({ number }) => number), rivals.map(({ url }) => url)]
      return { state: 'ambiguous', branch, numbers, urls }
    }
  }
  const merged = mine.filter(({ state }) => state === 'merged')
  // As long as one is open, that is where the work is, whatever is checked out now. What was merged counts, whatever else was closed.
  const first =
    open.find(each => each === claimed) ??
    lowest.find(({ head }) => !head.foreign && head.branch === object.spec.branch) ??
    lowest[0] ??
    open[0] ??
    claimed ??
    newest(merged) ??
    newest(mine)
  if (first === undefined) return noneOf(about, free)
  const others = open.filter(each => each !== first)
  const factOf = (pull: PullRequest): PullRequestFact =>
    pullRequestFact(pull, all, {
      own: isOnOwnBranch(about, pull) ? object.name : undefined,
      told: about.told,
      since: object.creationTimestamp,
    })
  const leftovers = leftoversOf(
    mine.filter(each => hasBranchOf(about, each)),
    all,
  )
  return {
    state: 'found',
    pullRequest: factOf(first),
    others: others.map(factOf),
    ...(leftovers.length === 0 ? {} : { leftovers }),
  }
}

function noneOf(about: Attributed, all: readonly PullRequest[]): ReviewFact {
  const elsewhere = all.find(
    each => each.state === 'open' && each.otherSession !== undefined && isOnOwnBranch(about, each),
  )
  return { state: 'none', ...(elsewhere === undefined ? {} : { elsewhere: elsewhere.number }) }
}

/** A stack is one work in several steps: its lowest one comes first. */
function isBuiltOn(pull: PullRequest, other: PullRequest): boolean {
  return other !== pull && !other.head.foreign && other.head.branch === pull.base.branch
}

function isMine(about: Attributed, pull: PullRequest): boolean {
  const { object, adopted } = about
  const { session, otherSession, createdAt, head } = pull
  if (otherSession !== undefined) return false
  if (isOlder(createdAt, object.creationTimestamp) && !isAdopted(adopted, pull)) return false
  // A marker can be copied: what comes from somebody's fork is not a session's.
  if (session !== undefined) return session === object.name && !head.foreign
  return isOnOwnBranch(about, pull)
}

function isOnOwnBranch({ branches }: Attributed, { head }: PullRequest): boolean {
  return !head.foreign && branches.includes(head.branch)
}

/** That a pull request was claimed for it does not make the branch its own. */
function hasBranchOf(about: Attributed, pull: PullRequest): boolean {
  if (pull.session !== undefined) return pull.session === about.object.name
  return pull.otherSession === undefined && isOnOwnBranch(about, pull)
}

/** Forges tell times in zones of their own, and some without fractions of a second: then the second counts as a whole. */
function isOlder(createdAt: string, than: string): boolean {
  const isExact = /\.\d/.test(createdAt)
  const limit = isExact ? Date.parse(than) : Math.floor(Date.parse(than) / 1000) * 1000
  return !(Date.parse(createdAt) >= limit)
}

/** Whoever goes on with a branch goes on with what is open of it, and with nothing else from before its time. */
function isAdopted(
  adopted: AdoptedBranch | undefined,
  { number, head, state }: PullRequest,
): boolean {
  if (adopted === undefined || head.foreign || head.branch !== adopted.branch) return false
  return state === 'open' || adopted.pullRequests.includes(number)
}

function newest(pulls: readonly PullRequest[]): PullRequest | undefined {
  return pulls.toSorted((a, b) => b.number - a.number)[0]
}
