import type { WholePull } from './github-facts.ts'
import { decisionOf, mergeableOf, pullState } from './github-parse.ts'
import type { Answers, PullQuestion, SurveyNode, SurveyQuestion } from './github-query.ts'
import { surveyQuery } from './github-query.ts'
import type { ReadOptions } from './github-read.ts'
import { answerTo, problemsOf, questionKey } from './github-read.ts'

/** Of what is said no more is read, and so no more is known. */
const MAX_SAID = 50
const MAX_THREADS = 100

/** A pull request as it is known. */
export interface Known {
  readonly question: PullQuestion
  readonly pull: WholePull
}

const SURVEY = {
  kind: 'survey',
  query: surveyQuery,
  nodes: ({ threads }: SurveyQuestion) => threads + 1,
} as const

/**
 * The keys of those pull requests that are no longer as they are known, or could not be said to be: those are to be read whole. It finds what no validator tells of, such as
 * a thread that somebody resolved, at a fraction of the price of reading everything anew.
 */
export async function survey(
  { batches }: ReadOptions,
  known: readonly Known[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const pulls = new Map(known.map(({ question, pull }) => [questionKey(question), pull]))
  const questions = known.map(({ question, pull }) => ({
    ...question,
    threads: Math.min(pull.threads.length, MAX_THREADS),
  }))
  const answers = await batches.ask(questions, SURVEY, signal)
  const moved = answers.flatMap(({ batch, data, problems }) =>
    batch.map(questionKey).filter((key, index) => {
      const [question, pull] = [batch[index], pulls.get(key)]
      if (question === undefined || pull === undefined) return true
      const node = answerTo(data as Answers<SurveyNode>, batch, question)
      const isAnswered = problemsOf(problems, batch, question).length === 0
      return node === undefined || !isAnswered || !isSame(pull, node)
    }),
  )
  return new Set(moved)
}

function isSame(pull: WholePull, node: SurveyNode): boolean {
  const mergeable = mergeableOf(node.mergeable)
  return (
    // GitHub works it out anew for many reasons: that it has not yet is no news.
    (mergeable === 'unknown' || mergeable === pull.mergeable) &&
    knownSigns(pull) === surveyedSigns(node)
  )
}

function knownSigns(pull: WholePull): string {
  const { updatedAt, state, draft, headSha, baseBranch, queued, decision } = pull
  const threads = pull.threads.map(
    ({ id, resolved, comments }) => `${id} ${resolved} ${comments.length}`,
  )
  const checks = new Map<string, number>()
  for (const context of pull.contexts) {
    const kind = `${context.runId === undefined ? 'status' : 'run'} ${context.state}`
    checks.set(kind, (checks.get(kind) ?? 0) + 1)
  }
  const own = [updatedAt, state, draft, headSha, baseBranch, queued, decision]
  return signs({ own, comments: pull.comments.length, threads, checks })
}

function surveyedSigns(node: SurveyNode): string {
  const { updatedAt, isDraft, headRefOid, baseRefName, isInMergeQueue } = node
  const { totalCount, nodes } = node.reviewThreads
  const threads = (nodes ?? []).map(thread =>
    thread === null
      ? ''
      : `${thread.id} ${thread.isResolved} ${Math.min(thread.comments.totalCount, MAX_SAID)}`,
  )
  const commit = node.commits.nodes?.[0]?.commit
  const contexts = commit?.oid === headRefOid ? commit.statusCheckRollup?.contexts : undefined
  const counts = [
    ...(contexts?.checkRunCountsByState ?? []).map(each => ({ ...each, kind: 'run' })),
    ...(contexts?.statusContextCountsByState ?? []).map(each => ({ ...each, kind: 'status' })),
  ].filter(({ count }) => count > 0)
  const own = [
    updatedAt,
    pullState(node.state),
    isDraft,
    headRefOid,
    baseRefName,
    isInMergeQueue,
    decisionOf(node.reviewDecision),
  ]
  return signs({
    own,
    comments: Math.min(node.comments.totalCount, MAX_SAID),
    // More than were asked for: some are new.
    threads: threads.length === totalCount ? threads : [`${totalCount}`],
    checks: new Map(
      counts.map(({ kind, state, count }) => [`${kind} ${state.toLowerCase()}`, count]),
    ),
  })
}

function signs(of: {
  readonly own: readonly (string | boolean)[]
  readonly comments: number
  readonly threads: readonly string[]
  readonly checks: ReadonlyMap<string, number>
}): string {
  const checks = [...of.checks].map(([kind, count]) => `${kind} ${count}`).sort()
  return JSON.stringify([of.own, of.comments, of.threads, checks])
}
