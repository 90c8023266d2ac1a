import { HouseError } from '../errors.ts'
import { isMergeable, obstacleTo, reservationOf } from '../lifecycle/merge-judgement.ts'
import type { MergeJudge } from '../lifecycle/merge-judgement.ts'
import { pullRequestFact } from '../observe/pull-request.ts'
import type { PullRequest } from '../plugins/scm.ts'
import { keyOf } from '../resource/key.ts'
import type { DesiredSession } from '../resource/spec.ts'
import { requireStore } from './ask.ts'
import type { Context } from './context.ts'
import { listPulls } from './pulls.ts'
import type { Pulls } from './pulls.ts'
import { assertOwn, ownerOf } from './whose-pull.ts'

/** Throws `Refused` where the reconciler would not merge by itself: a session has no more right to it than that, whatever else is said to be `missing`. */
export async function assertSessionMayMerge(
  context: Context,
  pulls: Pulls,
  pull: PullRequest,
  missing: readonly string[],
): Promise<void> {
  assertOwn(context, pulls, pull, 'merge')
  const owner = ownerOf(context, pulls, pull)
  if (owner === undefined) throw refused(pulls, pull, ['it is of no worker'])
  const judge = judgeOf(context, owner)
  const told = requireStore(context).records.get(owner.uid)?.told
  const fact = pullRequestFact(pull, await listPulls(context, pulls), {
    told,
    since: owner.creationTimestamp,
  })
  const reservation = reservationOf(judge, fact)
  const isReady = isMergeable(judge, fact)
  if (isReady && reservation === undefined) return
  const obstacle = obstacleTo(judge, fact) ?? 'its head has not stood long enough without checks'
  throw refused(pulls, pull, [
    ...(reservation === undefined ? [] : [reservation.why]),
    ...(isReady ? [] : missing.length > 0 ? missing : [obstacle]),
  ])
}

function judgeOf(context: Context, owner: DesiredSession): MergeJudge {
  const status = requireStore(context).status.get(keyOf(owner.kind, owner.name))
  const since = status !== undefined && 'since' in status ? status.since : {}
  return { object: owner, since, now: context.now().getTime() }
}

function refused({ project }: Pulls, { number }: PullRequest, why: readonly string[]): HouseError {
  return new HouseError(
    'Refused',
    `pull request #${number} can't be merged by a session: ${why.join(', ')}; a person may, outside of sessions: ao pr merge ${number} --project ${project.project}`,
    { next: `ao pr view ${number}` },
  )
}
