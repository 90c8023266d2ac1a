import { createHash } from 'node:crypto'

import { applyPrimaryLimit, plain, spent, tooMuch, trouble } from './common.ts'
import { checkAnswer, checkBody, checkError, findRoute, readQuery, type Route } from './contract.ts'
import type { Inside } from './inside.ts'
import { type Answer, type Call, Refusal } from './rest/call.ts'
import { HANDLERS } from './rest/handlers.ts'
import { type Repository, findRepository, fullName } from './state.ts'
import { synchronize } from './sync.ts'

export interface RestRequest {
  readonly method: string
  readonly address: URL
  /** Without `/api/v3`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  readonly token: string
}

export interface RestAnswer extends Answer {
  readonly operation: string | undefined
  readonly points: number
  /** The connection is to be cut instead. */
  readonly cut: boolean
}

/** Answers a request to REST as GitHub does: credentials, limits, the operation, validators. */
export async function answerRest(inside: Inside, request: RestRequest): Promise<RestAnswer> {
  const { method, token } = request
  const name = `${method} ${request.path}`
  const path = byName(inside, request.path)
  const route = findRoute(method, path)
  const operation = route?.operation
  const resource = resourceOf(operation)
  const free = operation === 'rate-limit/get'
  const early = trouble(inside, name, token)
  if (early !== undefined) {
    return finish(inside, request, early.answer, { operation, points: 0, cut: early.cut })
  }
  if (!free) applyPrimaryLimit(inside, resource, name)
  const login = inside.state.tokens.get(token)?.account.login
  const budget = inside.limits.budget(token, resource)
  if (!free && budget.used >= budget.limit) {
    return finish(inside, request, spent(login), { operation, points: 0, cut: false })
  }
  const creates = method !== 'GET'
  if (!inside.limits.perMinute(token, resource, creates ? 5 : 1, creates)) {
    return finish(inside, request, tooMuch(), { operation, points: 0, cut: false })
  }
  const answer = route === undefined ? unknown(inside, name) : await run(inside, request, route)
  const lost = method !== 'GET' && inside.faults.strikes('lost-answer', name) !== undefined
  const validated = validate(inside, request, answer)
  const isFree = free || (validated.status === 304 && token !== '')
  const points = isFree ? 0 : 1
  inside.limits.spend(token, resource, points)
  return finish(inside, request, validated, { operation, points, cut: lost })
}

function resourceOf(operation: string | undefined): 'core' | 'search' {
  return operation?.startsWith('search/') === true ? 'search' : 'core'
}

/** Former names redirect to `/repositories/ID`, which is the same as the name of today. */
function byName(inside: Inside, path: string): string {
  const match = /^\/repositories\/(\d+)(.*)$/.exec(path)
  if (match === null) return path
  const all = [...inside.state.repositories.values()]
  const repo = all.find(each => each.id === Number(match[1]))
  return repo === undefined ? path : `/repos/${fullName(repo)}${match[2] ?? ''}`
}

function unknown(inside: Inside, name: string): Answer {
  inside.failures.push(`${name}: the double knows no such operation`)
  return plain(500, `The double of GitHub does not know ${name}`)
}

async function run(inside: Inside, request: RestRequest, route: Route): Promise<Answer> {
  const { operation, params } = route
  try {
    const answer = await HANDLERS[operation](await understand(inside, request, route))
    return keepStale(inside, request, operation, answer)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    const where = `${request.method} ${request.path} (${operation} ${JSON.stringify(params)})`
    inside.failures.push(`${where}: ${error instanceof Error ? String(error.stack) : 'threw'}`)
    return plain(500, `The double of GitHub failed at ${where}`)
  }
}

async function understand(inside: Inside, request: RestRequest, route: Route): Promise<Call> {
  const { state, faults, limits } = inside
  const { operation, params } = route
  const token = state.tokens.get(request.token)
  const repo = await repositoryOf(inside, request, params)
  const writes = request.method !== 'GET'
  if (writes && token === undefined)
    throw new Refusal(401, plain(401, 'Requires authentication').body)
  if (writes && token?.access !== 'write') {
    throw new Refusal(403, plain(403, 'Resource not accessible by personal access token').body)
  }
  const query = readQuery(operation, request.address.searchParams)
  const body = readBody(request)
  const problems = [...query.problems, ...checkBody(operation, body)]
  if (problems.length > 0) {
    throw new Refusal(422, {
      message: `Invalid request.\n\n${problems.map(each => `${each.field} ${each.message}`).join('\n')}`,
      documentation_url: 'https://docs.github.com/rest',
    })
  }
  return {
    state,
    faults,
    limits,
    operation,
    params,
    query: query.values,
    body: (body ?? {}) as Call['body'],
    viewer: token?.account,
    token: request.token,
    address: request.address,
    repo,
  }
}

