import {
  type Annotation,
  type App,
  type CheckRun,
  GITHUB_ACTIONS,
  type Status,
} from './check-state.ts'
import { type Account, type Repository, type State, nextId, now } from './state.ts'

export interface NewCheck {
  readonly name: string
  readonly sha: string
  readonly status: CheckRun['status']
  readonly conclusion?: CheckRun['conclusion']
  readonly app?: App
  readonly title?: string | undefined
  readonly summary?: string | undefined
  readonly text?: string | undefined
  readonly detailsUrl?: string | undefined
  readonly externalId?: string | undefined
  readonly annotations?: readonly Annotation[]
  readonly log?: string | undefined
}

/** A check run; one that is under way by the same name goes on, as it does on GitHub when a job gets further. */
export function reportCheck(state: State, repo: Repository, wanted: NewCheck): CheckRun {
  const app = wanted.app ?? GITHUB_ACTIONS
  const going = repo.checkRuns.find(
    run =>
      run.name === wanted.name &&
      run.sha === wanted.sha &&
      run.app.id === app.id &&
      run.status !== 'completed',
  )
  const run = going ?? startCheck(state, repo, wanted, app)
  run.status = wanted.status
  run.conclusion = wanted.status === 'completed' ? wanted.conclusion : undefined
  run.completedAt = wanted.status === 'completed' ? now() : undefined
  run.title = wanted.title ?? run.title
  run.summary = wanted.summary ?? run.summary
  run.text = wanted.text ?? run.text
  run.annotations = wanted.annotations ?? run.annotations
  run.log = wanted.log ?? run.log
  return run
}

function startCheck(state: State, repo: Repository, wanted: NewCheck, app: App): CheckRun {
  const sibling = repo.checkRuns.find(run => run.sha === wanted.sha && run.app.id === app.id)
  const runId = sibling?.runId ?? nextId(state)
  const id = nextId(state)
  const job = `${state.url}/${repo.owner.login}/${repo.name}/actions/runs/${runId}/job/${id}`
  const run: CheckRun = {
    id,
    name: wanted.name,
    sha: wanted.sha,
    app,
    runId,
    suiteId: sibling?.suiteId ?? nextId(state),
    status: wanted.status,
    conclusion: undefined,
    startedAt: now(),
    completedAt: undefined,
    title: null,
    summary: null,
    text: null,
    detailsUrl: wanted.detailsUrl ?? (app.id === GITHUB_ACTIONS.id ? job : null),
    externalId: wanted.externalId ?? `${app.slug}-${id}`,
    annotations: [],
    log: undefined,
  }
  repo.checkRuns.push(run)
  return run
}

export function reportStatus(
  state: State,
  repo: Repository,
  creator: Account,
  wanted: Pick<Status, 'sha' | 'context' | 'state'> &
    Partial<Pick<Status, 'description' | 'targetUrl'>>,
): Status {
  const status: Status = {
    description: null,
    targetUrl: null,
    ...wanted,
    id: nextId(state),
    creator,
    createdAt: now(),
  }
  repo.statuses.push(status)
  return status
}
