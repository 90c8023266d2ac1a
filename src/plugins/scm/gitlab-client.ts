import { createHash } from 'node:crypto'

import type * as gitbeaker from '@gitbeaker/rest'
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
import type { ForgePace } from '../forge-pace.ts'
import type { Budget } from '../forge-pacing.ts'
import type { Pause } from '../forge-pauses.ts'
import type { GitlabRequesterFn } from '../gitlab-requester.ts'
import { gitlabRequester } from '../gitlab-requester.ts'
import type { Service } from '../http-failure.ts'
import type { Clock } from './gitlab-health.ts'
import { Health } from './gitlab-health.ts'
import { listOf } from './gitlab-parse.ts'
import { fetchTail } from './gitlab-trace.ts'

const TIMEOUT_MS = 20_000
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

export interface ClientOptions extends Clock {
  readonly host: string
  readonly token: (signal: AbortSignal) => Promise<string>
  /** That of all processes together. */
  readonly pace: ForgePace
}

/** One GitLab, asked with one token. */
export interface GitLabClient {
  readonly host: string
  /** Changes with the token; says nothing of it. */
  tokenHash(signal: AbortSignal): Promise<string>
  /** Throws while a limit holds; what an answer says about limits holds for everything after it. */
  read(call: Call, signal: AbortSignal): Promise<unknown>
  /** The same, with the validator of the last answer. */
  compare(call: Call, etag: string | undefined, signal: AbortSignal): Promise<Answer>
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
  /** Nothing is sent. */
  readonly isIdle?: boolean
}

interface Session {
  readonly token: string
  readonly hash: string
  readonly library: typeof gitbeaker
}

/** A client with no hidden waits and no retries of its own: whoever asks decides what a failure means. */
export function createClient(options: ClientOptions): GitLabClient {
  const { host, now } = options
  const service: Service = {
    what: new URL(host).host,
    setting: 'spec.scm.token',
    next: 'ao explain project.spec.scm',
  }
  const health = new Health(options)
  const guarded = guard(options, health)
  let lastWrite: Promise<unknown> = Promise.resolve()
  const ask = async (call: Call, asking: Asking): Promise<Answer> =>
    guarded(
      async session => exchange(session, call, { ...asking, service, health, options }),
      asking,
    )
  const read: GitLabClient['read'] = async (call, signal) => valueOf(await ask(call, { signal }))
  return {
    host,
    tokenHash: async signal => guarded(async ({ hash }) => hash, { signal, isIdle: true }),
    read,
    compare: async (call, etag, signal) => ask(call, { signal, etag }),
    list: async (call, signal) => readPages(read, call, signal),
    async write(call, signal) {
      const mine = lastWrite.then(async () => {
        health.pauses.assertMayAsk()
        await options.pace.assertMayAsk()
        await options.pace.turn(signal)
        return valueOf(await ask(call, { signal, isChange: true }))
      })
      lastWrite = mine.catch(() => undefined)
      return mine
    },
    tail: async (path, signal) =>
      guarded(
        async ({ token }) => {
          health.note()
          const url = new URL(`${host}/api/v4/${path}`)
          return fetchTail(service, { url, token, now: new Date(now()) }, signal)
        },
        { signal },
      ),
    pause: () => health.pauses.current(),
    counted: () => health.counted(),
    budgets: since => health.budgets(since),
  }
}

/** Undefined for what isn't there, or isn't shown to us. */
export async function ifThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof HouseError && error.code === 'NotFound') return undefined
    throw error
  }
}

type Guarded = <T>(work: (session: Session) => Promise<T>, asking: Asking) => Promise<T>

/** Does a piece of work with the token while none of the limits holds, and takes in what becomes of it. */
function guard(options: ClientOptions, health: Health): Guarded {
  let known: Promise<Session> | undefined
  const sessionOf = async (signal: AbortSignal): Promise<Session> => {
    known ??= openSession(options, signal)
    try {
      return await known
    } catch (error) {
      known = undefined
      throw error
    }
  }
  return async (work, { signal, isChange = false, isIdle = false }) => {
    if (signal.aborted)
      throw new HouseError('Interrupted', `asking ${options.host} was interrupted`)
    health.pauses.assertMayAsk()
    if (!isIdle) await options.pace.assertMayAsk()
    const session = await sessionOf(signal)
    try {
      const value = await work(session)
      if (!isIdle) health.pauses.recover()
      return value
    } catch (error) {
      if (error instanceof HouseError && health.fail(error, { isChange })) known = undefined
      const pause = health.pauses.current()
      if (pause?.kind === 'limit') await options.pace.setPause(pause)
      throw error
    }
  }
}

async function exchange(
  session: Session,
  call: Call,
  about: Asking & {
    readonly service: Service
    readonly health: Health
    readonly options: ClientOptions
  },
): Promise<Answer> {
  const { service, health, options, signal, etag } = about
  let answer: { readonly status: number; readonly headers: Headers } | undefined
  const requesterFn = gitlabRequester(service, {
    signal,
    timeoutMs: TIMEOUT_MS,
    now: new Date(options.now()),
    etag,
    onAnswer: given => {
      answer = given
      health.note(given.headers)
    },
  })
  const { host } = options
  const resource = { host, token: session.token, queryTimeout: null, requesterFn }
  const value = await call(libraryOf(session, resource))
  const found = answer?.headers.get('etag') ?? undefined
  return answer?.status === 304
    ? { state: 'same', etag: found }
    : { state: 'new', value, etag: found }
}

/** That of a question without a validator: it is never as before. */
function valueOf(answer: Answer): unknown {
  return answer.state === 'new' ? answer.value : undefined
}

async function readPages(
  read: GitLabClient['read'],
  call: Parameters<GitLabClient['list']>[0],
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for (let page = 1; ; page += 1) {
    const items = listOf(await read(async gitlab => call(gitlab, page), signal))
    all.push(...items)
    if (items.length < PAGE) return all
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
