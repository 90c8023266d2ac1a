import type { ReviewFact } from '../lifecycle/facts.ts'
import type { PullRequest } from '../plugins/scm.ts'
import type { DesiredSession } from '../resource/spec.ts'
import { pullRequestFact } from './pull-request.ts'

/**
 * Which pull requests are a session's: the one that was claimed for it, those it opened (by their hidden marker), and that of its branch in a repository
 * the checkout knows. A bare branch name proves nothing: a fork may have one like it, and a namesake may have been here before.
 */
export function attribute(
  object: DesiredSession,
  branches: readonly string[],
  all: readonly PullRequest[],
): ReviewFact {
  const claimed = all.find(({ number }) => number === object.overrides.pullRequest)
  const mine = all.filter(each => each === claimed || isMine(object, branches, each))
  const open = mine.filter(({ state }) => state === 'open')
  const rivals = open.filter(({ head }) => branches.includes(head.branch))
  if (claimed === undefined && rivals.length > 1) {
    return { state: 'ambiguous', numbers: rivals.map(({ number }) => number) }
  }
  // As long as one is open, that is where the work is.
  const first =
    open.find(each => each === claimed) ?? rivals[0] ?? newest(open) ?? claimed ?? newest(mine)
  if (first === undefined) return { state: 'none' }
  const others = open.filter(each => each !== first)
  return {
    state: 'found',
    pullRequest: pullRequestFact(first, all),
    others: others.map(each => pullRequestFact(each, all)),
  }
}

function isMine(
  object: DesiredSession,
  branches: readonly string[],
  { session, head, createdAt }: PullRequest,
): boolean {
  if (createdAt < object.creationTimestamp) return false
  if (session !== undefined) return session === object.name
  return !head.foreign && branches.includes(head.branch)
}

function newest(pulls: readonly PullRequest[]): PullRequest | undefined {
  return pulls.toSorted((a, b) => b.number - a.number)[0]
}
