import { changedBy, remainingEdit } from '../pull-edit.ts'
import type { PullRequestEdit, ScmProject } from '../scm.ts'
import { HttpError } from '../http-failure.ts'
import type { GitHub } from './github-one.ts'
import { needPull, notOpen, openDesk } from './github-one.ts'

/** Gives an open pull request other words, in one request. One that may have arrived without an answer is looked for before it counts as failed. */
export async function editPull(
  github: GitHub,
  project: ScmProject,
  { number, edit }: { readonly number: number; readonly edit: PullRequestEdit },
  signal: AbortSignal,
): Promise<readonly (keyof PullRequestEdit)[]> {
  const desk = await openDesk(github, project, signal)
  const pull = await needPull(github, desk, number, signal)
  if (pull.state !== 'open') throw notOpen(desk, pull)
  const remaining = remainingEdit(pull, edit)
  if (changedBy(remaining).length === 0) return []
  try {
    await desk.forge.client.write(
      async (octokit, extra) =>
        octokit.rest.pulls.update({ ...desk.at, pull_number: number, ...remaining, ...extra }),
      signal,
    )
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== 'Unreachable') throw error
    const after = await needPull(github, desk, number, signal)
    if (changedBy(remainingEdit(after, edit)).length > 0) throw error
  } finally {
    await github.poke(desk.reader)
  }
  return changedBy(remaining)
}
