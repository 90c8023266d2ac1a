import { HouseError } from '../../errors.ts'
import { changedBy, remainingEdit } from '../pull-edit.ts'
import type { PullRequestEdit, ScmProject } from '../scm.ts'
import type { WholeMerge } from './gitlab-facts.ts'
import type { GitLab } from './gitlab-one.ts'
import { needMerge, notOpen, openDesk } from './gitlab-one.ts'
import { withoutDraft } from './gitlab-parse.ts'

/** Gives an open merge request other words, in one request. One that may have arrived without an answer is looked for before it counts as failed. */
export async function editMerge(
  gitlab: GitLab,
  project: ScmProject,
  { number, edit }: { readonly number: number; readonly edit: PullRequestEdit },
  signal: AbortSignal,
): Promise<readonly (keyof PullRequestEdit)[]> {
  const desk = await openDesk(gitlab, project, signal)
  const merge = await needMerge(desk, number, signal)
  if (merge.state !== 'open') throw notOpen(desk, merge)
  const wanted =
    edit.title === undefined ? edit : { ...edit, title: withoutDraft(edit.title).trim() }
  const remaining = remainingEdit(merge, wanted)
  if (changedBy(remaining).length === 0) return []
  try {
    await desk.client.write(
      async ({ merges }) => merges.edit(desk.facts.id, number, optionsOf(merge, remaining)),
      signal,
    )
  } catch (error) {
    if (!(error instanceof HouseError) || error.code !== 'Unreachable') throw error
    const after = await needMerge(desk, number, signal)
    if (changedBy(remainingEdit(after, wanted)).length > 0) throw error
  } finally {
    await gitlab.poke(desk.reader)
  }
  return changedBy(remaining)
}

/** Whether it is a draft stands in the title, and is not to be changed by it. */
function optionsOf(
  { draft }: WholeMerge,
  { title, body }: PullRequestEdit,
): { readonly title?: string; readonly description?: string } {
  return {
    ...(title === undefined ? {} : { title: draft ? `Draft: ${title}` : title }),
    ...(body === undefined ? {} : { description: body }),
  }
}
