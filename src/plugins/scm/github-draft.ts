import type { FailedJob, WholePull } from './github-facts.ts'
import type { Signs } from './github-follow.ts'
import type { Counted } from './github-health.ts'
import type { RepoFacts, Seen } from './github-memory.ts'
import type { PullQuestion } from './github-query.ts'
import type { ReadPull } from './github-read.ts'
import { questionKey } from './github-read.ts'
import type { Known } from './github-survey.ts'

/** What a look at the signs found, and what is to be read because of it. */
export interface Look extends Signs {
  /** What nobody gives a sign of is looked for as well. */
  readonly isFull: boolean
  /** All of it is read, whatever the signs say. */
  readonly isWhole: boolean
  readonly name: string
  readonly tokenHash: string
  readonly counted: Counted
  readonly questions: readonly PullQuestion[]
  /** Those that no sign points to: are they still as they are known? */
  readonly surveyed: readonly Known[]
  /** Of these only whether they merge has become doubtful. */
  readonly doubtful: readonly PullQuestion[]
}

export interface Reads {
  readonly whole: ReadonlyMap<string, ReadPull>
  readonly mergeable: ReadonlyMap<string, WholePull['mergeable']>
}

/** What is known, while what was read is taken in. */
export interface Draft {
  readonly whole: Record<number, WholePull>
  readonly seen: Record<number, Seen>
  readonly confirmed: Record<number, number>
  readonly jobs: Record<string, FailedJob>
}

export function draftOf({ whole, seen, confirmed, jobs }: RepoFacts): Draft {
  return {
    whole: { ...whole },
    seen: { ...seen },
    confirmed: { ...confirmed },
    jobs: { ...jobs },
  }
}

/** Takes in whether pull requests merge that were only asked about that. Where nothing was answered, only another base makes it unknown again. */
export function takeMergeable({ whole }: Draft, look: Look, reads: Reads): void {
  for (const question of look.doubtful) {
    const pull = whole[question.number]
    if (pull === undefined) continue
    const baseTip = look.read.guards.tips[pull.baseBranch]?.value ?? pull.baseTip
    const otherwise = baseTip === pull.baseTip ? pull.mergeable : 'unknown'
    const mergeable = reads.mergeable.get(questionKey(question)) ?? otherwise
    whole[question.number] = { ...pull, mergeable, ...(baseTip === undefined ? {} : { baseTip }) }
  }
}
