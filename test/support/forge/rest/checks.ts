import { reportCheck, reportStatus } from '../checking.ts'
import { latestRuns, latestStatuses } from '../rules.ts'
import type { Annotation, CheckRun, Status } from '../check-state.ts'
import { type Repository, type State, headOf, pullsOf, stamp } from '../state.ts'
import {
  type Call,
  type Handler,
  apiUrl,
  created,
  getRepo,
  getViewer,
  htmlUrl,
  notFound,
  ok,
  paged,
  resolveRef,
  textOf,
} from './call.ts'
import { stampOrNull } from './pull-views.ts'
import { type View, appView, minimalRepository, nodeId, userView } from './views.ts'

export function checkRunView(state: State, repo: Repository, run: CheckRun): View {
  const url = `${apiUrl(state, repo)}/check-runs/${run.id}`
  const html = `${htmlUrl(state, repo)}/actions/runs/${run.runId}/job/${run.id}`
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CR', run.id),
    head_sha: run.sha,
    external_id: run.externalId,
    url,
    html_url: html,
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion ?? null,
    started_at: stamp(run.startedAt),
    completed_at: stampOrNull(run.completedAt),
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: appView(state, run.app),
    pull_requests: pullsOf(repo)
      .filter(pull => pull.state === 'open' && pull.headRepo === repo && headOf(pull) === run.sha)
      .map(pull => {
        const { id, name } = repo
        const where = { id, url: apiUrl(state, repo), name }
        return {
          url: `${apiUrl(state, repo)}/pulls/${pull.number}`,
          id: pull.id,
          number: pull.number,
          head: { ref: pull.headBranch, sha: headOf(pull), repo: where },
          base: { ref: pull.baseBranch, sha: pull.baseSha, repo: where },
        }
      }),
  }
}

export const listRuns: Handler = async call => {
  const { state, query } = call
  const repo = getRepo(call)
  const sha = await resolveRef(call, call.params['ref'] ?? '')
  const all = query['filter'] === 'all'
  const runs = all ? repo.checkRuns.filter(run => run.sha === sha) : latestRuns(repo, sha)
  const found = runs.filter(
    run =>
      (query['check_name'] === undefined || run.name === query['check_name']) &&
      (query['status'] === undefined || run.status === query['status']) &&
      (query['app_id'] === undefined || run.app.id === query['app_id']),
  )
  return paged(
    call,
    found,
    run => checkRunView(state, repo, run),
    items => ({ total_count: found.length, check_runs: items }),
  )
}

export function findRun(call: Call, id: number): CheckRun {
  const run = getRepo(call).checkRuns.find(each => each.id === id)
  if (run === undefined) throw notFound()
  return run
}

const named = (call: Call) => findRun(call, Number(call.params['check_run_id']))

export const getRun: Handler = call => ok(checkRunView(call.state, getRepo(call), named(call)))

const PERSONAL_APP = { id: 5, slug: 'checker', name: 'Checker' }

export const createRun: Handler = async call => {
  const { body } = call
  const sha = await resolveRef(call, textOf(body, 'head_sha') ?? '')
  const run = reportCheck(call.state, getRepo(call), {
    name: textOf(body, 'name') ?? '',
    sha,
    app: PERSONAL_APP,
    detailsUrl: textOf(body, 'details_url'),
    externalId: textOf(body, 'external_id'),
    ...progress(body),
  })
  return created(checkRunView(call.state, getRepo(call), run))
}

export const updateRun: Handler = call => {
  const run = named(call)
  const next = progress(call.body)
  run.status = next.status
  run.conclusion = next.conclusion
  run.completedAt = next.status === 'completed' ? Date.now() : undefined
  run.title = next.title ?? run.title
  run.summary = next.summary ?? run.summary
  run.text = next.text ?? run.text
  return ok(checkRunView(call.state, getRepo(call), run))
}

function progress(body: Call['body']) {
  const output = (body['output'] ?? {}) as Record<string, unknown>
  const conclusion = textOf(body, 'conclusion') as CheckRun['conclusion']
  const status = (textOf(body, 'status') ?? 'queued') as CheckRun['status']
  return {
    status: conclusion === undefined ? status : ('completed' as const),
    conclusion,
    title: textOf(output, 'title'),
    summary: textOf(output, 'summary'),
    text: textOf(output, 'text'),
  }
}

export const listAnnotations: Handler = call => {
  const run = named(call)
  const blob = `${htmlUrl(call.state, getRepo(call))}/blob/${run.sha}`
  return paged(call, run.annotations, (each: Annotation) => ({
    path: each.path,
    blob_href: `${blob}/${each.path}`,
    start_line: each.line,
    start_column: null,
    end_line: each.line,
    end_column: null,
    annotation_level: each.level,
    title: each.title,
    message: each.message,
    raw_details: null,
  }))
}

export const combinedStatus: Handler = async call => {
  const { state } = call
  const repo = getRepo(call)
  const sha = await resolveRef(call, call.params['ref'] ?? '')
  const statuses = latestStatuses(repo, sha)
  const has = (wanted: string) => statuses.some(each => each.state === wanted)
  // Without any status GitHub says pending, not success.
  const passing = statuses.length > 0 && !has('pending')
  const url = `${apiUrl(state, repo)}/commits/${sha}`
  return paged(
    call,
    statuses,
    status => simpleStatus(state, repo, status),
    items => ({
      state: has('failure') || has('error') ? 'failure' : passing ? 'success' : 'pending',
      statuses: items,
      sha,
      total_count: statuses.length,
      repository: minimalRepository(state, repo),
      commit_url: url,
      url: `${url}/status`,
    }),
  )
}

export const listStatuses: Handler = async call => {
  const repo = getRepo(call)
  const sha = await resolveRef(call, call.params['ref'] ?? '')
  const found = repo.statuses.filter(status => status.sha === sha).reverse()
  return paged(call, found, status => statusView(call.state, repo, status))
}

export const createStatus: Handler = async call => {
  const { body } = call
  const repo = getRepo(call)
  const sha = await resolveRef(call, call.params['sha'] ?? '')
  const made = reportStatus(call.state, repo, getViewer(call), {
    sha,
    context: textOf(body, 'context') ?? 'default',
    state: (textOf(body, 'state') ?? 'pending') as Status['state'],
    description: textOf(body, 'description') ?? null,
    targetUrl: textOf(body, 'target_url') ?? null,
  })
  return created(statusView(call.state, repo, made))
}

function simpleStatus(state: State, repo: Repository, status: Status): View {
  const user = userView(state, status.creator)
  return {
    url: `${apiUrl(state, repo)}/statuses/${status.sha}`,
    avatar_url: user['avatar_url'],
    id: status.id,
    node_id: nodeId('SC', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: stamp(status.createdAt),
    updated_at: stamp(status.createdAt),
  }
}

function statusView(state: State, repo: Repository, status: Status): View {
  return { ...simpleStatus(state, repo, status), creator: userView(state, status.creator) }
}
