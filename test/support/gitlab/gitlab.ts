import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { makeBare } from '../forge/git.ts'
import type { DoubleAnswer, DoubleRequest, HttpDouble } from '../trackers/http-double.ts'
import { startDouble } from '../trackers/http-double.ts'
import type { GitServer } from './git-server.ts'
import { startGitServer } from './git-server.ts'
import { mergeRequests, ok, paged } from './requests.ts'
import type { Asked } from './requests.ts'
import { refusal } from './merging.ts'
import { gitlabShapes } from './shapes.ts'
import type { Project, User, World } from './state.ts'
import { createWorld, takeInPushes } from './state.ts'
import { fullUserView, jobView, projectView, statusViews, userView } from './views.ts'

const ALLOWANCE = 2000

export interface GitLab extends HttpDouble {
  readonly world: World
  /** Where repositories are served over HTTP. */
  readonly git: GitServer
  /** What is left of this minute's requests. */
  remaining: number
  addUser(username: string, options?: { readonly bot?: boolean }): User
  addToken(token: string, user: User): void
  addProject(path: string, options?: NewProject): Promise<Project>
}

export interface NewProject {
  /** A repository to begin with. */
  readonly from?: string
  readonly forkOf?: Project
  /** Access of users, as GitLab numbers it. */
  readonly members?: readonly (readonly [User, number])[]
}

/** A GitLab on this machine: the part of its API that the adapter asks for, on real repositories. */
export async function startGitLab(): Promise<GitLab> {
  const root = mkdtempSync(join(tmpdir(), 'ao-gitlab-'))
  const world = createWorld()
  const check = gitlabShapes()
  const git = await startGitServer(root)
  const state = { remaining: ALLOWANCE }
  const double = await startDouble(async request => {
    const answer = await respond({ world, check, request })
    state.remaining -= 1
    return withHeaders(answer, request, state.remaining)
  })
  return {
    ...double,
    world,
    git,
    get remaining() {
      return state.remaining
    },
    set remaining(value) {
      state.remaining = value
    },
    addUser: (username, { bot = false } = {}) => {
      const user = { id: world.next(), username, bot }
      world.users.push(user)
      return user
    },
    addToken: (token, user) => {
      world.tokens.set(token, user)
    },
    addProject: async (path, { from, forkOf, members = [] } = {}) => {
      const bare = await makeBare(join(root, `${path}.git`), 'main')
      if (from !== undefined) await bare.text('fetch', '-q', from, '+refs/heads/*:refs/heads/*')
      const project: Project = {
        id: world.next(),
        path,
        formerPaths: [],
        git: bare,
        forkOf: forkOf?.id,
        members: new Map(members.map(([{ id }, access]) => [id, access])),
        method: 'merge',
        needsPipeline: false,
        trains: false,
        hasApprovals: true,
        approvalsRequired: 0,
        protectedBranches: new Set(['main']),
      }
      world.projects.push(project)
      return project
    },
    close: async () => {
      try {
        await Promise.all([double.close(), git.close()])
      } finally {
        rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
      }
    },
  }
}

type Asking = Pick<Asked, 'world' | 'check' | 'request'>

async function respond(asking: Asking): Promise<DoubleAnswer> {
  const { world, request, check } = asking
  const user = world.tokens.get(String(request.headers['private-token']))
  if (user === undefined) return refusal(401, '401 Unauthorized')
  const [, api, version, room, id, ...rest] = request.url.pathname.split('/')
  if (api !== 'api' || version !== 'v4') return refusal(404, '404 Not Found')
  if (room === 'user') return ok({ check }, 'fullUser', fullUserView(user))
  if (room === 'users') {
    const found = world.users.find(each => each.id === Number(id))
    return found === undefined
      ? refusal(404, '404 User Not Found')
      : ok({ check }, 'fullUser', fullUserView(found))
  }
  const name = decodeURIComponent(id ?? '')
  const project = world.projects.find(
    each => String(each.id) === name || each.path.toLowerCase() === name.toLowerCase(),
  )
  if (world.projects.some(({ formerPaths }) => formerPaths.includes(name))) {
    return refusal(301, 'This resource has been moved permanently')
  }
  if (room !== 'projects' || project === undefined) return refusal(404, '404 Project Not Found')
  await takeInPushes(world)
  return ofProject({ ...asking, user, project }, rest.map(decodeURIComponent))
}

