import { HouseError } from '../../errors.ts'
import { plainLine, plainTail } from '../../resource/text.ts'
import type { GitLabClient } from './gitlab-client.ts'
import { ifThere, PAGE } from './gitlab-client.ts'
import type {
  ChangedFiles,
  Job,
  ListedMerge,
  Person,
  Pipeline,
  Talk,
  WholeMerge,
} from './gitlab-facts.ts'
import {
  approvalsOf,
  discussion,
  fieldsOf,
  headPipeline,
  job,
  listedMerge,
  listOf,
  mergeState,
  requestsOf,
  version,
} from './gitlab-parse.ts'
import { failedJobs, stateOf } from './gitlab-checks.ts'
import { traceTail } from './gitlab-trace.ts'

const MAX_FILES = 3000
const MAX_TEXT = 8 * 1024
const TRACES_AT_ONCE = 20
const JOB_URL = /\/-\/jobs\/\d+$/

export interface Reading {
  readonly client: GitLabClient
  readonly projectId: number
}

export interface WholeWanted {
  readonly before: WholeMerge | undefined
  /** Also what its `updatedAt` says to be as it was. */
  readonly isFull: boolean
  readonly watches: boolean
  /** Where the base stands, where that is known. */
  readonly baseTip: string | undefined
  /** The statuses of the head, where they were read just now. */
  readonly statuses?: { readonly sha: string; readonly value: unknown } | undefined
}

/** Reads a merge request; undefined when there is none of that number. What did not change is not asked for again. */
export async function readWhole(
  reading: Reading,
  number: number,
  wanted: WholeWanted,
  signal: AbortSignal,
): Promise<WholeMerge | undefined> {
  const { client, projectId } = reading
  const single = await ifThere(async () =>
    client.read(async ({ merges }) => merges.show(projectId, number), signal),
  )
  if (single === undefined) return undefined
  const listed = listedMerge(single)
  const pipeline = await pipelineOf(
    reading,
    { listed, value: single, before: wanted.before },
    signal,
  )
  const known = wanted.before?.talk
  const isSame = !wanted.isFull && known?.updatedAt === listed.updatedAt
  const talk = isSame && known !== undefined ? known : await readTalk(reading, listed, signal)
  const jobs =
    listed.state === 'open' ? await readJobs(reading, { listed, pipeline, wanted }, signal) : []
  const files = await filesOf(reading, { listed, single, wanted }, signal)
  const mayBeLeft = listed.state === 'merged' && listed.sourceId === projectId
  const headTip = mayBeLeft ? await readTip(reading, listed.headBranch, signal) : undefined
  return {
    ...listed,
    ...mergeState(single),
    ...(headTip === undefined ? {} : { headTip }),
    ...(wanted.baseTip === undefined ? {} : { baseTip: wanted.baseTip }),
    ...(pipeline === undefined ? {} : { pipeline }),
    jobs,
    talk,
    ...(files === undefined ? {} : { files }),
  }
}

/** Everybody who says or decides something. */
export function peopleIn({ author, talk }: WholeMerge): readonly Person[] {
  const notes = talk.discussions.flatMap(({ notes: said }) => said)
  return [
    author,
    ...notes.filter(({ system }) => !system).map(({ author: by }) => by),
    ...[...(talk.approvals?.by ?? []), ...talk.requested].map(({ by }) => by),
  ]
}

/** The ends of traces that are not known yet. A trace that can't be read is not a failure of the look. */
export async function readTails(
  client: GitLabClient,
  jobs: readonly Job[],
  known: Readonly<Record<number, string>>,
  signal: AbortSignal,
): Promise<Readonly<Record<number, string>>> {
  const tails: Record<number, string> = { ...known }
  const unread = failedJobs(jobs).filter(({ id }) => known[id] === undefined)
  for (const { id, projectId = 0 } of unread.slice(0, TRACES_AT_ONCE)) {
    try {
      const trace = await client.tail(`projects/${projectId}/jobs/${id}/trace`, signal)
      tails[id] = traceTail(trace ?? '')
    } catch (error) {
      if (!(error instanceof HouseError) || error.code !== 'Unreachable') throw error
    }
  }
  return tails
}

/** Where a branch stands; undefined where it isn't. */
export async function readTip(
  { client, projectId }: Reading,
  branch: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await ifThere(async () =>
    client.read(async ({ branches }) => branches.show(projectId, branch), signal),
  )
  return tipOf(found)
}

