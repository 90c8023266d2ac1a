import { HouseError } from '../../errors.ts'
import { GITHUB_API, githubApiUrl, githubHost } from '../github-auth.ts'
import { markerOf } from '../issue.ts'
import type { Issue, IssueComment, IssueQuery, Tracker, TrackerProject } from '../tracker.ts'
import {
  hookSettings,
  repoWord,
  secretSetting,
  TRACKER_TIMEOUT,
  urlSetting,
} from '../tracker-settings.ts'
import { IssueCache } from './github-cache.ts'
import { issueOf } from './github-issue.ts'
import type { GithubPlace, GithubTrackerOptions } from './github-place.ts'
import { Places } from './github-place.ts'

const PAGE = 100
const STATES = ['open', 'closed'] as const
/** The issues of a repository on GitHub, or on a GitHub Enterprise Server. What was read is kept with its ETag, so that asking again is free. */
export function createGithubTracker(options: GithubTrackerOptions): Tracker {
  const places = new Places(options)
  const cache = new IssueCache(() => options.now().getTime())
  return {
    name: 'github',
    configSchema: GITHUB_SCHEMA,
    place: about => `${repoWord(about)} on ${githubHost(githubApiUrl(about.config))}`,
    get: async (id, about, signal) => {
      const number = numberOf(id)
      if (number === undefined) return undefined
      const place = await places.of(about, signal)
      const issue = await cache.get(place, number)
      if (issue === undefined) await checkRepository(place)
      return issue
    },
    getMany: async (ids, about, signal) => {
      const place = await places.of(about, signal)
      const numbers = ids.flatMap(id => numberOf(id) ?? [])
      const found = await cache.getMany(place, numbers)
      return new Map(
        ids.flatMap(id => {
          const issue = found.get(numberOf(id) ?? -1)
          return issue === undefined ? [] : [[id, issue] as const]
        }),
      )
    },
    list: async (query, about, signal) => listIssues(await places.of(about, signal), query),
    comment: async (id, comment, about, signal) =>
      postComment(await places.of(about, signal), existing(id, about), comment),
    setState: async (id, state, about, signal) =>
      setState(await places.of(about, signal), existing(id, about), state),
    addLabels: async (id, labels, about, signal) =>
      addLabels(await places.of(about, signal), existing(id, about), labels),
  }
}

const GITHUB_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    repo: {
      description:
        "The repository whose issues they are, as `owner/name`. Default: the project's `repo`, else what origin's URL says.",
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    token: secretSetting(
      'A token that may read issues, and write them for `onStart` and `onMerge`. Default: `GITHUB_TOKEN`, else what `gh auth token` says.',
    ),
    apiUrl: urlSetting(
      'Where the API is; for GitHub Enterprise Server `https://HOST/api/v3`.',
      GITHUB_API,
    ),
    timeout: TRACKER_TIMEOUT,
    ...hookSettings(STATES),
  },
} as const

/** An answer that there is no issue may mean that there is no repository. */
async function checkRepository(place: GithubPlace): Promise<void> {
  const { api, ask, owner, repo } = place
  const found = await ask([404], async request => api.rest.repos.get({ owner, repo, request }))
  if (found === undefined) throw noRepository(place)
}

async function listIssues(place: GithubPlace, query: IssueQuery): Promise<readonly Issue[]> {
  const { api, ask, owner, repo } = place
  const per_page = Math.min(PAGE, Math.max(1, query.limit))
  const found: Issue[] = []
  for (let page = 1; found.length < query.limit; page += 1) {
    const answer = await ask([404], async request =>
      query.query === undefined
        ? (
            await api.rest.issues.listForRepo({
              owner,
              repo,
              state: query.state,
              ...(query.labels.length === 0 ? {} : { labels: query.labels.join(',') }),
              sort: 'created',
              direction: 'desc',
              per_page,
              page,
              request,
            })
          ).data
        : (
            await api.request('GET /search/issues', {
              q: searchOf(place, query),
              sort: 'created',
              order: 'desc',
              advanced_search: 'true',
              per_page,
              page,
              request,
            })
          ).data.items,
    )
    if (answer === undefined) throw noRepository(place)
    found.push(...answer.flatMap(item => issueOf(item) ?? []))
    if (answer.length < per_page) break
  }
  return found.slice(0, query.limit)
}

