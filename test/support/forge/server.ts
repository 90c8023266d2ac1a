import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { serveGit } from './git-http.ts'
import { answerGraphql } from './graphql.ts'
import { type Inside, type Recorded, tokenOf } from './inside.ts'
import { type RestAnswer, type RestRequest, answerRest } from './rest.ts'
import { logSignature, logText } from './rest/actions.ts'
import { findRepository } from './state.ts'
import { synchronize } from './sync.ts'

const GIT =
  /^\/([^/]+\/[^/]+?)(?:\.git)?(\/(?:info\/refs|git-upload-pack|git-receive-pack|HEAD|objects\/.*))$/
const GRAPHQL = new Set(['/graphql', '/api/graphql'])

/** The one server of a forge: git, GraphQL and REST by path. */
export function createForgeServer(inside: Inside): Server {
  return createServer((request, response) => {
    answer(inside, request, response).catch((error: unknown) => {
      const told = error instanceof Error ? String(error.stack) : String(error)
      inside.failures.push(`${request.method} ${request.url}: ${told}`)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
}

async function answer(
  inside: Inside,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const address = new URL(request.url ?? '/', inside.state.url)
  const method = request.method ?? 'GET'
  const path = address.pathname.replace(/^\/api\/v3(?=\/|$)/, '')
  const token = tokenOf(request.headers.authorization)
  const started = Date.now()
  const record = (more: Pick<Recorded, 'kind' | 'operation' | 'status' | 'points'>) => {
    inside.requests.push({
      ...more,
      method,
      path: `${path}${address.search}`,
      conditional:
        request.headers['if-none-match'] !== undefined ||
        request.headers['if-modified-since'] !== undefined,
      login: inside.state.tokens.get(token)?.account.login,
      at: started,
    })
  }
  const slow = inside.faults.strikes('slow', `${method} ${path}`)
  if (slow !== undefined) await sleep(slow.ms ?? 1000)
  const git = GIT.exec(address.pathname)
  if (git !== null && !address.pathname.startsWith('/api/')) {
    const status = await answerGit(inside, request, response, {
      name: git[1] ?? '',
      path: git[2] ?? '',
      query: address.search.slice(1),
      token,
    })
    const operation = /git-\w+-pack/.exec(address.href)?.[0]
    record({ kind: 'git', operation, status, points: 0 })
    return
  }
  if (path.startsWith('/_logs/')) {
    record({ kind: 'raw', operation: 'log', status: sendLog(inside, address, response), points: 0 })
    return
  }
  const asked: RestRequest = {
    method,
    address,
    path,
    headers: request.headers as RestRequest['headers'],
    body: await readAll(request),
    token,
  }
  const isGraphql = GRAPHQL.has(address.pathname) || path === '/graphql'
  const given = await (isGraphql ? answerGraphql : answerRest)(inside, asked)
  const { operation, points } = given
  const status = given.cut ? 0 : given.status
  record({ kind: isGraphql ? 'graphql' : 'rest', operation, status, points })
  send(response, given)
}

function send(response: ServerResponse, given: RestAnswer): void {
  if (given.cut) {
    response.destroy()
    return
  }
  const body = given.body === undefined ? '' : JSON.stringify(given.body)
  response.writeHead(given.status, {
    ...(body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'x-github-request-id': Math.random().toString(16).slice(2, 14),
    ...given.headers,
  })
  response.end(body)
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Pushing needs a token, reading only what is private, unless the forge was told to always ask. */
async function answerGit(
  inside: Inside,
  request: IncomingMessage,
  response: ServerResponse,
  wanted: {
    readonly name: string
    readonly path: string
    readonly query: string
    readonly token: string
  },
): Promise<number> {
  const { state, faults } = inside
  const repo = findRepository(state, wanted.name) ?? state.renamed.get(wanted.name.toLowerCase())
  const known = state.tokens.get(wanted.token)
  const pushes = `${wanted.path}${wanted.query}`.includes('git-receive-pack')
  const refuse = (status: number, text: string) => {
    const ask = status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {}
    response.writeHead(status, { 'content-type': 'text/plain', ...ask })
    response.end(`${text}\n`)
    return status
  }
  if (faults.strikes('refused-token', `git ${wanted.path}`) !== undefined) {
    return refuse(401, 'Bad credentials')
  }
  if (faults.strikes('bad-gateway', `git ${wanted.path}`) !== undefined) {
    return refuse(502, 'Bad gateway')
  }
  const needsToken = repo?.private === true || (inside.gitAuth && pushes)
  if (needsToken && known === undefined) return refuse(401, 'Authentication is required')
  if (repo === undefined) return refuse(404, 'Repository not found.')
  if (pushes && known !== undefined && known.access !== 'write') {
    return refuse(403, `Permission to ${wanted.name}.git denied to ${known.account.login}.`)
  }
  const status = await serveGit(
    {
      folder: repo.git.folder,
      path: wanted.path,
      query: wanted.query,
      // Without a name git takes no pushes.
      login: known?.account.login ?? 'anonymous',
    },
    request,
    response,
  )
  if (wanted.path === '/git-receive-pack') await synchronize(state, repo)
  return status
}

function sendLog(inside: Inside, address: URL, response: ServerResponse): number {
  const id = Number(address.pathname.split('/').at(-1))
  const runs = [...inside.state.repositories.values()].flatMap(repo => repo.checkRuns)
  const run = runs.find(each => each.id === id)
  const status =
    run !== undefined && address.searchParams.get('sig') === logSignature(run) ? 200 : 404
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(status === 200 && run !== undefined ? logText(run) : 'Not found\n')
  return status
}
