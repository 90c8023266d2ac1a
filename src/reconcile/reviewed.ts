import type { Reviewed } from '../observe/snapshot.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { State } from './state.ts'

interface Gathered {
  readonly branches: string[]
  readonly numbers: number[]
  notBefore?: number
}

/** What each project's sessions want to know of its pull requests; `now` in milliseconds since the epoch. */
export function reviewedBy(
  state: State,
  sessions: readonly DesiredSession[],
  now: number,
): ReadonlyMap<string, Reviewed> {
  const byProject = new Map<string, Gathered>()
  for (const { uid, spec, overrides } of sessions) {
    const gathered = byProject.get(spec.project) ?? { branches: [], numbers: [] }
    byProject.set(spec.project, gathered)
    if (spec.branch !== undefined) gathered.branches.push(spec.branch)
    if (overrides.pullRequest !== undefined) gathered.numbers.push(overrides.pullRequest)
    const at = endOfGrace(state.record(uid), now)
    if (at !== undefined) gathered.notBefore = Math.max(gathered.notBefore ?? at, at)
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
