import type {
  MergeResult,
  PullRequest,
  PullRequests,
  PullRequestsWanted,
} from '../../src/plugins/scm.ts'
import type { Observation } from '../../src/resource/observation.ts'

/** The id of the home that the adapters under test work for. */
export const HOME_ID = 'home-1'

/** Everything about these branches, read now. */
export function wantedNow(
  watchPaths: readonly string[] = [],
  branches: readonly string[] = ['one'],
): PullRequestsWanted {
  return { watchPaths, branches, numbers: [], ask: 'now', news: () => undefined }
}

/** What was found; throws when nothing was. */
export function itemsOf(seen: Observation<PullRequests>): readonly PullRequest[] {
  if (seen.state === 'found') return seen.value.items
  throw new Error(`could not look: ${JSON.stringify(seen)}`)
}

/** The commit that a merge made; throws when it was only queued. */
export function mergedSha(merged: MergeResult): string {
  if (merged.state === 'merged') return merged.mergeSha
  throw new Error('it was queued, not merged')
}