function searchOf({ owner, repo }: GithubPlace, query: IssueQuery): string {
  const labels = query.labels.map(label => `label:"${label.replaceAll('"', '')}"`)
  const state = query.state === 'all' ? [] : [`state:${query.state}`]
  return [`repo:${owner}/${repo}`, 'is:issue', ...state, ...labels, query.query].join(' ')
}

async function postComment(
  place: GithubPlace,
  number: number,
  { key, text, since }: IssueComment,
): Promise<boolean> {
  const { api, ask } = place
  const { where } = await locate(place, number)
  const marker = markerOf(key)
  for (let page = 1; ; page += 1) {
    const there = await ask([], async request =>
      api.rest.issues.listComments({ ...where, since, per_page: PAGE, page, request }),
    )
    if (there?.data.some(({ body }) => body?.includes(marker)) === true) return false
    if ((there?.data.length ?? 0) < PAGE) break
  }
  const body = `${text.trimEnd()}\n\n${marker}`
  await ask([], async request => api.rest.issues.createComment({ ...where, body, request }))
  return true
}

async function setState(place: GithubPlace, number: number, state: string): Promise<boolean> {
  const { api, ask, service } = place
  const wanted = STATES.find(known => known === state)
  if (wanted === undefined) {
    throw new HouseError('Refused', `${service.what} knows no state "${state}" of an issue`, {
      next: 'ao explain project.spec.tracker',
    })
  }
  const { where, state: before } = await locate(place, number)
  if (before === wanted) return false
  await ask([], async request => api.rest.issues.update({ ...where, state: wanted, request }))
  return true
}

async function addLabels(
  place: GithubPlace,
  number: number,
  labels: readonly string[],
): Promise<void> {
  const { api, ask } = place
  const { where } = await locate(place, number)
  await ask([], async request =>
    api.rest.issues.addLabels({ ...where, labels: [...labels], request }),
  )
}

interface Located {
  readonly where: { readonly owner: string; readonly repo: string; readonly issue_number: number }
  readonly state: string
}

/**
 * Where an issue is now. Reads follow a repository that was renamed; a write that is redirected becomes a read and is lost without a word, so what
 * is written goes to the new name.
 */
async function locate(place: GithubPlace, number: number): Promise<Located> {
  const { api, ask, service, owner, repo } = place
  const found = await ask([404, 410], async request =>
    api.rest.issues.get({ owner, repo, issue_number: number, request }),
  )
  if (found === undefined) {
    throw new HouseError('NotFound', `${service.what} has no issue ${owner}/${repo}#${number}`, {
      next: service.next,
    })
  }
  const { repository_url, state } = found.data
  const [, newOwner = owner, newRepo = repo] =
    /\/repos\/([^/]+)\/([^/]+)$/.exec(repository_url) ?? []
  return { where: { owner: newOwner, repo: newRepo, issue_number: found.data.number }, state }
}

function numberOf(id: string): number | undefined {
  const digits = /^#?([1-9]\d{0,9})$/.exec(id)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function existing(id: string, about: TrackerProject): number {
  const number = numberOf(id)
  if (number === undefined) throw absent(id, about)
  return number
}

function absent(id: string, { project }: TrackerProject): HouseError {
  return new HouseError('NotFound', `there is no issue ${id} in the tracker of ${project}`, {
    next: `ao describe Project/${project}`,
  })
}

function noRepository({ service, owner, repo }: GithubPlace): HouseError {
  const message = `${service.what} has no repository ${owner}/${repo}, or ${service.setting} may not see it`
  return new HouseError('Refused', message, { next: service.next })
}
