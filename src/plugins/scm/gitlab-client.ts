import { createHash } from 'node:crypto'

import type {
  Branches,
  Commits,
  Jobs,
  MergeRequestApprovals,
  MergeRequestDiscussions,
  MergeRequestNotes,
  MergeRequests,
  MergeTrains,
  ProjectMembers,
  Projects,
  Users,
} from '@gitbeaker/rest'

import { HouseError } from '../../errors.ts'
import { formatDuration } from '../../resource/duration.ts'
import type { Budget } from '../forge-pacing.ts'
import type { GitlabRequesterFn } from '../gitlab-requester.ts'
import { gitlabRequester } from '../gitlab-requester.ts'
import type { Service } from '../http-failure.ts'
import { HttpError } from '../http-failure.ts'
import { fetchTail } from './gitlab-trace.ts'

const TIMEOUT_MS = 20_000
const MINUTE_MS = 60_000
const MAX_LIMIT_MS = 15 * MINUTE_MS
const FIRST_OUTAGE_MS = 5000
const MAX_OUTAGE_MS = 5 * MINUTE_MS
export const PAGE = 100

/** What of the library is used. */
export interface Library {
  readonly merges: MergeRequests
  readonly discussions: MergeRequestDiscussions
  readonly notes: MergeRequestNotes
  readonly approvals: MergeRequestApprovals
  readonly trains: MergeTrains
  readonly jobs: Jobs
  readonly commits: Commits
  readonly branches: Branches
  readonly users: Users
  readonly members: ProjectMembers
  readonly projects: Projects
}

export type Call = (gitlab: Library) => Promise<unknown>

/** An answer to a question that named a validator: new, or as before. */
export type Answer =
  | { readonly state: 'new'; readonly value: unknown; readonly etag: string | undefined }
  | { readonly state: 'same'; readonly etag: string | undefined }

/** Why a host is left alone, and until when. A limit holds for everything; an outage doesn't keep a person's command from trying. */
export interface Pause {
  readonly kind: 'limit' | 'outage' | 'token'
  readonly until: number
  readonly reason: string
}

export interface ClientOptions {
  readonly host: string
  readonly token: (signal: AbortSignal) => Promise<string>
  readonly now: () => number
  readonly random: () => number
}

