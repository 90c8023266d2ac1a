import type { IssueNotes, Issues, IssueSchema } from '@gitbeaker/rest'

import { HouseError } from '../../errors.ts'
import type { ForgePace } from '../forge-pace.ts'
import type { Git } from '../git.ts'
import { gitlabRequester } from '../gitlab-requester.ts'
import type { Service } from '../http-failure.ts'
import { HttpError } from '../http-failure.ts'
import { markerOf, plainIssue } from '../issue.ts'
import { repoName } from '../repo-name.ts'
import type { Issue, IssueComment, IssueQuery, Tracker, TrackerProject } from '../tracker.ts'
import {
  hookSettings,
  repoWord,
  secretSetting,
  timeoutOf,
  tokenOf,
  TRACKER_TIMEOUT,
  urlSetting,
} from '../tracker-settings.ts'

const HOST = 'https://gitlab.com'
const PAGE = 100
const STATES = ['open', 'closed'] as const

export interface GitlabTrackerOptions {
  readonly git: Git
  /** Ao's own environment: `GITLAB_TOKEN`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  /** That of all processes together, by host. */
  readonly pace?: (host: string) => ForgePace
}

interface Place {
  /** The project's path, such as `group/shop`, or its number. */
  readonly projectId: string
  readonly issues: Issues
  readonly notes: IssueNotes
  readonly service: Service
  readonly project: string
}

/** The issues of a project on gitlab.com or on a GitLab of one's own. */
export function createGitlabTracker(options: GitlabTrackerOptions): Tracker {
  const open = async (about: TrackerProject, signal: AbortSignal): Promise<Place> =>
    placeOf(options, about, signal)
  return {
    name: 'gitlab',
    configSchema: GITLAB_SCHEMA,
    place: about => `${repoWord(about)} on ${hostOf(about)}`,
    get: async (id, about, signal) => {
      const iid = numberOf(id)
      if (iid === undefined) return undefined
      const found = await show(await open(about, signal), iid)
      return found === undefined ? undefined : issueOf(found)
    },
    getMany: async (ids, about, signal) => getMany(await open(about, signal), ids),
    list: async (query, about, signal) => listIssues(await open(about, signal), query),
    comment: async (id, comment, about, signal) =>
      postComment(await open(about, signal), existing(id, about), comment),
    setState: async (id, state, about, signal) =>
      setState(await open(about, signal), existing(id, about), state),
    addLabels: async (id, labels, about, signal) => {
      const place = await open(about, signal)
      const iid = existing(id, about)
      await present(place, iid, async () =>
        place.issues.edit(place.projectId, iid, { addLabels: labels.join(',') }),
      )
    },
  }
}

const GITLAB_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    repo: {
      description:
        "The GitLab project whose issues they are, as `group/name` or its number. Default: the project's `repo`, else what origin's URL says.",
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    token: secretSetting(
      'An access token with the scope `api`. Default: the environment variable `GITLAB_TOKEN`.',
    ),
    host: urlSetting('Where GitLab is.', HOST),
    timeout: TRACKER_TIMEOUT,
    ...hookSettings(STATES),
  },
} as const

async function placeOf(
  { git, env, now, pace: paceOf }: GitlabTrackerOptions,
  about: TrackerProject,
  signal: AbortSignal,
): Promise<Place> {
  const { config, project } = about
  const where = `Project/${project}`
  const { token, setting } = tokenOf(about, env, 'GITLAB_TOKEN')
  const { host: given = HOST, repo } = config
  const host = String(given).replace(/\/+$/, '')
  const projectId =
    typeof repo === 'string' && /^\d+$/.test(repo)
      ? repo
      : await repoName({
          given: [repo, about.repo],
          repository: about.repository,
          git,
          setting: `${where}: spec.tracker.repo`,
          signal,
        })
  const service: Service = {
    what: `${where}: ${hostOf(about)}`,
    setting,
    next: 'ao explain project.spec.tracker',
  }
  const pace = paceOf?.(hostOf(about))
  const call = { signal, timeoutMs: timeoutOf(config), now: now(), pace }
  const library = await import('@gitbeaker/rest')
  const resource = { host, token, queryTimeout: null, requesterFn: gitlabRequester(service, call) }
  return {
    projectId,
    issues: new library.Issues(resource),
    notes: new library.IssueNotes(resource),
    service,
    project,
  }
}

function hostOf({ config: { host = HOST } }: TrackerProject): string {
  return URL.canParse(String(host)) ? new URL(String(host)).host : 'GitLab'
}

