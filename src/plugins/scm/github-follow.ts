import { HouseError } from '../../errors.ts'
import { digestOf, isSettled, latestContexts, stateOf } from './github-checks.ts'
import type { ForgeWish } from '../forge-observe.ts'
import type { Pace } from '../forge-pacing.ts'
import type { FailedJob, ListedPull, WholePull } from './github-facts.ts'
import type { GuardsRead } from './github-guards.ts'
import type { Guards, RepoFacts, Seen } from './github-memory.ts'
import { rulesOf } from './github-memory.ts'
import type { Belief } from './github-reviews.ts'
import { authorship } from './github-reviews.ts'
import type { GitHubSettings } from './github-settings.ts'
import { isForeign } from './github-view.ts'

export type Wish = ForgeWish<Pick<GitHubSettings, 'trust' | 'maxAgeMs' | 'intervalMs'>>

/** What the signs say now. */
export interface Signs {
  readonly at: number
  readonly read: GuardsRead
  readonly listed: Readonly<Record<number, ListedPull>>
  readonly commented: Readonly<Record<number, string>>
}

/** Whether somebody works on it: it was claimed, it stands on a session's branch in a repository of ours, or a session opened it. */
export function isFollowed(wishes: readonly Wish[], pull: ListedPull): boolean {
  return wishes.some(
    ({ settings, home, known, branches, numbers }) =>
      numbers.has(pull.number) ||
      (branches.has(pull.headBranch) && !isForeign(known, pull)) ||
      maySign(pull, { trust: settings.trust, home }),
  )
}

/** Lists don't tell whether an application is the one that we ask as: what says that it is ours is read, which does tell. */
function maySign({ author, body }: ListedPull, belief: Belief): boolean {
  const maybe = author.isBot ? { ...author, isUs: true as const } : author
  return authorship(maybe, body, belief).session !== undefined
}

/** Open and ended ones by number; an open one is newer knowledge than an ended one of an earlier page. */
export function listedBy({ guards, open }: GuardsRead): Readonly<Record<number, ListedPull>> {
  const all = [...(guards.ended?.value ?? []), ...open]
  return Object.fromEntries(all.map(pull => [pull.number, pull]))
}

/** Whether two lists tell the same; GitHub changes what nobody sees, such as trial merges. */
export function isSameList(
  before: Readonly<Record<number, ListedPull>>,
  after: Readonly<Record<number, ListedPull>>,
): boolean {
  const digests = (listed: Readonly<Record<number, ListedPull>>): string =>
    Object.values(listed)
      .map(pull => `${pull.number} ${listedDigest(pull)}`)
      .join('\n')
  return digests(before) === digests(after)
}

/** The page shows the newest hundred; what is off it is as it was. */
export function newestComments(
  before: Readonly<Record<number, string>>,
  { comments }: Guards,
): Readonly<Record<number, string>> {
  const newest: Record<number, string> = { ...before }
  for (const { number, at } of comments?.value ?? []) {
    if (at > (newest[number] ?? '')) newest[number] = at
  }
  return newest
}

/** Whether the signs are others than when the pull request was read. */
export function hasMoved(
  { whole, seen }: Pick<RepoFacts, 'whole' | 'seen'>,
  signs: Omit<Signs, 'at'>,
  pull: ListedPull,
): boolean {
  const then = seen[pull.number]
  if (then === undefined || whole[pull.number]?.headSha !== pull.headSha) return true
  const checks = checksDigest(signs.read.guards, pull.headSha)
  return (
    then.listed !== listedDigest(pull) ||
    then.commented !== (signs.commented[pull.number] ?? '') ||
    (checks !== undefined && checks !== then.checks)
  )
}

/** The signs under which a pull request was read. What they say of its checks may be older than what was read: then that counts. */
export function seenOf(signs: Omit<Signs, 'at'>, pull: WholePull): Seen {
  const listed = signs.listed[pull.number]
  const isSame = listed?.headSha === pull.headSha
  const results = pull.contexts.map(({ name, state, runId }) => ({
    name,
    state,
    ...(runId === undefined ? {} : { runId }),
  }))
  return {
    listed: listed === undefined ? '' : listedDigest(listed),
    commented: signs.commented[pull.number] ?? '',
    checks:
      (isSame ? checksDigest(signs.read.guards, pull.headSha) : undefined) ?? digestOf(results),
  }
}

export function headsSince(
  before: Readonly<Record<string, number>>,
  { at, read }: Pick<Signs, 'at' | 'read'>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(read.open.map(({ headSha }) => [headSha, before[headSha] ?? at]))
}

/** How soon the checks of a head are looked at again; `idle` when there is nothing more to expect of them. */
export function checksPace(facts: RepoFacts, { number, headSha }: ListedPull, now: number): Pace {
  const pull = facts.whole[number]
  if (pull === undefined) return 'checks'
  const rules = rulesOf(facts.guards)[pull.baseBranch]
  const headSince = facts.heads[headSha] ?? now
  if (isSettled(pull.contexts, { rules, headSince, now })) return 'idle'
  const states = latestContexts(pull.contexts).map(stateOf)
  if (states.length === 0 || states.some(state => state === 'pending' || state === 'running')) {
    return 'checks'
  }
  const isRed = states.some(state => state === 'failure' || state === 'cancelled')
  return isRed ? 'review' : 'checks'
}

/** The jobs that pull requests still have. */
export function jobsOf(
  jobs: Readonly<Record<string, FailedJob>>,
  whole: Readonly<Record<number, WholePull>>,
): Readonly<Record<string, FailedJob>> {
  const ids = Object.values(whole).flatMap(pull =>
    pull.contexts.flatMap(({ runId }) => (runId === undefined ? [] : [runId])),
  )
  return only(jobs, Object.fromEntries(ids.map(id => [id, true])))
}

/** The entries whose keys another record has. */
export function only<T>(
  record: Readonly<Record<string, T>>,
  keys: Readonly<Record<string, unknown>>,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keys[key] !== undefined))
}

export function incompleteRead(number: number): HouseError {
  return new HouseError('Unreachable', `#${number} could not be read`, { retryable: true })
}

function listedDigest(pull: ListedPull): string {
  const { updatedAt, headSha, baseBranch, state, draft, title, labels } = pull
  return [updatedAt, headSha, baseBranch, state, draft, title, ...labels].join('\n')
}

function checksDigest({ runs, statuses }: Guards, sha: string): string | undefined {
  const pages = runs[sha]
  if (pages === undefined && statuses[sha] === undefined) return undefined
  const marks = (pages ?? []).flatMap(page => page.value)
  return digestOf([...marks, ...(statuses[sha]?.value ?? [])])
}

/** Whether something of it that is wanted was never read. */
export function lacks(pull: WholePull | undefined, watches: boolean): boolean {
  return pull === undefined || (watches && pull.files?.sha !== pull.headSha)
}
