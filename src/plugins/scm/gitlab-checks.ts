import type { CheckResult } from '../scm.ts'
import { unreported } from '../unreported-check.ts'
import type { Job, Pipeline, WholeMerge } from './gitlab-facts.ts'

/** Someone may still report after everything else is done. */
const LATE_MS = 600_000

const STATES: Readonly<Record<string, CheckResult['state']>> = {
  created: 'pending',
  waiting_for_resource: 'pending',
  waiting_for_callback: 'pending',
  preparing: 'pending',
  pending: 'pending',
  scheduled: 'pending',
  running: 'running',
  canceling: 'running',
  success: 'success',
  failed: 'failure',
  canceled: 'cancelled',
  skipped: 'skipped',
}

export interface ChecksAbout {
  /** Instead of all that may not fail. */
  readonly required: readonly string[] | undefined
  /** Whether the project takes nothing without a pipeline that succeeded. */
  readonly needsPipeline: boolean
  /** Ends of traces, by job. */
  readonly tails: Readonly<Record<number, string>>
}

/** One that waits for a person stops the pipeline, unless nobody has to start it. */
export function stateOf({
  status,
  mayFail,
}: Pick<Job, 'status' | 'mayFail'>): CheckResult['state'] {
  if (status === 'manual') return mayFail ? 'skipped' : 'pending'
  return STATES[status] ?? 'pending'
}

/** What the jobs and statuses of the head say, as the contract has it. */
export function checkResults(
  { headSha, pipeline, jobs }: Pick<WholeMerge, 'headSha' | 'pipeline' | 'jobs'>,
  about: ChecksAbout,
): readonly CheckResult[] {
  const own = jobs.map(job => toResult(job, headSha, about))
  const { needsPipeline } = about
  const results = [...own, ...pipelineResult(pipeline, { headSha, own, needsPipeline })]
  if (results.length === 0 && needsPipeline && about.required === undefined) {
    results.push(unreported('pipeline', headSha))
  }
  const names = new Set(results.map(({ name }) => name))
  for (const name of about.required ?? []) {
    if (!names.has(name)) results.push(unreported(name, headSha))
  }
  return results
}

/** Jobs that failed, whose traces say why. */
export function failedJobs(jobs: readonly Job[]): readonly Job[] {
  return jobs.filter(job => job.projectId !== undefined && stateOf(job) === 'failure')
}

/** Whether nothing more is to be expected of a head, since it was first seen at `headSince`. */
export function isSettled(
  { pipeline, jobs }: Pick<WholeMerge, 'pipeline' | 'jobs'>,
  { headSince, now }: { readonly headSince: number; readonly now: number },
): boolean {
  const all = [...jobs.map(stateOf), ...(pipeline === undefined ? [] : [pipelineState(pipeline)])]
  if (all.some(state => state !== 'success' && state !== 'skipped')) return false
  const times = jobs.map(({ finishedAt }) =>
    finishedAt === undefined ? 0 : Date.parse(finishedAt),
  )
  return now - Math.max(headSince, ...times) > LATE_MS
}

/** Whether something runs, or should soon. */
export function isBusy(
  { pipeline, jobs }: Pick<WholeMerge, 'pipeline' | 'jobs'>,
  { headSince, now }: { readonly headSince: number; readonly now: number },
): boolean {
  if (jobs.length === 0 && pipeline === undefined) return now - headSince < LATE_MS
  const all = [...jobs.map(stateOf), ...(pipeline === undefined ? [] : [pipelineState(pipeline)])]
  return all.some(state => state === 'pending' || state === 'running')
}

/** The pipeline itself, where its jobs don't say what it is: it could not be made, or waits between them. */
function pipelineResult(
  pipeline: Pipeline | undefined,
  {
    headSha,
    own,
    needsPipeline,
  }: Pick<ChecksAbout, 'needsPipeline'> & {
    readonly headSha: string
    readonly own: readonly CheckResult[]
  },
): readonly CheckResult[] {
  if (pipeline === undefined) return []
  const state = pipelineState(pipeline)
  const isOpen = state === 'pending' || state === 'running'
  const isTold = own.some(check =>
    isOpen
      ? // A job that may fail holds up nobody, but the pipeline it is in where that must succeed.
        (check.required || !needsPipeline) &&
        (check.state === 'pending' || check.state === 'running')
      : check.state === state && (state !== 'failure' || check.required),
  )
  if (isTold || (!isOpen && state !== 'failure')) return []
  const { url, problems } = pipeline
  return [
    {
      name: 'pipeline',
      sha: headSha,
      state,
      required: true,
      ...(state === 'failure' && problems !== undefined ? { logTail: problems } : {}),
      ...(url === undefined ? {} : { url }),
    },
  ]
}

function pipelineState({ status }: Pipeline): CheckResult['state'] {
  return stateOf({ status, mayFail: false })
}

function toResult(job: Job, sha: string, { required, tails }: ChecksAbout): CheckResult {
  const { name, stage, url, finishedAt, mayFail, status } = job
  const isRequired = required === undefined ? !mayFail : required.includes(name)
  // One that a person has to start was left out by nobody, where the project asks for it.
  const state = status === 'manual' && isRequired ? 'pending' : stateOf(job)
  const isOver = state !== 'pending' && state !== 'running'
  const isFailure = state === 'failure'
  const logTail = tails[job.id] ?? job.description
  return {
    name,
    sha,
    state,
    required: isRequired,
    ...(isFailure && stage !== undefined ? { step: stage } : {}),
    ...(isFailure && logTail !== undefined && logTail !== '' ? { logTail } : {}),
    ...(url === undefined ? {} : { url }),
    ...(isOver && finishedAt !== undefined ? { completedAt: finishedAt } : {}),
  }
}
