import type { DoubleAnswer } from '../trackers/http-double.ts'
import type { MergeState, World } from './state.ts'
import { isDraft } from './state.ts'
import { statusOfPipeline } from './views.ts'

export interface MergeBody {
  readonly sha?: string
  readonly squash?: boolean
  readonly should_remove_source_branch?: boolean
  readonly auto_merge?: boolean
  readonly merge_when_pipeline_succeeds?: boolean
}

/** Merges, or undefined and it is in order; else what GitLab answers. https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request */
export async function accept(
  world: World,
  merge: MergeState,
  body: MergeBody,
): Promise<DoubleAnswer | undefined> {
  const pipeline = world.pipelines.findLast(each => each.sha === merge.sha)
  const status = pipeline === undefined ? undefined : statusOfPipeline(pipeline)
  const isRunning = status !== undefined && ['running', 'pending', 'created'].includes(status)
  if (merge.state !== 'opened' || isDraft(merge)) return refusal(405, '405 Method Not Allowed')
  if (body.sha !== undefined && body.sha !== merge.sha) {
    return refusal(409, 'SHA does not match HEAD of source branch: ' + merge.sha)
  }
  merge.removesBranch = body.should_remove_source_branch === true
  if (isRunning && (body.auto_merge === true || body.merge_when_pipeline_succeeds === true)) {
    merge.autoMerge = true
    merge.updatedAt = world.tick()
    return undefined
  }
  if (merge.project.needsPipeline && status !== 'success') {
    return refusal(405, '405 Method Not Allowed')
  }
  const made = await commit(merge, body.squash === true)
  if (made === undefined) return refusal(422, 'Branch cannot be merged')
  merge.state = 'merged'
  merge.autoMerge = false
  merge.updatedAt = world.tick()
  if (merge.removesBranch) {
    const ref = `refs/heads/${merge.sourceBranch}`
    await merge.source.git.updateRefs([[ref, undefined, merge.sha]])
  }
  return undefined
}

/** Undefined when git can't. */
async function commit(merge: MergeState, isSquash: boolean): Promise<string | undefined> {
  const { git, method } = merge.project
  const ref = `refs/heads/${merge.targetBranch}`
  const base = git.refs().get(ref)
  const tree = base === undefined ? undefined : await git.mergeTree(base, merge.sha)
  if (base === undefined || tree === undefined) return undefined
  const isBehind = (await git.mergeBase(base, merge.sha)) !== base
  if (method !== 'merge' && isBehind) return undefined
  const squash = isSquash ? await git.commitTree(tree, [base], merge.title) : undefined
  const head = squash ?? merge.sha
  const title = `Merge branch '${merge.sourceBranch}' into '${merge.targetBranch}'`
  const result = method === 'ff' ? head : await git.commitTree(tree, [base, head], title)
  if (!(await git.updateRefs([[ref, result, base]]))) return undefined
  merge.squashCommit = squash ?? null
  merge.mergeCommit = method === 'ff' ? null : result
  return result
}

export function refusal(status: number, message: string): DoubleAnswer {
  return { status, body: { message } }
}