/** Undefined for an issue that is not there. Throws `Refused` where there is no such project. */
async function show(
  { issues, projectId, service }: Place,
  iid: number,
): Promise<IssueSchema | undefined> {
  try {
    return await issues.show(iid, { projectId })
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== 'NotFound') throw error
    if (!error.said.includes('Project Not Found')) return undefined
    const message = `${service.what} has no project ${projectId}, or ${service.setting} may not see it`
    throw new HouseError('Refused', message, { next: service.next })
  }
}

async function getMany(
  { issues, projectId }: Place,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Issue>> {
  const iids = [...new Set(ids.flatMap(id => numberOf(id) ?? []))]
  const found = new Map<number, Issue>()
  for (let start = 0; start < iids.length; start += PAGE) {
    const part = iids.slice(start, start + PAGE)
    const answer = await issues.all({ projectId, iids: part, perPage: PAGE, page: 1 })
    for (const item of answer) found.set(item.iid, issueOf(item))
  }
  return new Map(
    ids.flatMap(id => {
      const issue = found.get(numberOf(id) ?? -1)
      return issue === undefined ? [] : [[id, issue] as const]
    }),
  )
}

async function listIssues(
  { issues, projectId }: Place,
  query: IssueQuery,
): Promise<readonly Issue[]> {
  const perPage = Math.min(PAGE, Math.max(1, query.limit))
  const state = { open: 'opened', closed: 'closed', all: undefined }[query.state]
  const found: Issue[] = []
  for (let page = 1; found.length < query.limit; page += 1) {
    const answer = await issues.all({
      projectId,
      ...(state === undefined ? {} : { state }),
      ...(query.labels.length === 0 ? {} : { labels: query.labels.join(',') }),
      ...(query.query === undefined ? {} : { search: query.query }),
      orderBy: 'created_at',
      sort: 'desc',
      perPage,
      page,
    })
    found.push(...answer.map(item => issueOf(item)))
    if (answer.length < perPage) break
  }
  return found.slice(0, query.limit)
}

async function postComment(
  place: Place,
  iid: number,
  { key, text, since }: IssueComment,
): Promise<boolean> {
  const { notes, projectId } = place
  const marker = markerOf(key)
  for (let page = 1; ; page += 1) {
    const there = await present(place, iid, async () =>
      notes.all(projectId, iid, { sort: 'desc', orderBy: 'created_at', perPage: PAGE, page }),
    )
    if (there.some(({ body }) => body.includes(marker))) return false
    const last = there.at(-1)
    if (
      there.length < PAGE ||
      last === undefined ||
      Date.parse(last.created_at) < Date.parse(since)
    )
      break
  }
  const body = `${text.trimEnd()}\n\n${marker}`
  await present(place, iid, async () => notes.create(projectId, iid, body))
  return true
}

async function setState(place: Place, iid: number, state: string): Promise<boolean> {
  const wanted = STATES.find(known => known === state)
  if (wanted === undefined) {
    throw new HouseError('Refused', `${place.service.what} knows no state "${state}" of an issue`, {
      next: 'ao explain project.spec.tracker',
    })
  }
  const before = await show(place, iid)
  if (before === undefined) throw absent(String(iid), place)
  if (issueOf(before).state === wanted) return false
  await place.issues.edit(place.projectId, iid, {
    stateEvent: wanted === 'open' ? 'reopen' : 'close',
  })
  return true
}

async function present<T>(place: Place, iid: number, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof HouseError) || error.code !== 'NotFound') throw error
    throw absent(String(iid), place)
  }
}

type Item = Pick<IssueSchema, 'iid' | 'title' | 'description' | 'state' | 'labels' | 'web_url'>

function issueOf({ iid, title, description, state, labels, web_url }: Item): Issue {
  return plainIssue({
    id: String(iid),
    title,
    // Null for an issue without text, whatever the types say.
    body: description || '',
    state: state === 'closed' ? 'closed' : 'open',
    labels: labels.map(label => (typeof label === 'string' ? label : label.name)),
    url: web_url,
  })
}

function numberOf(id: string): number | undefined {
  const digits = /^#?([1-9]\d{0,9})$/.exec(id)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function existing(id: string, about: Pick<TrackerProject, 'project'>): number {
  const number = numberOf(id)
  if (number === undefined) throw absent(id, about)
  return number
}

function absent(id: string, { project }: Pick<TrackerProject, 'project'>): HouseError {
  return new HouseError('NotFound', `there is no issue ${id} in the tracker of ${project}`, {
    next: `ao describe Project/${project}`,
  })
}
