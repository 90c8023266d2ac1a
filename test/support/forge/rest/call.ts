import type { FaultSwitches } from '../faults.ts'
import type { Limits } from '../limits.ts'
import type { Operation } from '../operations.ts'
import {
  type Account,
  type Issue,
  type Pull,
  type Repository,
  type State,
  fullName,
  isPull,
} from '../state.ts'

/** One request to REST, understood. */
export interface Call {
  readonly state: State
  readonly faults: FaultSwitches
  readonly limits: Limits
  readonly operation: Operation
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  readonly viewer: Account | undefined
  readonly token: string
  /** As it was asked for, with what comes before the path. */
  readonly address: URL
  /** The repository that the path names; `getRepo` when there must be one. */
  readonly repo: Repository | undefined
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Handler = (call: Call) => Answer | Promise<Answer>

/** An answer that isn't what was asked for; thrown. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`${status}`)
    this.answer = { status, body, headers }
  }
}

const DOCS = 'https://docs.github.com/rest'

export function notFound(message = 'Not Found'): Refusal {
  return new Refusal(404, { message, documentation_url: DOCS, status: '404' })
}

export function refused(status: number, message: string): Refusal {
  return new Refusal(status, { message, documentation_url: DOCS, status: String(status) })
}

/** 422 with the fields that are wrong. */
export function unprocessable(
  resource: string,
  errors: readonly { readonly field?: string; readonly code: string; readonly message?: string }[],
): Refusal {
  return new Refusal(422, {
    message: 'Validation Failed',
    documentation_url: DOCS,
    errors: errors.map(each => ({ resource, ...each })),
  })
}

export function getRepo(call: Call): Repository {
  if (call.repo === undefined) throw notFound()
  return call.repo
}

export function getViewer(call: Call): Account {
  if (call.viewer === undefined) throw refused(401, 'Requires authentication')
  return call.viewer
}

export function getPull(call: Call): Pull {
  const issue = getRepo(call).issues.get(Number(call.params['pull_number']))
  if (issue === undefined || !isPull(issue)) throw notFound()
  return issue
}

export function getIssue(call: Call): Issue {
  const issue = getRepo(call).issues.get(Number(call.params['issue_number']))
  if (issue === undefined) throw notFound()
  return issue
}

/** One page of a list, with the links to the others. */
export async function paged<T>(
  call: Call,
  all: readonly T[],
  view: (item: T) => unknown,
  wrap: (items: readonly unknown[]) => unknown = items => items,
): Promise<Answer> {
  const size = Math.min(Math.max(Number(call.query['per_page'] ?? 30), 1), 100)
  const page = Math.max(Number(call.query['page'] ?? 1), 1)
  const last = Math.max(Math.ceil(all.length / size), 1)
  const items = await Promise.all(all.slice((page - 1) * size, page * size).map(view))
  const links = [
    ...(page > 1 ? [['prev', page - 1] as const] : []),
    ...(page < last ? [['next', page + 1] as const, ['last', last] as const] : []),
    ...(page > 1 ? [['first', 1] as const] : []),
  ].map(([rel, number]) => `<${linkTo(call, number)}>; rel="${rel}"`)
  return {
    status: 200,
    body: wrap(items),
    ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }),
  }
}

function linkTo(call: Call, page: number): string {
  const address = new URL(call.address)
  address.searchParams.set('page', String(page))
  return address.href
}

export function ok(body: unknown): Answer {
  return { status: 200, body }
}

export function created(body: unknown): Answer {
  return { status: 201, body }
}

/** The commit that a ref, a branch, a tag or a part of a SHA names. */
export async function resolveRef(call: Call, name: string): Promise<string> {
  const repo = getRepo(call)
  const known = repo.refs.get(`refs/heads/${name}`) ?? repo.refs.get(`refs/${name}`)
  const sha = known ?? (await repo.git.resolve(name))
  if (sha === undefined) {
    throw new Refusal(422, {
      message: `No commit found for SHA: ${name}`,
      documentation_url: `${DOCS}/commits/commits#get-a-commit`,
      errors: [],
    })
  }
  return sha
}

/** Text out of a body or a query; undefined when it isn't there. */
export function textOf(from: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = from[key]
  return typeof value === 'string' ? value : undefined
}

export function apiUrl(state: State, repo: Repository): string {
  return `${state.url}/api/v3/repos/${fullName(repo)}`
}

export function htmlUrl(state: State, repo: Repository): string {
  return `${state.url}/${fullName(repo)}`
}