async function ofProject(asked: Asked, path: readonly string[]): Promise<DoubleAnswer> {
  const { project } = asked
  const [part, ...rest] = path
  switch (part) {
    case undefined:
      return ok(asked, 'project', projectView(project))
    case 'merge_requests':
      return mergeRequests(asked, rest)
    case 'merge_trains':
      return train(asked, Number(rest[1]))
    case 'members':
      return member(asked, Number(rest.at(-1)))
    case 'pipelines':
      return pipeline(asked, Number(rest[0]), rest[1])
    case 'jobs':
      return trace(asked, Number(rest[0]))
    case 'repository':
      return rest[0] === 'branches' ? branch(asked, rest[1] ?? '') : commit(asked, rest[1], rest[2])
    default:
      return refusal(404, '404 Not Found')
  }
}

function member(asked: Asked, id: number): DoubleAnswer {
  const access = asked.project.members.get(id)
  const user = asked.world.users.find(each => each.id === id)
  if (access === undefined || user === undefined) return refusal(404, '404 Not found')
  return ok(asked, 'member', { ...userView(user), access_level: access, expires_at: null })
}

function train(asked: Asked, iid: number): DoubleAnswer {
  const { world, project, request } = asked
  asked.check('trainBody', request.body)
  const { sha } = request.body as { readonly sha?: string }
  const merge = world.merges.find(each => each.project === project && each.iid === iid)
  if (merge === undefined || !project.trains) return refusal(404, '404 Not Found')
  if (sha !== undefined && sha !== merge.sha) {
    return refusal(409, 'SHA does not match HEAD of source branch')
  }
  merge.autoMerge = true
  merge.updatedAt = world.tick()
  return ok(asked, 'trainCars', [{ id: world.next(), status: 'fresh' }], 201)
}

function pipeline(asked: Asked, id: number, part: string | undefined): DoubleAnswer {
  const { world, request } = asked
  const found = world.pipelines.find(each => each.id === id && each.project === asked.project)
  if (found === undefined) return refusal(404, '404 Not found')
  const jobs = part === 'bridges' ? found.bridges : found.jobs
  return ok(
    asked,
    'jobs',
    paged(jobs, request).map(job => jobView(job, found)),
  )
}

function trace({ world, project }: Asked, id: number): DoubleAnswer {
  const jobs = world.pipelines.filter(each => each.project === project).flatMap(each => each.jobs)
  const job = jobs.find(each => each.id === id)
  if (job === undefined) return refusal(404, '404 Not found')
  return { status: 200, headers: { 'content-type': 'text/plain' }, text: job.trace }
}

async function branch(asked: Asked, name: string): Promise<DoubleAnswer> {
  const { git, protectedBranches } = asked.project
  const ref = `refs/heads/${name}`
  const sha = git.refs().get(ref)
  if (sha === undefined) return refusal(404, '404 Branch Not Found')
  const isProtected = protectedBranches.has(name)
  if (asked.request.method === 'DELETE') {
    if (isProtected || name === 'main') return refusal(400, 'Protected branch')
    await git.updateRefs([[ref, undefined, sha]])
    return { status: 204 }
  }
  return ok(asked, 'branch', {
    name,
    commit: { id: sha },
    merged: false,
    protected: isProtected,
    default: name === 'main',
  })
}

async function commit(
  asked: Asked,
  name: string | undefined,
  part: string | undefined,
): Promise<DoubleAnswer> {
  const { world, project, request } = asked
  const found = await project.git.commit(name ?? '')
  if (found === undefined) return refusal(404, '404 Commit Not Found')
  if (part === 'statuses') {
    return ok(asked, 'statuses', paged(statusViews(world, project, found.sha), request))
  }
  return ok(asked, 'commit', { id: found.sha, title: found.message, parent_ids: found.parents })
}

/** GitLab's web server names a validator for every answer, and counts also those that are as before. */
function withHeaders(
  answer: DoubleAnswer,
  { method, headers }: DoubleRequest,
  remaining: number,
): DoubleAnswer {
  const reset = Math.ceil(Date.now() / 60_000) * 60
  const limits = {
    'ratelimit-limit': String(ALLOWANCE),
    'ratelimit-remaining': String(Math.max(0, remaining)),
    'ratelimit-reset': String(reset),
  }
  if (remaining < 0) {
    return {
      status: 429,
      headers: { ...limits, 'retry-after': '30' },
      text: 'Retry later\n',
    }
  }
  const hash = createHash('sha256').update(JSON.stringify(answer.body ?? answer.text ?? ''))
  const etag = `W/"${hash.digest('hex').slice(0, 32)}"`
  const known = { ...answer.headers, ...limits, etag }
  if (method === 'GET' && answer.status === 200 && headers['if-none-match'] === etag) {
    return { status: 304, headers: known }
  }
  return { ...answer, headers: known }
}
