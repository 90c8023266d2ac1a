import { htmlUrl } from '../rest/call.ts'
import { nodeId } from '../rest/views.ts'
import {
  type Issue,
  type Pull,
  type Repository,
  type State,
  fullName,
  isPull,
  pullsOf,
  stamp,
  tip,
} from '../state.ts'
import { type Node, type Page, connection } from './connection.ts'
import { type Ask, failure } from './context.ts'
import { actorNode, commitNode, labelNode } from './nodes.ts'
import { issueNode, pullNode } from './pull.ts'
import { queueNode } from './queue.ts'

interface PullsWanted extends Page {
  readonly states?: readonly string[] | null
  readonly headRefName?: string | null
  readonly baseRefName?: string | null
  readonly labels?: readonly string[] | null
  readonly orderBy?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null
}

export function repositoryNode(state: State, repo: Repository): Node {
  return {
    __typename: 'Repository',
    id: nodeId('R', repo.id),
    databaseId: repo.id,
    name: repo.name,
    nameWithOwner: fullName(repo),
    owner: actorNode(state, repo.owner),
    url: htmlUrl(state, repo),
    resourcePath: `/${fullName(repo)}`,
    sshUrl: `git@${new URL(state.url).host}:${fullName(repo)}.git`,
    description: null,
    isPrivate: repo.private,
    isFork: repo.parent !== undefined,
    isArchived: false,
    isDisabled: false,
    visibility: repo.private ? 'PRIVATE' : 'PUBLIC',
    parent: () => (repo.parent === undefined ? null : repositoryNode(state, repo.parent)),
    createdAt: stamp(repo.createdAt),
    updatedAt: stamp(repo.updatedAt),
    pushedAt: stamp(repo.pushedAt),
    mergeCommitAllowed: repo.mergeMethods.has('merge'),
    squashMergeAllowed: repo.mergeMethods.has('squash'),
    rebaseMergeAllowed: repo.mergeMethods.has('rebase'),
    deleteBranchOnMerge: repo.deleteBranchOnMerge,
    viewerPermission: (_: unknown, ask: Ask) => (ask.mayWrite ? 'WRITE' : 'READ'),
    defaultBranchRef: () => refNode(state, repo, repo.defaultBranch),
    ref: ({ qualifiedName }: { readonly qualifiedName: string }) =>
      refNode(state, repo, qualifiedName.replace(/^refs\/heads\//, '')),
    object: ({ oid, expression }: { readonly oid?: string; readonly expression?: string }) =>
      commitObject(state, repo, oid ?? expression ?? ''),
    pullRequest: ({ number }: { readonly number: number }, ask: Ask) => {
      const found = repo.issues.get(number)
      refuseByFault(ask, number)
      if (found === undefined || !isPull(found)) {
        throw failure(
          'NOT_FOUND',
          `Could not resolve to a PullRequest with the number of ${number}.`,
        )
      }
      return pullNode(state, found)
    },
    issue: ({ number }: { readonly number: number }, ask: Ask) => {
      const found = repo.issues.get(number)
      refuseByFault(ask, number)
      if (found === undefined || isPull(found)) {
        throw failure('NOT_FOUND', `Could not resolve to an Issue with the number of ${number}.`)
      }
      return issueNode(state, found)
    },
    pullRequests: (wanted: PullsWanted) =>
      connection(wantedPulls(repo, wanted), wanted, pull => pullNode(state, pull)),
    issues: (wanted: PullsWanted) => {
      const all = [...repo.issues.values()].filter(issue => !isPull(issue))
      const fits = all.filter(
        issue =>
          (wanted.states?.includes(issue.state.toUpperCase()) ?? true) && hasLabel(issue, wanted),
      )
      return connection(inOrder(fits, wanted), wanted, issue => issueNode(state, issue))
    },
    labels: (page: Page) => connection(repo.labels, page, label => labelNode(state, repo, label)),
    mergeQueue: ({ branch }: { readonly branch?: string | null }) => {
      const name = branch ?? repo.defaultBranch
      return repo.protection.get(name)?.mergeQueue === true ? queueNode(state, repo, name) : null
    },
  }
}

/** D4: some of what was asked for can't be told. */
function refuseByFault(ask: Ask, number: number): void {
  const fault = ask.faults.isOn('graphql-errors')
  if (fault === undefined || fault.numbers?.includes(number) === false) return
  ask.faults.strikes('graphql-errors')
  throw failure(
    'SERVICE_UNAVAILABLE',
    'Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug.',
  )
}

function wantedPulls(repo: Repository, wanted: PullsWanted): readonly Pull[] {
  const fits = pullsOf(repo).filter(pull => {
    const is = pull.merged === undefined ? pull.state.toUpperCase() : 'MERGED'
    return (
      (wanted.states?.includes(is) ?? true) &&
      (wanted.headRefName ?? pull.headBranch) === pull.headBranch &&
      (wanted.baseRefName ?? pull.baseBranch) === pull.baseBranch &&
      hasLabel(pull, wanted)
    )
  })
  return inOrder(fits, wanted)
}

function hasLabel(issue: Issue, { labels }: PullsWanted): boolean {
  const has = (wanted: readonly string[]) => issue.labels.some(label => wanted.includes(label.name))
  return labels === undefined || labels === null || has(labels)
}

function inOrder<T extends Issue>(all: readonly T[], { orderBy }: PullsWanted): readonly T[] {
  const at = (issue: Issue) =>
    orderBy?.field === 'UPDATED_AT'
      ? issue.updatedAt
      : orderBy?.field === 'COMMENTS'
        ? issue.comments.length
        : issue.createdAt
  const ordered = all.toSorted((left, right) => at(left) - at(right) || left.number - right.number)
  return orderBy?.direction === 'DESC' ? ordered.reverse() : ordered
}

export function refNode(state: State, repo: Repository, branch: string): Node | null {
  const sha = tip(repo, branch)
  if (sha === undefined) return null
  const rule = repo.protection.get(branch)
  return {
    __typename: 'Ref',
    id: `REF_${Buffer.from(`${repo.id}:refs/heads/${branch}`).toString('base64url')}`,
    name: branch,
    prefix: 'refs/heads/',
    repository: () => repositoryNode(state, repo),
    target: () => commitObject(state, repo, sha),
    branchProtectionRule:
      rule === undefined || rule.asRules
        ? null
        : {
            __typename: 'BranchProtectionRule',
            id: nodeId('BPR', repo.id),
            pattern: branch,
            requiresStatusChecks: rule.requiredChecks.length > 0,
            requiredStatusCheckContexts: rule.requiredChecks,
            requiresStrictStatusChecks: rule.strict,
            requiresApprovingReviews: rule.requiredApprovals > 0,
            requiredApprovingReviewCount: rule.requiredApprovals,
            dismissesStaleReviews: rule.dismissStale,
            requiresConversationResolution: rule.resolvedThreads,
          },
    rules: (page: Page) => connection([], page, () => null),
    associatedPullRequests: (wanted: PullsWanted) =>
      connection(wantedPulls(repo, { ...wanted, headRefName: branch }), wanted, pull =>
        pullNode(state, pull),
      ),
  }
}

async function commitObject(state: State, repo: Repository, name: string): Promise<Node | null> {
  const sha = tip(repo, name) ?? (await repo.git.resolve(name))
  const found = sha === undefined ? undefined : await repo.git.commit(sha)
  return found === undefined ? null : commitNode(state, repo, found)
}
