import type { RestEndpointMethodTypes } from '@octokit/rest'

import { HouseError } from '../../errors.ts'
import type { Call, GitHubClient, Page } from './github-client.ts'
import type { BranchRules, ListedPull } from './github-facts.ts'
import { HttpError } from '../http-failure.ts'
import { NO_GUARDS } from './github-memory.ts'
import type { CheckMark, CommentMark, Guards } from './github-memory.ts'
import { listedPull } from './github-parse.ts'

/** GitHub gives no more. */
const PAGE = 100
const MAX_PAGES = 50
const ENDED = 50
const NOTHING: ReadonlySet<number> = new Set([403, 404, 409, 422])
const NO_RULES: Page<BranchRules> = { value: { checks: [], approvals: 0 } }

type Rest = RestEndpointMethodTypes

export interface Place {
  readonly owner: string
  readonly repo: string
}

export interface GuardsWanted {
  /** Whatever the signs say. */
  readonly isFull: boolean
  /** Something happened: it may have come and gone, so that the list of the open ones is as it was. */
  readonly wasTriggered: boolean
  /** Branches that pull requests go into. */
  readonly bases: (open: readonly ListedPull[]) => readonly string[]
  /** Heads whose checks may still change. */
  readonly heads: (open: readonly ListedPull[]) => readonly string[]
}

export interface GuardsRead {
  readonly guards: Guards
  readonly open: readonly ListedPull[]
  /** Where the list was found, which differs when the repository was renamed. */
  readonly url: string | undefined
  /** Something is not as it was. */
  readonly hasMoved: boolean
}

/** What one look at the signs needs. */
interface Look {
  readonly client: GitHubClient
  readonly place: Place
  readonly before: Guards
  readonly signal: AbortSignal
  moved: boolean
  url: string | undefined
}

/**
 * Asks whether something changed, with validators: what did not change costs nothing. The lists are asked for whole, for the validator of a page says
 * nothing about the others.
 */
export async function readGuards(
  client: GitHubClient,
  place: Place,
  { before, wanted }: { readonly before: Guards; readonly wanted: GuardsWanted },
  signal: AbortSignal,
): Promise<GuardsRead> {
  const look: Look = { client, place, before, signal, moved: false, url: undefined }
  const pages = await readOpen(look).catch((error: unknown) => {
    throw error instanceof HttpError && error.status === 404 ? noRepository(place) : error
  })
  const open = pages.flatMap(page => page.value)
  const hasNews = wanted.isFull || wanted.wasTriggered || look.moved
  const ended = hasNews || before.ended === undefined ? await readEnded(look) : before.ended
  const comments = await readComments(look)
  const bases = wanted.bases(open)
  const tips = await readEach(bases, async branch => readTip(look, branch))
  const heads = wanted.heads(open)
  const runs = await readEach(heads, async sha => readRuns(look, sha))
  const statuses = await readEach(heads, async sha => readStatuses(look, sha))
  const unruled = wanted.isFull ? bases : bases.filter(branch => before.rules[branch] === undefined)
  const protections = await readEach(unruled, async branch => readProtection(look, branch))
  const rules = await readEach(unruled, async branch => readRules(look, branch))
  return {
    guards: {
      open: pages,
      ended,
      comments,
      tips: keep(before.tips, tips, bases),
      runs: keep(
        before.runs,
        runs,
        open.map(pull => pull.headSha),
      ),
      statuses: keep(
        before.statuses,
        statuses,
        open.map(pull => pull.headSha),
      ),
      protections: keep(before.protections, protections, bases),
      rules: keep(before.rules, rules, bases),
    },
    open,
    url: look.url,
    hasMoved: look.moved,
  }
}

/** What a branch asks for, without validators. */
export async function readBranch(
  client: GitHubClient,
  place: Place,
  branch: string,
  signal: AbortSignal,
): Promise<Pick<Guards, 'protections' | 'rules'>> {
  const look: Look = { client, place, before: NO_GUARDS, signal, moved: false, url: undefined }
  const protection = await readProtection(look, branch)
  const rules = await readRules(look, branch)
  return {
    protections: protection === undefined ? {} : { [branch]: protection },
    rules: { [branch]: rules },
  }
}

export function noRepository({ owner, repo }: Place): HouseError {
  return new HouseError(
    'NotFound',
    `there is no repository ${owner}/${repo}, or the token may not see it`,
    { next: 'ao explain project.spec.scm' },
  )
}

/** Oldest first, so that a change moves one page and not all of them. */
async function readOpen(look: Look): Promise<readonly Page<readonly ListedPull[]>[]> {
  return readPages(look, look.before.open, page => async (octokit, extra) => {
    const response = await octokit.rest.pulls.list({
      ...look.place,
      state: 'open',
      sort: 'created',
      direction: 'asc',
      per_page: PAGE,
      page,
      ...extra,
    })
    return { ...response, data: response.data.map(listedPull) }
  })
}

async function readEnded(look: Look): Promise<Page<readonly ListedPull[]>> {
  return readPage(look, look.before.ended, async (octokit, extra) => {
    const response = await octokit.rest.pulls.list({
      ...look.place,
      state: 'closed',
      sort: 'updated',
      direction: 'desc',
      per_page: ENDED,
      ...extra,
    })
    return { ...response, data: response.data.map(listedPull) }
  })
}

