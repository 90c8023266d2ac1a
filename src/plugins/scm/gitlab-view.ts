import type { PullRequest } from '../scm.ts'
import type { Signature } from '../../resource/signature.ts'
import type { WholeFacts } from '../forge-view.ts'
import { unread } from '../forge-view.ts'
import { touchedOf } from '../touched.ts'
import { checkResults } from './gitlab-checks.ts'
import type { ListedMerge, People, ProjectFacts, WholeMerge } from './gitlab-facts.ts'
import type { Around } from './gitlab-people.ts'
import { authorship, plainBody } from './gitlab-people.ts'
import { commentsOf, pushedAt, summarise, threadsOf } from './gitlab-reviews.ts'
import type { GitLabSettings } from './gitlab-settings.ts'

/** What of a project decides how a merge request looks to it. */
export interface ViewContext {
  readonly settings: Pick<GitLabSettings, 'trust' | 'approvals' | 'requiredChecks' | 'deleteBranch'>
  /** The id of ours. */
  readonly home: string | undefined
  /** GitLab projects that the checkout has remotes for, lower case. */
  readonly known: ReadonlySet<string>
  readonly watchPaths: readonly string[]
  readonly project: ProjectFacts
  readonly people: People
  /** Paths of forks, by number, as far as they are known. */
  readonly forks: Readonly<Record<number, string>>
  readonly tails: Readonly<Record<number, string>>
  readonly tips: Readonly<Record<string, string>>
}

/** Puts together what the contract calls a pull request. */
export function viewMerge(context: ViewContext, merge: ListedMerge | WholeMerge): PullRequest {
  const { settings, people, home } = context
  const around = { people, trust: settings.trust, home }
  const by = authorship(around, merge.author, merge.body)
  const { author, authorType: _type, trusted: _trusted, ...signature } = by
  const base = ('baseTip' in merge ? merge.baseTip : undefined) ?? context.tips[merge.baseBranch]
  return {
    number: merge.number,
    url: merge.url,
    title: merge.title,
    body: plainBody(merge.body),
    state: merge.state,
    draft: merge.draft,
    author,
    ...signature,
    head: {
      branch: merge.headBranch,
      sha: merge.headSha,
      ...('talk' in merge ? pushedAt(merge) : {}),
      foreign: isForeign(context, merge),
    },
    base: { branch: merge.baseBranch, sha: base },
    ...('talk' in merge
      ? wholeFacts(context, merge, { opener: signature, around })
      : unread(settings.approvals)),
    labels: merge.labels,
    queued: merge.queued,
    ...(merge.mergeSha === undefined ? {} : { mergeSha: merge.mergeSha }),
    ...leftover(settings, merge),
    createdAt: merge.createdAt,
  }
}

function leftover(
  { deleteBranch }: ViewContext['settings'],
  merge: ListedMerge | WholeMerge,
): Pick<PullRequest, 'leftover'> {
  if (!deleteBranch || merge.state !== 'merged' || !('headTip' in merge)) return {}
  return { leftover: merge.headTip }
}

/** Whether its branch name says nothing: it is in a project that the checkout has nothing to do with. */
export function isForeign(
  { project, known, forks }: Pick<ViewContext, 'project' | 'known' | 'forks'>,
  { sourceId }: Pick<ListedMerge, 'sourceId'>,
): boolean {
  if (sourceId === undefined) return true
  return sourceId !== project.id && !known.has((forks[sourceId] ?? '').toLowerCase())
}

function wholeFacts(
  { settings, watchPaths, project, tails }: ViewContext,
  merge: WholeMerge,
  { opener, around }: { readonly opener: Signature; readonly around: Around },
): WholeFacts {
  const about = { ...around, opener, need: settings.approvals }
  const isOpen = merge.state === 'open'
  const touched = isOpen ? touchedOf(merge, watchPaths) : []
  const { requiredChecks: required } = settings
  return {
    checks: isOpen
      ? checkResults(merge, { required, needsPipeline: project.needsPipeline, tails })
      : [],
    ...summarise(merge, about),
    threads: threadsOf(merge, around),
    comments: commentsOf(merge, around),
    // What it touches is a guard of merging: while that isn't known, neither is that it may be merged.
    mergeable: isOpen && touched !== undefined ? merge.mergeable : 'unknown',
    touched: touched ?? [],
  }
}
