import type { PullRequest, PullRequestsWanted, Scm } from '../../../src/plugins/scm.ts'
import type { GitLabFixture } from '../gitlab-fixture.ts'
import { itemsOf, wantedNow } from '../scm-wanted.ts'

const { signal } = new AbortController()

/** Opens a merge request of a branch through the adapter. */
export async function openOne(
  { scm, project }: GitLabFixture,
  more: { readonly head?: string; readonly session?: string; readonly draft?: boolean } = {},
): Promise<PullRequest> {
  const { head = 'one', session, draft = false } = more
  const request = { head, base: 'main', title: `Change ${head}`, body: 'Because.', draft }
  return scm.create(project, { ...request, author: 'worker', session }, signal)
}

/** What is observed after a fetch and an hour. */
export async function seen(
  fixture: GitLabFixture,
  more: { readonly scm?: Scm; readonly wanted?: Partial<PullRequestsWanted> } = {},
): ReturnType<Scm['observe']> {
  const { scm = fixture.scm, wanted = {} } = more
  const look = await fixture.look()
  return scm.observe(fixture.project, look, { ...wantedNow(), ...wanted }, signal)
}

/** The only one there is. */
export async function seenOne(fixture: GitLabFixture): Promise<PullRequest> {
  const [pull] = itemsOf(await seen(fixture))
  if (pull === undefined) throw new Error('there is none')
  return pull
}
