import { HouseError } from '../../errors.ts'
import { plainTail } from '../../resource/text.ts'
import { tailOf } from '../http-tail.ts'
import { stateOf, latestContexts } from './github-checks.ts'
import type { GitHubClient } from './github-client.ts'
import type { ChangedFiles, Context, FailedJob } from './github-facts.ts'
import type { Place } from './github-guards.ts'
import { HttpError } from '../http-failure.ts'

const MAX_TAIL = 8 * 1024
const LOG_TIMEOUT_MS = 20_000
const JOBS_AT_ONCE = 20
const FILES_PAGE = 100
const MAX_FILES = 3000

/** Each line of a job's log begins with its time. */
const TIME = /^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z /gm
const ERROR_LINE = '##[error]'

/** Jobs that failed and whose logs were not read yet. */
export function unreadJobs(
  contexts: readonly Context[],
  known: Readonly<Record<string, FailedJob>>,
): readonly Context[] {
  return latestContexts(contexts)
    .filter(context => stateOf(context) === 'failure')
    .filter(({ runId }) => runId !== undefined && known[runId] === undefined)
    .slice(0, JOBS_AT_ONCE)
}

/** What a failed run says for itself; undefined when that could not be read this time. Never a failure of the look. */
export async function readJob(
  client: GitHubClient,
  place: Place,
  context: Context,
  signal: AbortSignal,
): Promise<FailedJob | undefined> {
  const { runId, isJob } = context
  if (runId === undefined) return undefined
  try {
    return isJob
      ? await readLog(client, place, runId, signal)
      : await readOutput(client, place, runId, signal)
  } catch (error) {
    if (error instanceof HouseError && ['Interrupted', 'RateLimited'].includes(error.code))
      throw error
    // A log that is gone stays gone.
    return error instanceof HttpError && [404, 410].includes(error.status ?? 0) ? {} : undefined
  }
}

/** The end of a job's log as a person would quote it: what came before the job was wound up, without times, plain and bounded. */
export function logTail(log: string): string {
  const text = log.replaceAll(TIME, '')
  const lastError = text.lastIndexOf(ERROR_LINE)
  const lineEnd = lastError === -1 ? -1 : text.indexOf('\n', lastError)
  return plainTail(lineEnd === -1 ? text : text.slice(0, lineEnd + 1), MAX_TAIL)
}

/** The paths that a pull request changes, with the former names of what it moves. */
export async function readFiles(
  client: GitHubClient,
  place: Place,
  pull: { readonly number: number; readonly headSha: string },
  signal: AbortSignal,
): Promise<ChangedFiles> {
  const paths: string[] = []
  for (let page = 1; ; page += 1) {
    const files = await client.read(
      async (octokit, extra) =>
        octokit.rest.pulls.listFiles({
          ...place,
          pull_number: pull.number,
          per_page: FILES_PAGE,
          page,
          ...extra,
        }),
      signal,
    )
    for (const { filename, previous_filename: former } of files) {
      paths.push(filename, ...(former === undefined ? [] : [former]))
    }
    const isLast = files.length < FILES_PAGE
    if (isLast || page * FILES_PAGE >= MAX_FILES) {
      return { sha: pull.headSha, paths, isAll: isLast }
    }
  }
}

async function readLog(
  client: GitHubClient,
  place: Place,
  id: number,
  signal: AbortSignal,
): Promise<FailedJob> {
  const { steps = [] } = await client.read(
    async (octokit, extra) =>
      octokit.rest.actions.getJobForWorkflowRun({ ...place, job_id: id, ...extra }),
    signal,
  )
  const step = steps.find(
    ({ conclusion }) => conclusion === 'failure' || conclusion === 'timed_out',
  )
  const location = await client.read(async (octokit, extra) => {
    const request = { ...extra.request, redirect: 'manual' as const }
    const response = await octokit.rest.actions.downloadJobLogsForWorkflowRun({
      ...place,
      job_id: id,
      headers: extra.headers,
      request,
    })
    return { ...response, data: response.headers.location ?? '' }
  }, signal)
  // The place of the log is signed: it must not be shown our token.
  const log = URL.canParse(location) ? await fetchTail(new URL(location), signal) : undefined
  return {
    ...(step === undefined ? {} : { step: step.name }),
    ...(log === undefined ? {} : { logTail: logTail(log) }),
  }
}

async function readOutput(
  client: GitHubClient,
  place: Place,
  id: number,
  signal: AbortSignal,
): Promise<FailedJob> {
  const { output } = await client.read(
    async (octokit, extra) => octokit.rest.checks.get({ ...place, check_run_id: id, ...extra }),
    signal,
  )
  const { title, summary, text } = output
  const parts = [title, summary, text].filter(part => part !== null && part !== '')
  return parts.length === 0 ? {} : { logTail: plainTail(parts.join('\n\n'), MAX_TAIL) }
}

async function fetchTail(url: URL, signal: AbortSignal): Promise<string | undefined> {
  const limit = AbortSignal.timeout(LOG_TIMEOUT_MS)
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, limit]) })
    if (!response.ok) {
      await response.body?.cancel()
      return undefined
    }
    return await tailOf(response)
  } catch {
    if (signal.aborted) throw new HouseError('Interrupted', 'reading a log was interrupted')
    return undefined
  }
}
