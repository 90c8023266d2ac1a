import { withoutMarker } from '../hidden-marker.ts'
import type { PullRequest, ReviewThread } from '../scm.ts'
import type { Signature } from '../../resource/signature.ts'
import type { WholeFacts } from '../forge-view.ts'
import { unread } from '../forge-view.ts'
import { touchedOf } from '../touched.ts'
import { checkResults } from './github-checks.ts'
import type { BranchRules, FailedJob, ListedPull, SaidThread, WholePull } from './github-facts.ts'
import type { Belief } from './github-reviews.ts'
import { authorship, comment, summarise } from './github-reviews.ts'
import type { GitHubSettings } from './github-settings.ts'

/** What of a project decides how a pull request looks to it. */
export interface ViewContext {
  readonly settings: Pick<GitHubSettings, 'trust' | 'approvals' | 'requiredChecks' | 'deleteBranch'>
  /** The id of ours. */
  readonly home: string | undefined
  /** Repositories that the checkout has remotes for, lower case. */
  readonly known: ReadonlySet<string>
  readonly watchPaths: readonly string[]
  readonly rules: Readonly<Record<string, BranchRules>>
  readonly jobs: Readonly<Record<string, FailedJob>>
}

/** Puts together what the contract calls a pull request. */
export function viewPull(context: ViewContext, pull: ListedPull | WholePull): PullRequest {
  const { settings, home } = context
  const belief = { trust: settings.trust, home }
  const by = authorship(pull.author, pull.body, belief)
  const { author, authorType: _type, trusted: _trusted, ...signature } = by
  const base = ('baseTip' in pull ? pull.baseTip : undefined) ?? pull.baseSha
  return {
    number: pull.number,
    url: pull.url,
    title: pull.title,
    body: withoutMarker(pull.body),
    state: pull.state,
    draft: pull.draft,
    author,
    ...signature,
    head: {
      branch: pull.headBranch,
      sha: pull.headSha,
      ...('headAt' in pull ? { movedAt: pull.headAt } : {}),
      foreign: isForeign(context.known, pull),
    },
    base: { branch: pull.baseBranch, sha: base },
    ...('contexts' in pull
      ? wholeFacts(context, pull, { opener: signature, belief })
      : unread(settings.approvals)),
    labels: pull.labels,
    queued: 'queued' in pull && pull.queued,
    ...(pull.state !== 'merged' || pull.mergeSha === undefined ? {} : { mergeSha: pull.mergeSha }),
    ...leftover(settings, pull),
    createdAt: pull.createdAt,
  }
}

function leftover(
  { deleteBranch }: ViewContext['settings'],
  pull: ListedPull | WholePull,
): Pick<PullRequest, 'leftover'> {
  if (!deleteBranch || pull.state !== 'merged' || pull.isCross || !('headTip' in pull)) return {}
  return { leftover: pull.headTip }
}

/** Whether its branch name says nothing: it is in a repository that the checkout has nothing to do with. */
export function isForeign(known: ReadonlySet<string>, pull: ListedPull): boolean {
  return pull.isCross && (pull.headRepo === undefined || !known.has(pull.headRepo))
}

function wholeFacts(
  { settings, watchPaths, rules, jobs }: ViewContext,
  pull: WholePull,
  { opener, belief }: { readonly opener: Signature; readonly belief: Belief },
): WholeFacts {
  const branch = rules[pull.baseBranch]
  const need = Math.max(settings.approvals, branch?.approvals ?? 0)
  const isOpen = pull.state === 'open'
  const touched = isOpen ? touchedOf(pull, watchPaths) : []
  return {
    checks: checkResults(pull.contexts, {
      sha: pull.headSha,
      rules: isOpen ? branch : undefined,
      required: settings.requiredChecks,
      jobs,
    }),
    ...summarise(pull, { opener, need, belief }),
    threads: pull.threads.map(thread => viewThread(thread, belief)),
    comments: pull.comments.slice(-50).map(text => comment(text, belief)),
    // What it touches is a guard of merging: while that isn't known, neither is that it may be merged.
    mergeable: isOpen && touched !== undefined ? pull.mergeable : 'unknown',
    touched: touched ?? [],
  }
}

function viewThread(thread: SaidThread, belief: Belief): ReviewThread {
  const url = thread.comments[0]?.url
  return {
    id: thread.id,
    ...(thread.path === undefined ? {} : { path: thread.path }),
    ...(thread.line === undefined ? {} : { line: thread.line }),
    resolved: thread.resolved,
    ...(url === undefined ? {} : { url }),
    comments: thread.comments.map(text => comment(text, belief)),
  }
}
