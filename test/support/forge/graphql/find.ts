import { nodeId } from '../rest/views.ts'
import {
  type Account,
  type Comment,
  type Issue,
  type Pull,
  type Repository,
  type Review,
  type Thread,
  isPull,
  pullsOf,
} from '../state.ts'
import type { Node } from './connection.ts'
import { type Ask, failure, look } from './context.ts'
import { actorNode, checkRunNode, commentNode } from './nodes.ts'
import { issueNode, pullNode, reviewNode, threadNode } from './pull.ts'
import { repositoryNode } from './repository.ts'

/** Everything that has an id, one repository after the other. */
async function search<T>(
  ask: Ask,
  id: string,
  among: (repo: Repository) => T | undefined,
): Promise<T> {
  for (const repo of ask.state.repositories.values()) {
    if (among(repo) === undefined) continue
    await look(ask, repo)
    const found = among(repo)
    if (found !== undefined) return found
  }
  throw failure('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`)
}

export function findPull(ask: Ask, id: string): Promise<Pull> {
  return search(ask, id, repo => pullsOf(repo).find(pull => nodeId('PR', pull.id) === id))
}

export function findSubject(ask: Ask, id: string): Promise<Issue> {
  return search(ask, id, repo =>
    [...repo.issues.values()].find(issue => nodeId(isPull(issue) ? 'PR' : 'I', issue.id) === id),
  )
}

export interface FoundThread {
  readonly pull: Pull
  readonly thread: Thread
}

export function findThread(ask: Ask, id: string): Promise<FoundThread> {
  return search(ask, id, repo => {
    for (const pull of pullsOf(repo)) {
      const thread = pull.threads.find(each => nodeId('PRRT', each.id) === id)
      if (thread !== undefined) return { pull, thread }
    }
    return undefined
  })
}

/** `node(id:)` and `nodes(ids:)`, for the types that a reader asks for. */
export async function findNode(ask: Ask, id: string): Promise<Node> {
  const { state } = ask
  return search(ask, id, repo => {
    if (nodeId('R', repo.id) === id) return repositoryNode(state, repo)
    const run = repo.checkRuns.find(each => nodeId('CR', each.id) === id)
    if (run !== undefined) return checkRunNode(state, repo, run)
    for (const issue of repo.issues.values()) {
      const found = within(ask, issue, id)
      if (found !== undefined) return found
    }
    return userNode(ask, id)
  })
}

function within(ask: Ask, issue: Issue | Pull, id: string): Node | undefined {
  const { state } = ask
  const comment: Comment | undefined = issue.comments.find(each => nodeId('IC', each.id) === id)
  if (comment !== undefined) return commentNode(state, issue, comment)
  if (!isPull(issue)) return nodeId('I', issue.id) === id ? issueNode(state, issue) : undefined
  if (nodeId('PR', issue.id) === id) return pullNode(state, issue)
  const review: Review | undefined = issue.reviews.find(each => nodeId('PRR', each.id) === id)
  if (review !== undefined) return reviewNode(state, issue, review)
  const thread = issue.threads.find(each => nodeId('PRRT', each.id) === id)
  return thread === undefined ? undefined : threadNode(state, issue, thread)
}

function userNode(ask: Ask, id: string): Node | undefined {
  const isIt = (user: Account) => nodeId(user.type === 'Bot' ? 'BOT' : 'U', user.id) === id
  const user = [...ask.state.accounts.values()].find(isIt)
  return user === undefined ? undefined : actorNode(ask.state, user)
}
