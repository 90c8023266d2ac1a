import type { Reviewed } from '../observe/snapshot.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { State } from './state.ts'

const NOTHING: Reviewed = { branches: [], numbers: [] }

/** What each project's sessions want to know of its pull requests; `now` in milliseconds since the epoch. */
export function reviewedBy(
  state: State,
  sessions: readonly DesiredSession[],
  now: number,
): ReadonlyMap<string, Reviewed> {
  const byProject = new Map<string, Reviewed>()
  for (const { uid, spec, overrides } of sessions) {
    const { branches, numbers, notBefore } = byProject.get(spec.project) ?? NOTHING
    const { pullRequest } = overrides
    const moments = [notBefore, endOfGrace(state.record(uid), now)].filter(at => at !== undefined)
    byProject.set(spec.project, {
      branches: spec.branch === undefined ? branches : [...branches, spec.branch],
      numbers: pullRequest === undefined ? numbers : [...numbers, pullRequest],
      ...(moments.length === 0 ? {} : { notBefore: Math.max(...moments) }),
    })
  }
  return byProject
}

/** A worker whose pull request stays closed ends by what is so from then on. */
function endOfGrace(record: SessionRecord | undefined, now: number): number | undefined {
  const { outcome, pullRequestClosed: closed } = record ?? {}
  if (outcome !== undefined || closed === undefined) return undefined
  const until = Date.parse(closed.until)
  return until <= now ? until : undefined
}
