import { htmlUrl } from '../rest/call.ts'
import { nodeId } from '../rest/views.ts'
import type { CheckRun, Status } from '../check-state.ts'
import {
  type Account,
  type Comment,
  type Issue,
  type Label,
  type Repository,
  type State,
  associationOf,
  isPull,
  stamp,
} from '../state.ts'
import type { CommitInfo } from '../git.ts'
import { contextsOf, type Context } from '../rules.ts'
import { type Node, type Page, connection } from './connection.ts'
import type { Ask } from './context.ts'
import { repositoryNode } from './repository.ts'

export function actorNode(state: State, user: Account): Node {
  const path = user.type === 'Bot' ? `/apps/${user.login}` : `/${user.login}`
  return {
    __typename: user.type,
    id: nodeId(user.type === 'Bot' ? 'BOT' : 'U', user.id),
    databaseId: user.id,
    // Without the suffix that REST gives to bots.
    login: user.login,
    name: user.login,
    url: `${state.url}${path}`,
    resourcePath: path,
    avatarUrl: `${state.url}/avatars/u/${user.id}?v=4`,
  }
}

export function labelNode(state: State, repo: Repository, label: Label): Node {
  return {
    __typename: 'Label',
    id: nodeId('LA', label.id),
    name: label.name,
    color: label.color,
    description: label.description,
    isDefault: false,
    url: `${htmlUrl(state, repo)}/labels/${encodeURIComponent(label.name)}`,
  }
}

export function commentNode(state: State, issue: Issue, comment: Comment): Node {
  const kind = isPull(issue) ? 'pull' : 'issues'
  const base = `${htmlUrl(state, issue.repo)}/${kind}/${issue.number}`
  return {
    __typename: 'IssueComment',
    ...authored(state, issue, comment.author),
    id: nodeId('IC', comment.id),
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    body: comment.body,
    bodyText: comment.body,
    url: `${base}#issuecomment-${comment.id}`,
    createdAt: stamp(comment.createdAt),
    updatedAt: stamp(comment.updatedAt),
    publishedAt: stamp(comment.createdAt),
    isMinimized: false,
  }
}

export function authored(state: State, issue: Issue, author: Account): Node {
  return {
    author: actorNode(state, author),
    authorAssociation: associationOf(issue.repo, author),
    viewerDidAuthor: (_: unknown, ask: Ask) => ask.viewer === author,
  }
}

export function commitNode(state: State, repo: Repository, commit: CommitInfo): Node {
  const { sha } = commit
  const contexts = contextsOf(repo, sha)
  const person = (of: CommitInfo['author']) => ({ ...of, user: null })
  return {
    __typename: 'Commit',
    id: `C_${Buffer.from(`${repo.id}:${sha}`).toString('base64url')}`,
    oid: sha,
    abbreviatedOid: sha.slice(0, 7),
    message: commit.message,
    messageHeadline: commit.message.split('\n')[0],
    messageBody: commit.message.split('\n').slice(2).join('\n'),
    url: `${htmlUrl(state, repo)}/commit/${sha}`,
    commitUrl: `${htmlUrl(state, repo)}/commit/${sha}`,
    committedDate: commit.committer.date,
    authoredDate: commit.author.date,
    author: person(commit.author),
    committer: person(commit.committer),
    repository: () => repositoryNode(state, repo),
    statusCheckRollup: contexts.length === 0 ? null : rollupNode(state, repo, sha, contexts),
    parents: (page: Page) =>
      connection(commit.parents, page, async parent => {
        const found = await repo.git.commit(parent)
        return found === undefined ? null : commitNode(state, repo, found)
      }),
  }
}