export function tipOf(branch: unknown): string | undefined {
  const { id } = fieldsOf(fieldsOf(branch)['commit'])
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** Statuses of a commit that are no jobs of this pipeline nor of another one. */
async function readJobs(
  { client, projectId }: Reading,
  {
    listed,
    pipeline,
    wanted,
  }: {
    readonly listed: ListedMerge
    readonly pipeline: Pipeline | undefined
    readonly wanted: WholeWanted
  },
  signal: AbortSignal,
): Promise<readonly Job[]> {
  const { projectId: where = projectId, sha = listed.headSha } = pipeline ?? {}
  const jobs = pipeline === undefined ? [] : await readPipeline(client, pipeline, signal)
  const given = wanted.statuses?.sha === sha ? wanted.statuses.value : undefined
  const statuses =
    given ??
    (await ifThere(async () =>
      client.read(async ({ commits }) => commits.allStatuses(where, sha, STATUSES), signal),
    ))
  const ids = new Set(jobs.map(({ id }) => id))
  const others = listOf(statuses)
    .map(value => job(value))
    .filter(({ id, url = '' }) => !ids.has(id) && !(pipeline !== undefined && JOB_URL.test(url)))
    .map(status => ({ ...status, description: plainLine(status.description ?? '', MAX_TEXT) }))
  return [...jobs, ...others]
}

/** The newest of each name; a hundred are told. */
export const STATUSES: object = { perPage: PAGE, page: 1 }

async function readPipeline(
  client: GitLabClient,
  { id, projectId, status }: Pipeline,
  signal: AbortSignal,
): Promise<readonly Job[]> {
  const found = await client.list(
    async ({ jobs }, page) => jobs.all(projectId, { pipelineId: id, perPage: PAGE, page }),
    signal,
  )
  const own = found.map(value => job(value, projectId))
  const isTold = own.some(each => stateOf(each) === 'failure' && !each.mayFail)
  if (status !== 'failed' || isTold) return own
  // Then a pipeline that this one started is what failed.
  const bridges = await client.list(
    async ({ jobs }, page) =>
      jobs.allPipelineBridges(projectId, id, { perPage: PAGE, page } as object),
    signal,
  )
  return [...own, ...bridges.map(value => job(value))]
}

/** The pipeline of the head: that of an older head says nothing, that of a merge of the head into its base does. */
async function pipelineOf(
  { client }: Reading,
  {
    listed,
    value,
    before,
  }: {
    readonly listed: ListedMerge
    readonly value: unknown
    readonly before: WholeMerge | undefined
  },
  signal: AbortSignal,
): Promise<Pipeline | undefined> {
  const found = headPipeline(value)
  if (found === undefined) return undefined
  const pipeline =
    found.problems === undefined
      ? found
      : { ...found, problems: plainTail(found.problems, MAX_TEXT) }
  if (pipeline.sha === listed.headSha) return pipeline
  const isKnown = before?.pipeline?.sha === pipeline.sha && before.headSha === listed.headSha
  if (isKnown) return pipeline
  const commit = await ifThere(async () =>
    client.read(async ({ commits }) => commits.show(pipeline.projectId, pipeline.sha), signal),
  )
  return listOf(fieldsOf(commit)['parent_ids']).includes(listed.headSha) ? pipeline : undefined
}

async function readTalk(
  { client, projectId }: Reading,
  { number, updatedAt, hasReviewers, state }: ListedMerge,
  signal: AbortSignal,
): Promise<Talk> {
  const found = await client.list(
    async ({ discussions }, page) => discussions.all(projectId, number, { perPage: PAGE, page }),
    signal,
  )
  const approvals = await ifThere(async () =>
    client.read(
      async gitlab => gitlab.approvals.showConfiguration(projectId, { mergerequestIId: number }),
      signal,
    ),
  )
  const given = approvals === undefined ? undefined : approvalsOf(approvals)
  const reviewers =
    hasReviewers && state === 'open'
      ? await ifThere(async () =>
          client.read(async ({ merges }) => merges.showReviewers(projectId, number), signal),
        )
      : []
  const requested = requestsOf(reviewers)
  const versions =
    (given?.by.length ?? 0) + requested.length === 0
      ? []
      : await client.list(
          async ({ merges }, page) =>
            merges.allDiffVersions(projectId, number, { perPage: PAGE, page } as object),
          signal,
        )
  return {
    updatedAt,
    discussions: found.map(discussion).filter(({ notes }) => notes.length > 0),
    ...(given === undefined ? {} : { approvals: given }),
    requested,
    versions: versions.map(version),
  }
}

async function filesOf(
  { client, projectId }: Reading,
  {
    listed,
    single,
    wanted,
  }: { readonly listed: ListedMerge; readonly single: unknown; readonly wanted: WholeWanted },
  signal: AbortSignal,
): Promise<ChangedFiles | undefined> {
  const { files: known, baseBranch } = wanted.before ?? {}
  // Against another base the same head changes other files.
  if (known?.sha === listed.headSha && baseBranch === listed.baseBranch) return known
  if (!wanted.watches || listed.state !== 'open') return undefined
  const { changes_count: count } = fieldsOf(single)
  const isCut = typeof count === 'string' && count.endsWith('+')
  if (isCut || Number(count) > MAX_FILES) return { sha: listed.headSha, paths: [], isAll: false }
  const diffs = await client.list(
    async ({ merges }, page) => merges.allDiffs(projectId, listed.number, { perPage: PAGE, page }),
    signal,
  )
  const paths = diffs.flatMap(value => {
    const { new_path: path, old_path: former } = fieldsOf(value)
    return [...new Set([path, former])].filter(each => typeof each === 'string')
  })
  return { sha: listed.headSha, paths, isAll: true }
}
