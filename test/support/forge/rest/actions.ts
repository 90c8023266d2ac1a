import { createHash } from 'node:crypto'

import { latestRuns } from '../rules.ts'
import { type CheckRun, GITHUB_ACTIONS } from '../check-state.ts'
import { type Repository, type State, pullsOf, headOf, stamp } from '../state.ts'
import { type Call, type Handler, apiUrl, getRepo, htmlUrl, notFound, ok, paged } from './call.ts'
import { findRun } from './checks.ts'
import { stampOrNull } from './pull-views.ts'
import { type View, minimalRepository, nodeId } from './views.ts'

const WORKFLOW = 'CI'

function jobView(state: State, repo: Repository, run: CheckRun): View {
  const api = apiUrl(state, repo)
  const step = {
    name: `Run ${run.name}`,
    status: run.status,
    conclusion: run.conclusion ?? null,
    number: 1,
    started_at: stamp(run.startedAt),
    completed_at: stampOrNull(run.completedAt),
  }
  return {
    id: run.id,
    run_id: run.runId,
    run_url: `${api}/actions/runs/${run.runId}`,
    run_attempt: 1,
    node_id: nodeId('CR', run.id),
    head_sha: run.sha,
    url: `${api}/actions/jobs/${run.id}`,
    html_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion ?? null,
    created_at: stamp(run.startedAt),
    started_at: stamp(run.startedAt),
    completed_at: stampOrNull(run.completedAt),
    name: run.name,
    steps: [step],
    check_run_url: `${api}/check-runs/${run.id}`,
    labels: ['ubuntu-latest'],
    runner_id: 1,
    runner_name: 'GitHub Actions 1',
    runner_group_id: 0,
    runner_group_name: 'GitHub Actions',
    workflow_name: WORKFLOW,
    head_branch: branchOf(repo, run.sha),
  }
}

function branchOf(repo: Repository, sha: string): string | null {
  return pullsOf(repo).find(pull => headOf(pull) === sha)?.headBranch ?? null
}

function findJob(call: Call): CheckRun {
  const run = findRun(call, Number(call.params['job_id']))
  if (run.app.id !== GITHUB_ACTIONS.id) throw notFound()
  return run
}

export const getJob: Handler = call => ok(jobView(call.state, getRepo(call), findJob(call)))

export const jobLogs: Handler = call => {
  const run = findJob(call)
  if (run.log === undefined || run.status !== 'completed') throw notFound()
  // The address needs no token, as GitHub's signed ones.
  return {
    status: 302,
    headers: { location: `${call.state.url}/_logs/${run.id}?sig=${logSignature(run)}` },
  }
}

export function logSignature(run: CheckRun): string {
  return createHash('sha256').update(`${run.id} ${run.sha}`).digest('hex').slice(0, 24)
}

/** The text behind `jobLogs`; GitHub puts the time before each line. */
export function logText(run: CheckRun): string {
  const at = new Date(run.startedAt).toISOString().replace('Z', '0000Z')
  const lines = (run.log ?? '').replace(/\n$/, '').split('\n')
  return lines.map(line => `${at} ${line}\n`).join('')
}

function jobsOf(call: Call): readonly CheckRun[] {
  const wanted = Number(call.params['run_id'])
  const found = getRepo(call).checkRuns.filter(
    run => run.runId === wanted && run.app.id === GITHUB_ACTIONS.id,
  )
  const [first] = found
  if (first === undefined) throw notFound()
  const latest = latestRuns(getRepo(call), first.sha)
  return call.query['filter'] === 'all' ? found : found.filter(run => latest.includes(run))
}

export const listJobs: Handler = call => {
  const jobs = jobsOf(call)
  return paged(
    call,
    jobs,
    run => jobView(call.state, getRepo(call), run),
    items => ({ total_count: jobs.length, jobs: items }),
  )
}

function workflowRun(state: State, repo: Repository, jobs: readonly CheckRun[]): View {
  const [first] = jobs
  if (first === undefined) throw notFound()
  const url = `${apiUrl(state, repo)}/actions/runs/${first.runId}`
  const done = jobs.every(job => job.status === 'completed')
  const failed = jobs.find(job => job.conclusion !== 'success' && job.conclusion !== 'skipped')
  const ended = Math.max(...jobs.map(job => job.completedAt ?? job.startedAt))
  return {
    id: first.runId,
    name: WORKFLOW,
    node_id: nodeId('WFR', first.runId),
    check_suite_id: first.suiteId,
    check_suite_node_id: nodeId('CS', first.suiteId),
    head_branch: branchOf(repo, first.sha),
    head_sha: first.sha,
    path: '.github/workflows/ci.yml',
    display_title: WORKFLOW,
    run_number: 1,
    run_attempt: 1,
    event: 'pull_request',
    status: done ? 'completed' : 'in_progress',
    conclusion: done ? (failed?.conclusion ?? 'success') : null,
    workflow_id: 1,
    url,
    html_url: `${htmlUrl(state, repo)}/actions/runs/${first.runId}`,
    pull_requests: [],
    created_at: stamp(first.startedAt),
    updated_at: stamp(ended),
    run_started_at: stamp(first.startedAt),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${apiUrl(state, repo)}/check-suites/${first.suiteId}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `${apiUrl(state, repo)}/actions/workflows/1`,
    head_commit: null,
    repository: minimalRepository(state, repo),
    head_repository: minimalRepository(state, repo),
  }
}

export const getWorkflowRun: Handler = call =>
  ok(workflowRun(call.state, getRepo(call), jobsOf(call)))

export const listWorkflowRuns: Handler = call => {
  const repo = getRepo(call)
  const groups = new Map<number, CheckRun[]>()
  for (const run of repo.checkRuns) {
    if (run.app.id !== GITHUB_ACTIONS.id) continue
    if (call.query['head_sha'] !== undefined && run.sha !== call.query['head_sha']) continue
    groups.set(run.runId, [...(groups.get(run.runId) ?? []), run])
  }
  return paged(
    call,
    [...groups.values()].reverse(),
    jobs => workflowRun(call.state, repo, jobs),
    items => ({ total_count: groups.size, workflow_runs: items }),
  )
}
