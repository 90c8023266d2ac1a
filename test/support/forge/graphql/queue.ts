import { htmlUrl } from '../rest/call.ts'
import { nodeId } from '../rest/views.ts'
import { type QueueEntry, type Repository, type State, stamp } from '../state.ts'
import { type Node, type Page, connection } from './connection.ts'
import { actorNode, commitNode } from './nodes.ts'
import { pullNode } from './pull.ts'
import { repositoryNode } from './repository.ts'

/** The merge queue of one branch. */
export function queueNode(state: State, repo: Repository, branch: string): Node {
  const entries = repo.queue.filter(entry => entry.pull.baseBranch === branch)
  return {
    __typename: 'MergeQueue',
    id: nodeId('MQ', repo.id),
    url: `${htmlUrl(state, repo)}/queue/${branch}`,
    resourcePath: `/${repo.owner.login}/${repo.name}/queue/${branch}`,
    repository: () => repositoryNode(state, repo),
    nextEntryEstimatedTimeToMerge: null,
    entries: (page: Page) => connection(entries, page, entry => entryNode(state, repo, entry)),
  }
}

export function entryNode(state: State, repo: Repository, entry: QueueEntry): Node {
  const same = repo.queue.filter(each => each.pull.baseBranch === entry.pull.baseBranch)
  return {
    __typename: 'MergeQueueEntry',
    id: nodeId('MQE', entry.id),
    state: 'QUEUED',
    position: same.indexOf(entry) + 1,
    enqueuedAt: stamp(entry.enqueuedAt),
    enqueuer: actorNode(state, entry.enqueuer),
    estimatedTimeToMerge: null,
    jump: false,
    solo: false,
    pullRequest: () => pullNode(state, entry.pull),
    mergeQueue: () => queueNode(state, repo, entry.pull.baseBranch),
    headCommit: async () => {
      const commit = await repo.git.commit(entry.head)
      return commit === undefined ? null : commitNode(state, repo, commit)
    },
  }
}