async function readComments(look: Look): Promise<Page<readonly CommentMark[]>> {
  return readPage(look, look.before.comments, async (octokit, extra) => {
    const response = await octokit.rest.pulls.listReviewCommentsForRepo({
      ...look.place,
      sort: 'updated',
      direction: 'desc',
      per_page: PAGE,
      ...extra,
    })
    const data = response.data.map(comment => ({
      number: Number(comment.pull_request_url.split('/').at(-1)),
      at: comment.updated_at,
    }))
    return { ...response, data }
  })
}

/** Undefined when the branch is gone. */
async function readTip(look: Look, branch: string): Promise<Page<string> | undefined> {
  return orNothing(async () =>
    readPage(look, look.before.tips[branch], async (octokit, extra) => {
      const ref = `heads/${branch}`
      const response = await octokit.rest.git.getRef({ ...look.place, ref, ...extra })
      return { ...response, data: response.data.object.sha }
    }),
  )
}

async function readRuns(
  look: Look,
  ref: string,
): Promise<readonly Page<readonly CheckMark[]>[] | undefined> {
  return orNothing(async () =>
    readPages(look, look.before.runs[ref] ?? [], page => async (octokit, extra) => {
      const response = await octokit.rest.checks.listForRef({
        ...look.place,
        ref,
        filter: 'latest',
        per_page: PAGE,
        page,
        ...extra,
      })
      return { ...response, data: response.data.check_runs.map(runMark) }
    }),
  )
}

async function readStatuses(
  look: Look,
  ref: string,
): Promise<Page<readonly CheckMark[]> | undefined> {
  return orNothing(async () =>
    readPage(look, look.before.statuses[ref], async (octokit, extra) => {
      const response = await octokit.rest.repos.getCombinedStatusForRef({
        ...look.place,
        ref,
        per_page: PAGE,
        ...extra,
      })
      const data = response.data.statuses.map(({ context, state }) => ({ name: context, state }))
      return { ...response, data }
    }),
  )
}

/** What everybody who may read is told of a branch's protection. */
async function readProtection(look: Look, branch: string): Promise<Page<BranchRules> | undefined> {
  return orNothing(async () =>
    readPage(look, look.before.protections[branch], async (octokit, extra) => {
      const response = await octokit.rest.repos.getBranch({ ...look.place, branch, ...extra })
      const checks = response.data.protection?.required_status_checks
      return { ...response, data: { checks: checks?.contexts ?? [], approvals: 0 } }
    }),
  )
}

async function readRules(look: Look, branch: string): Promise<Page<BranchRules>> {
  const read = await orNothing(async () =>
    readPage(look, look.before.rules[branch], async (octokit, extra) => {
      const response = await octokit.rest.repos.getBranchRules({
        ...look.place,
        branch,
        per_page: PAGE,
        ...extra,
      })
      return { ...response, data: branchRules(response.data) }
    }),
  )
  return read ?? NO_RULES
}

function branchRules(rules: Rest['repos']['getBranchRules']['response']['data']): BranchRules {
  const checks = rules.flatMap(rule =>
    rule.type === 'required_status_checks'
      ? (rule.parameters?.required_status_checks ?? []).map(check => check.context)
      : [],
  )
  const approvals = rules.map(rule =>
    rule.type === 'pull_request' ? (rule.parameters?.required_approving_review_count ?? 0) : 0,
  )
  return { checks, approvals: Math.max(0, ...approvals) }
}

function runMark(run: {
  readonly id: number
  readonly name: string
  readonly status: string
  readonly conclusion: string | null
}): CheckMark {
  const state = run.status === 'completed' ? (run.conclusion ?? 'neutral') : run.status
  return { name: run.name, state, runId: run.id }
}

async function readPage<T>(
  look: Look,
  before: Page<T> | undefined,
  call: Call<T>,
): Promise<Page<T>> {
  const { page, newAt } = await look.client.compare(call, before, look.signal)
  if (newAt !== undefined) look.moved = true
  look.url ??= newAt
  return page
}

/** A full page may always have a next one, also when it did not change itself. */
async function readPages<T>(
  look: Look,
  before: readonly Page<readonly T[]>[],
  call: (page: number) => Call<readonly T[]>,
): Promise<readonly Page<readonly T[]>[]> {
  const pages: Page<readonly T[]>[] = []
  for (let index = 0; index < MAX_PAGES; index += 1) {
    const page = await readPage(look, before[index], call(index + 1))
    pages.push(page)
    if (page.value.length < PAGE) break
  }
  return pages
}

/** GitHub wants requests one after the other. */
async function readEach<T>(
  keys: readonly string[],
  read: (key: string) => Promise<T | undefined>,
): Promise<ReadonlyMap<string, T | undefined>> {
  const found = new Map<string, T | undefined>()
  for (const key of new Set(keys)) found.set(key, await read(key))
  return found
}

/** What is not there, and what the token may not see, is nothing; anything else is an error. */
async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    // GitHub says with 403, too, that it wants to be left alone: that answers nothing.
    const isLimit = error instanceof HttpError && error.code === 'RateLimited'
    if (error instanceof HttpError && !isLimit && NOTHING.has(error.status ?? 0)) return undefined
    throw error
  }
}

/** What was read now, and of the rest what is still of use. */
function keep<T>(
  before: Readonly<Record<string, T>>,
  read: ReadonlyMap<string, T | undefined>,
  keys: readonly string[],
): Readonly<Record<string, T>> {
  const kept: Record<string, T> = {}
  for (const key of keys) {
    const value = read.has(key) ? read.get(key) : before[key]
    if (value !== undefined) kept[key] = value
  }
  return kept
}

/** `owner/name`, apart. */
export function placeOf(name: string): Place {
  const [owner = '', repo = ''] = name.split('/')
  return { owner, repo }
}
