import type { FaultSwitches } from '../faults.ts'
import type { Limits } from '../limits.ts'
import { type Account, type Repository, type State, findRepository } from '../state.ts'
import { synchronize } from '../sync.ts'
import { GraphQLError } from 'graphql'

/** What resolvers know of the request. */
export interface Ask {
  readonly state: State
  readonly faults: FaultSwitches
  readonly limits: Limits
  readonly viewer: Account
  readonly token: string
  readonly mayWrite: boolean
  /** Points of this query. */
  readonly cost: number
  readonly nodeCount: number
  /** A repository is looked at once in a request. */
  readonly looked: Map<Repository, Promise<void>>
}

/** An error as GitHub tells it: with a type beside the message. */
export function failure(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } })
}

export async function look(ask: Ask, repo: Repository): Promise<void> {
  const known = ask.looked.get(repo) ?? synchronize(ask.state, repo)
  ask.looked.set(repo, known)
  await known
}

/** A repository that the viewer may see. */
export async function visibleRepository(
  ask: Ask,
  owner: string,
  name: string,
): Promise<Repository> {
  const full = `${owner}/${name}`
  const repo = findRepository(ask.state, full) ?? ask.state.renamed.get(full.toLowerCase())
  const hidden = repo?.private === true && ask.state.tokens.get(ask.token)?.access === 'none'
  const missing = ask.faults.strikes('missing-repository', `repository ${full}`)
  if (repo === undefined || hidden || missing !== undefined) {
    throw failure('NOT_FOUND', `Could not resolve to a Repository with the name '${full}'.`)
  }
  await look(ask, repo)
  return repo
}