/** One GitLab, asked with one token. */
export interface GitLabClient {
  readonly host: string
  /** Changes with the token; says nothing of it. */
  tokenHash(signal: AbortSignal): Promise<string>
  /** Throws while a limit holds; what an answer says about limits holds for everything after it. */
  read(call: Call, signal: AbortSignal, etag?: string): Promise<Answer>
  /** All pages of a list. */
  list(
    call: (gitlab: Library, page: number) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<readonly unknown[]>
  /** A change; one after the other. */
  write(call: Call, signal: AbortSignal): Promise<unknown>
  /** The end of a text such as a job's trace; undefined where there is none. */
  tail(path: string, signal: AbortSignal): Promise<string | undefined>
  pause(): Pause | undefined
  /** What is left, at the cost of what was asked since `counted`. */
  budgets(counted: number): readonly Budget[]
  counted(): number
}

interface Asking {
  readonly signal: AbortSignal
  readonly etag?: string | undefined
  readonly isChange?: boolean
}

interface Session {
  readonly token: string
  readonly hash: string
  readonly library: typeof import('@gitbeaker/rest')
}

/** A client with no hidden waits and no retries of its own: whoever asks decides what a failure means. */
export function createClient(options: ClientOptions): GitLabClient {
  const { host, now } = options
  const service: Service = {
    what: new URL(host).host,
    setting: 'spec.scm.token',
    next: 'ao explain project.spec.scm',
  }
  let left: Omit<Budget, 'cost'> | undefined
  let count = 0
  let pause: Pause | undefined
  let failures = 0
  let known: Promise<Session> | undefined
  let lastWrite: Promise<unknown> = Promise.resolve()

  const session = async (signal: AbortSignal): Promise<Session> => {
    known ??= openSession(options, signal)
    try {
      return await known
    } catch (error) {
      known = undefined
      throw error
    }
  }
  const note = (headers: Headers): void => {
    count += 1
    const remaining = Number(headers.get('ratelimit-remaining') ?? Number.NaN)
    const reset = Number(headers.get('ratelimit-reset') ?? Number.NaN)
    if (Number.isFinite(remaining) && Number.isFinite(reset)) {
      left = { remaining, resetAt: reset * 1000 }
    }
  }
  const fail = (error: unknown, isChange: boolean): unknown => {
    if (!(error instanceof HouseError)) return error
    // GitLab also answers 401 to a change that this person may not make.
    if (isChange && error instanceof HttpError && error.status === 401) return error
    const next = pauseAfter(error, { failures, now: now(), random: options.random() })
    if (next === undefined) return error
    failures += 1
    pause = next
    if (next.kind === 'token') known = undefined
    return error
  }
  const guarded = async <T>(
    work: (open: Session) => Promise<T>,
    { signal, isChange = false }: { readonly signal: AbortSignal; readonly isChange?: boolean },
  ): Promise<T> => {
    if (signal.aborted) throw interrupted(service)
    throwIfLimited(service, pause, now())
    const open = await session(signal)
    try {
      const value = await work(open)
      failures = 0
      pause = undefined
      return value
    } catch (error) {
      // An answer such as 404 says that the other side is well.
      if (error instanceof HttpError && error.status < 500 && error.status !== 429) failures = 0
      throw fail(error, isChange)
    }
  }
  const ask = async (call: Call, { signal, etag, isChange = false }: Asking): Promise<Answer> =>
    guarded(
      async open => {
        let answer: { readonly status: number; readonly headers: Headers } | undefined
        const requesterFn = gitlabRequester(service, {
          signal,
          timeoutMs: TIMEOUT_MS,
          now: new Date(now()),
          etag,
          onAnswer: given => {
            answer = given
            note(given.headers)
          },
        })
        const resource = { host, token: open.token, queryTimeout: null, requesterFn }
        const value = await call(libraryOf(open, resource))
        const found = answer?.headers.get('etag') ?? undefined
        return answer?.status === 304
          ? { state: 'same', etag: found }
          : { state: 'new', value, etag: found }
      },
      { signal, isChange },
    )
  const read: GitLabClient['read'] = async (call, signal, etag) => ask(call, { signal, etag })
  return {
    host,
    tokenHash: async signal => (await session(signal)).hash,
    read,
    async list(call, signal) {
      const all: unknown[] = []
      for (let page = 1; ; page += 1) {
        const answer = await read(async gitlab => call(gitlab, page), signal)
        const items = answer.state === 'new' && Array.isArray(answer.value) ? answer.value : []
        all.push(...items)
        if (items.length < PAGE) return all
      }
    },
    async write(call, signal) {
      const mine = lastWrite.then(async () => {
        const answer = await ask(call, { signal, isChange: true })
        return answer.state === 'new' ? answer.value : undefined
      })
      lastWrite = mine.catch(() => undefined)
      return mine
    },
    async tail(path, signal) {
      return guarded(
        async ({ token }) => {
          count += 1
          const url = new URL(`${host}/api/v4/${path}`)
          return fetchTail(service, { url, token, now: new Date(now()) }, signal)
        },
        { signal },
      )
    },
    pause: () => (pause !== undefined && pause.until > now() ? pause : undefined),
    counted: () => count,
    budgets: since => (left === undefined ? [] : [{ ...left, cost: count - since }]),
  }
}

async function openSession({ host, token }: ClientOptions, signal: AbortSignal): Promise<Session> {
  const [library, auth] = await Promise.all([import('@gitbeaker/rest'), token(signal)])
  const hash = createHash('sha256').update(`${host}\n${auth}`).digest('hex').slice(0, 16)
  return { token: auth, hash, library }
}

function libraryOf(
  { library }: Session,
  resource: {
    readonly host: string
    readonly token: string
    readonly queryTimeout: null
    readonly requesterFn: GitlabRequesterFn
  },
): Library {
  return {
    merges: new library.MergeRequests(resource),
    discussions: new library.MergeRequestDiscussions(resource),
    notes: new library.MergeRequestNotes(resource),
    approvals: new library.MergeRequestApprovals(resource),
    trains: new library.MergeTrains(resource),
    jobs: new library.Jobs(resource),
    commits: new library.Commits(resource),
    branches: new library.Branches(resource),
    users: new library.Users(resource),
    members: new library.ProjectMembers(resource),
    projects: new library.Projects(resource),
  }
}

/** What a failure means for everything else that is asked of this host. `failures` are those in a row before it. */
function pauseAfter(
  error: HouseError,
  state: { readonly failures: number; readonly now: number; readonly random: number },
): Pause | undefined {
  const { code, message: reason, retryAfterMs } = error
  const growth = 2 ** Math.min(state.failures, 10)
  if (code === 'RateLimited') {
    const ms = retryAfterMs ?? Math.min(MINUTE_MS * growth, MAX_LIMIT_MS)
    return { kind: 'limit', until: state.now + Math.max(ms, 1000), reason }
  }
  if (code === 'Unreachable') {
    const ms = Math.min(FIRST_OUTAGE_MS * growth, MAX_OUTAGE_MS) * (0.75 + state.random / 2)
    return { kind: 'outage', until: state.now + Math.round(ms), reason }
  }
  if (error instanceof HttpError && error.status === 401) {
    return { kind: 'token', until: state.now + MINUTE_MS, reason }
  }
  return undefined
}

function throwIfLimited(service: Service, pause: Pause | undefined, now: number): void {
  if (pause?.kind !== 'limit' || pause.until <= now) return
  const retryAfterMs = pause.until - now
  throw new HouseError(
    'RateLimited',
    `${service.what} limits us: ${pause.reason} (asked again in ${formatDuration(retryAfterMs)})`,
    { retryable: true, retryAfterMs },
  )
}

function interrupted({ what }: Service): HouseError {
  return new HouseError('Interrupted', `asking ${what} was interrupted`)
}
