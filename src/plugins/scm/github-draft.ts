import type { FailedJob, WholePull } from './github-facts.ts'
import type { Signs } from './github-follow.ts'
import type { Counted } from './github-health.ts'
import type { RepoFacts, Seen } from './github-memory.ts'
import type { PullQuestion } from './github-query.ts'
import type { ReadPull } from './github-read.ts'
import { questionKey } from './github-read.ts'

/** What a look at the signs found, and what is to be read because of it. */
export interface Look extends Signs {
  readonly isFull: boolean
  readonly name: string
  readonly tokenHash: string
  readonly counted: Counted
  readonly questions: readonly PullQuestion[]
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

/** Takes in whether pull requests merge that were only asked about that. */
export function takeMergeable({ whole }: Draft, look: Look, reads: Reads): void {
  for (const question of look.doubtful) {
    const pull = whole[question.number]
    if (pull === undefined) continue
    const baseTip = look.read.guards.tips[pull.baseBranch]?.value
    const mergeable = reads.mergeable.get(questionKey(question)) ?? 'unknown'
    whole[question.number] = { ...pull, mergeable, ...(baseTip === undefined ? {} : { baseTip }) }
  }
}
