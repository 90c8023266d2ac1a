import { HouseError } from '../../errors.ts'
import type { BranchEnd, ScmProject } from '../scm.ts'
import { PAGE } from './gitlab-client.ts'
import type { ListedMerge } from './gitlab-facts.ts'
import type { GitLab, OpenDesk } from './gitlab-one.ts'
import { needMerge, openDesk } from './gitlab-one.ts'
import { fieldsOf, listedMerge, listOf } from './gitlab-parse.ts'
import { tipOf } from './gitlab-read.ts'

/** Deletes the branch that a merged merge request left. */
export async function deleteLeftover(
  gitlab: GitLab,
  project: ScmProject,
  { number, expectedHead }: { readonly number: number; readonly expectedHead: string },
  signal: AbortSignal,
): Promise<BranchEnd> {
  const desk = await openDesk(gitlab, project, signal)
  const merge = await needMerge(desk, number, signal)
  if (merge.state !== 'merged') return kept(`!${number} is ${merge.state}`)
  if (merge.headSha !== expectedHead) return kept(`!${number} stands at ${short(merge.headSha)}`)
  const why = await reasonToKeep(desk, merge, signal)
  if (why !== undefined) return kept(why)
  try {
    return await remove(desk, merge, signal)
  } finally {
    await gitlab.poke(desk.reader)
  }
}

/** Why it is not to go with the merge: it is in a fork, the default one, or what another open merge request is of or goes into. */
export async function reasonToKeep(
  { client, facts, project }: OpenDesk,
  { number, headBranch, sourceId }: ListedMerge,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (sourceId !== facts.id) return 'it is in a fork'
  if (headBranch === project.defaultBranch) return 'everything else starts from it'
  const ask = {
    projectId: facts.id,
    state: 'opened',
    scope: 'all',
    perPage: PAGE,
    page: 1,
  } as const
  for (const of of [{ sourceBranch: headBranch }, { targetBranch: headBranch }]) {
    const answer = await client.read(async ({ merges }) => merges.all({ ...ask, ...of }), signal)
    const found = listOf(answer).map(listedMerge)
    const other = found.find(
      each => each.number !== number && ('targetBranch' in of || each.sourceId === sourceId),
    )
    if (other !== undefined) return `!${other.number} needs it`
  }
  return undefined
}

async function remove(
  { client, facts }: OpenDesk,
  { headBranch, headSha }: ListedMerge,
  signal: AbortSignal,
): Promise<BranchEnd> {
  let why: string | undefined
  try {
    // Both in one turn: as little as can be happens between looking and deleting.
    await client.write(async ({ branches }) => {
      const found = await branches.show(facts.id, headBranch)
      const { protected: isProtected, default: isDefault } = fieldsOf(found)
      const tip = tipOf(found) ?? ''
      if (isDefault === true) why = 'everything else starts from it'
      else if (isProtected === true) why = 'it is protected'
      else if (tip !== headSha) why = `it stands at ${short(tip)} now`
      else await branches.remove(facts.id, headBranch)
    }, signal)
  } catch (error) {
    if (!(error instanceof HouseError) || error.code !== 'NotFound') throw error
  }
  return why === undefined ? { state: 'gone' } : kept(why)
}

function kept(why: string): BranchEnd {
  return { state: 'kept', why }
}

function short(sha: string): string {
  return sha.slice(0, 7)
}