/** The repository that is meant, looked at in git; a redirect where it has another name by now. */
async function repositoryOf(
  inside: Inside,
  request: RestRequest,
  params: Route['params'],
): Promise<Repository | undefined> {
  const { state, faults } = inside
  const { owner, repo: name } = params
  if (owner === undefined || name === undefined) return undefined
  const full = `${owner}/${name}`
  const moved = state.renamed.get(full.toLowerCase())
  if (findRepository(state, full) === undefined && moved !== undefined) {
    const rest = request.path.split('/').slice(4).join('/')
    const location = `${state.url}/api/v3/repositories/${moved.id}${rest === '' ? '' : `/${rest}`}${request.address.search}`
    const body = { message: 'Moved Permanently', url: location, documentation_url: DOCS }
    throw new Refusal(301, body, { location })
  }
  const repo = findRepository(state, full)
  const access = state.tokens.get(request.token)?.access
  const visible = repo?.private !== true || access === 'read' || access === 'write'
  const missing = faults.strikes('missing-repository', `${request.method} ${request.path}`)
  if (repo === undefined || !visible || missing !== undefined) {
    throw new Refusal(404, { message: 'Not Found', documentation_url: DOCS, status: '404' })
  }
  await synchronize(state, repo)
  return repo
}

const DOCS = 'https://docs.github.com/rest'

function readBody(request: RestRequest): unknown {
  if (request.body === '') return undefined
  try {
    return JSON.parse(request.body) as unknown
  } catch {
    throw new Refusal(400, { message: 'Problems parsing JSON', documentation_url: DOCS })
  }
}

/** Under `stale-list` every list stays as it was. */
function keepStale(
  inside: Inside,
  request: RestRequest,
  operation: string,
  answer: Answer,
): Answer {
  if (inside.faults.isOn('stale-list') === undefined) {
    inside.kept.clear()
    return answer
  }
  if (!operation.includes('/list')) return answer
  const key = request.address.href
  const kept = inside.kept.get(key) as Answer | undefined
  if (
    kept !== undefined &&
    inside.faults.strikes('stale-list', `${request.method} ${request.path}`)
  ) {
    return kept
  }
  if (kept === undefined) inside.kept.set(key, answer)
  return answer
}

/** Validators: a 304 where the asker has it already. They depend on the token and on what is accepted. */
function validate(inside: Inside, request: RestRequest, answer: Answer): Answer {
  if (request.method !== 'GET' || answer.status !== 200) return answer
  const { headers, token } = request
  const seed = `${token}\n${headers['accept'] ?? ''}\n${JSON.stringify(answer.body)}`
  const digest = createHash('sha256').update(seed).digest('hex')
  const etag = `W/"${digest}"`
  const body = answer.body as { readonly updated_at?: string } | undefined
  const modified = Array.isArray(body) ? undefined : body?.updated_at
  const known: Record<string, string> = {
    ...answer.headers,
    etag,
    ...(modified === undefined ? {} : { 'last-modified': new Date(modified).toUTCString() }),
  }
  const given = headers['if-none-match']
  const since = headers['if-modified-since']
  const same =
    given === undefined
      ? since !== undefined && modified !== undefined && Date.parse(since) >= Date.parse(modified)
      : given.split(',').some(each => each.trim().replace(/^W\//, '').startsWith(`"${digest}`))
  if (!same) return { ...answer, headers: known }
  const fresh = inside.faults.strikes('new-validator', `${request.method} ${request.path}`)
  const next = fresh === undefined ? etag : `W/"${digest}-${inside.requests.length}"`
  return { status: 304, headers: { ...known, etag: next } }
}

/** Adds what every answer has, and holds it against GitHub's description. */
function finish(
  inside: Inside,
  request: RestRequest,
  answer: Answer,
  more: Pick<RestAnswer, 'operation' | 'points' | 'cut'>,
): RestAnswer {
  const { operation } = more
  const problems =
    operation === undefined
      ? checkError(answer.body)
      : checkAnswer(operation as Route['operation'], answer.status, answer.body)
  const headers = {
    ...inside.limits.headers(request.token, resourceOf(operation)),
    'x-github-media-type': 'github.v3; format=json',
    vary: 'Accept, Authorization, Cookie, X-GitHub-OTP',
    'cache-control': 'private, max-age=60, s-maxage=60',
    ...(request.token === '' ? {} : { 'x-oauth-scopes': 'repo' }),
    ...answer.headers,
  }
  if (problems.length === 0 || more.cut) return { ...answer, ...more, headers }
  const told = `${request.method} ${request.path} answered ${answer.status}, which GitHub would not: ${problems.join('; ')}`
  inside.failures.push(told)
  return { ...plain(500, told), ...more, headers }
}