function rollupNode(
  state: State,
  repo: Repository,
  sha: string,
  contexts: readonly Context[],
): Node {
  const has = (outcome: Context['outcome']) => contexts.some(each => each.outcome === outcome)
  const runs = contexts.flatMap(({ run }) => (run === undefined ? [] : [run]))
  const statuses = contexts.flatMap(({ status }) => (status === undefined ? [] : [status]))
  return {
    __typename: 'StatusCheckRollup',
    id: `SCR_${Buffer.from(`${repo.id}:${sha}`).toString('base64url')}`,
    state: has('failure') ? 'FAILURE' : has('pending') ? 'PENDING' : 'SUCCESS',
    contexts: (page: Page) =>
      connection(
        contexts,
        page,
        ({ run, status }) =>
          run !== undefined
            ? checkRunNode(state, repo, run)
            : status !== undefined
              ? statusNode(state, repo, status)
              : null,
        {
          checkRunCount: runs.length,
          statusContextCount: statuses.length,
          checkRunCountsByState: byState(
            runs.map(({ status, conclusion }) => conclusion ?? status),
          ),
          statusContextCountsByState: byState(statuses.map(status => status.state)),
        },
      ),
  }
}

function byState(states: readonly string[]): readonly Node[] {
  return [...new Set(states)].map(state => ({
    state: state.toUpperCase(),
    count: states.filter(each => each === state).length,
  }))
}

function isRequired(repo: Repository, name: string) {
  return ({ pullRequestNumber }: { readonly pullRequestNumber?: number | null }) => {
    const pull = repo.issues.get(pullRequestNumber ?? 0)
    if (pull === undefined || !isPull(pull)) return false
    return repo.protection.get(pull.baseBranch)?.requiredChecks.includes(name) === true
  }
}

export function checkRunNode(state: State, repo: Repository, run: CheckRun): Node {
  const html = `${htmlUrl(state, repo)}/actions/runs/${run.runId}/job/${run.id}`
  return {
    __typename: 'CheckRun',
    id: nodeId('CR', run.id),
    databaseId: run.id,
    name: run.name,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase() ?? null,
    detailsUrl: run.detailsUrl ?? html,
    url: html,
    permalink: html,
    title: run.title,
    summary: run.summary,
    text: run.text,
    externalId: run.externalId,
    startedAt: stamp(run.startedAt),
    completedAt: run.completedAt === undefined ? null : stamp(run.completedAt),
    isRequired: isRequired(repo, run.name),
    repository: () => repositoryNode(state, repo),
    checkSuite: {
      __typename: 'CheckSuite',
      id: nodeId('CS', run.suiteId),
      databaseId: run.suiteId,
      status: run.status.toUpperCase(),
      conclusion: run.conclusion?.toUpperCase() ?? null,
      app: {
        __typename: 'App',
        id: nodeId('A', run.app.id),
        databaseId: run.app.id,
        slug: run.app.slug,
        name: run.app.name,
      },
      workflowRun:
        run.app.slug === 'github-actions'
          ? {
              __typename: 'WorkflowRun',
              id: nodeId('WFR', run.runId),
              databaseId: run.runId,
              url: `${htmlUrl(state, repo)}/actions/runs/${run.runId}`,
              runNumber: 1,
              event: 'pull_request',
              workflow: { __typename: 'Workflow', id: nodeId('W', 1), databaseId: 1, name: 'CI' },
            }
          : null,
    },
    annotations: (page: Page) =>
      connection(run.annotations, page, each => ({
        path: each.path,
        message: each.message,
        title: each.title,
        annotationLevel: each.level.toUpperCase(),
        location: {
          start: { line: each.line, column: null },
          end: { line: each.line, column: null },
        },
        blobUrl: `${htmlUrl(state, repo)}/blob/${run.sha}/${each.path}`,
        rawDetails: null,
      })),
  }
}

function statusNode(state: State, repo: Repository, status: Status): Node {
  return {
    __typename: 'StatusContext',
    id: nodeId('SC', status.id),
    context: status.context,
    state: status.state.toUpperCase(),
    description: status.description,
    targetUrl: status.targetUrl,
    avatarUrl: null,
    creator: actorNode(state, status.creator),
    createdAt: stamp(status.createdAt),
    isRequired: isRequired(repo, status.context),
  }
}
