import { HouseError } from '../../errors.ts'
import { plainIssue } from '../issue.ts'
import type { Issue, IssueComment, IssueQuery, Tracker } from '../tracker.ts'
import { hookSettings, secretSetting, TRACKER_TIMEOUT, urlSetting } from '../tracker-settings.ts'
import type { JiraSite, JiraTrackerOptions } from './jira-site.ts'
import { siteOf } from './jira-site.ts'
import { adfToText, textToAdf } from './jira-text.ts'

const PAGE = 100
const FIELDS = ['summary', 'description', 'status', 'labels']
/** Where a comment of ours keeps its key; readers don't see it. */
const PROPERTY = 'ao.comment'

/** The issues of a Jira in the cloud, over its REST API of version 3. */
export function createJiraTracker(options: JiraTrackerOptions): Tracker {
  return {
    name: 'jira',
    configSchema: JIRA_SCHEMA,
    place: ({ config: { project } }) =>
      typeof project === 'string'
        ? `project ${project}`
        : 'without spec.tracker.project an issue is named such as SHOP-42',
    get: async (id, about, signal) => getIssue(siteOf(options, about, signal), id),
    getMany: async (ids, about, signal) => getMany(siteOf(options, about, signal), ids),
    list: async (query, about, signal) => listIssues(siteOf(options, about, signal), query),
    comment: async (id, comment, about, signal) =>
      postComment(siteOf(options, about, signal), id, comment),
    setState: async (id, state, about, signal) =>
      setState(siteOf(options, about, signal), id, state),
    addLabels: async (id, labels, about, signal) =>
      addLabels(siteOf(options, about, signal), id, labels),
  }
}

const JIRA_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['baseUrl'],
  properties: {
    baseUrl: urlSetting('Where Jira is, such as `https://acme.atlassian.net`.'),
    email: {
      description:
        'The account that the token belongs to. Default: the environment variable `JIRA_EMAIL`; without one the token is sent alone.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    token: secretSetting('An API token. Default: the environment variable `JIRA_API_TOKEN`.'),
    project: {
      description:
        'The key of the Jira project, such as `SHOP`: an issue may then be named by its number alone, and only this project is listed.',
      type: 'string',
      pattern: '^[A-Za-z][A-Za-z0-9_]*$',
    },
    timeout: TRACKER_TIMEOUT,
    ...hookSettings(),
  },
} as const

interface JiraIssue {
  readonly key: string
  readonly fields: {
    readonly summary?: string | null
    readonly description?: unknown
    readonly status?: {
      readonly name?: string
      readonly statusCategory?: { readonly key?: string }
    }
    readonly labels?: readonly string[]
  }
}

async function getIssue(site: JiraSite, id: string): Promise<Issue | undefined> {
  const key = keyOf(site, id)
  if (key === undefined) return undefined
  const answer = await site.ask('GET', `issue/${key}`, {
    query: { fields: FIELDS.join(',') },
    allow: [404],
  })
  return answer.status === 404 ? undefined : issueOf(site, answer.json as JiraIssue)
}

async function getMany(
  site: JiraSite,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Issue>> {
  const keys = [...new Set(ids.flatMap(id => keyOf(site, id) ?? []))]
  const found = new Map<string, Issue>()
  for (let start = 0; start < keys.length; start += PAGE) {
    const answer = await site.ask('POST', 'issue/bulkfetch', {
      body: { issueIdsOrKeys: keys.slice(start, start + PAGE), fields: FIELDS },
    })
    for (const item of listIn(answer.json, 'issues') as readonly JiraIssue[])
      found.set(item.key, issueOf(site, item))
  }
  return new Map(
    ids.flatMap(id => {
      const issue = found.get(keyOf(site, id) ?? '')
      return issue === undefined ? [] : [[id, issue] as const]
    }),
  )
}

async function listIssues(site: JiraSite, query: IssueQuery): Promise<readonly Issue[]> {
  const jql = jqlOf(site, query)
  const found: Issue[] = []
  let nextPageToken: string | undefined
  do {
    const answer = await site.ask('POST', 'search/jql', {
      body: {
        jql,
        fields: FIELDS,
        maxResults: Math.min(PAGE, Math.max(1, query.limit - found.length)),
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      },
    })
    const page = listIn(answer.json, 'issues') as readonly JiraIssue[]
    found.push(...page.map(item => issueOf(site, item)))
    nextPageToken = textIn(answer.json, 'nextPageToken')
  } while (nextPageToken !== undefined && found.length < query.limit)
  return found.slice(0, query.limit)
}

function jqlOf(site: JiraSite, { state, labels, query }: IssueQuery): string {
  const [, asked = '', order] = /^([\s\S]*?)(?:\border\s+by\b([\s\S]*))?$/i.exec(query ?? '') ?? []
  const wanted = asked.trim()
  if (site.key === undefined && wanted === '') {
    const message = `${site.service.what}: without spec.tracker.project a list needs a query in JQL`
    throw new HouseError('Refused', message, { next: site.service.next })
  }
  const category = { open: 'statusCategory != Done', closed: 'statusCategory = Done', all: '' }
  const terms = [
    site.key === undefined ? '' : `project = ${quoted(site.key)}`,
    category[state],
    ...labels.map(label => `labels = ${quoted(label)}`),
    wanted === '' ? '' : `(${wanted})`,
  ]
  return `${terms.filter(term => term !== '').join(' AND ')} ORDER BY ${order?.trim() ?? 'created DESC'}`
}

async function postComment(
  site: JiraSite,
  id: string,
  { key, text, since }: IssueComment,
): Promise<boolean> {
  const path = `issue/${existing(site, id)}/comment`
  for (let startAt = 0; ; startAt += PAGE) {
    const answer = await site.ask('GET', path, {
      query: { startAt, maxResults: PAGE, orderBy: '-created', expand: 'properties' },
      allow: [404],
    })
    if (answer.status === 404) throw absent(site, id)
    const page = listIn(answer.json, 'comments') as readonly JiraComment[]
    if (page.some(comment => isMarked(comment, key))) return false
    const oldest = page.at(-1)?.created
    const isOlder = oldest !== undefined && Date.parse(oldest) < Date.parse(since)
    if (page.length < PAGE || isOlder) break
  }
  await site.ask('POST', path, {
    body: { body: textToAdf(text), properties: [{ key: PROPERTY, value: { key } }] },
  })
  return true
}

interface JiraComment {
  readonly created?: string
  readonly properties?: readonly { readonly key?: string; readonly value?: unknown }[]
}

function isMarked({ properties = [] }: JiraComment, key: string): boolean {
  return properties.some(
    property => property.key === PROPERTY && textIn(property.value, 'key') === key,
  )
}

/** The workflow decides which states can follow the present one. */
async function setState(site: JiraSite, id: string, state: string): Promise<boolean> {
  const issue = await getIssue(site, id)
  if (issue === undefined) throw absent(site, id)
  if (isSame(issue.status, state)) return false
  const path = `issue/${existing(site, id)}/transitions`
  const { json } = await site.ask('GET', path)
  const transitions = listIn(json, 'transitions') as readonly Transition[]
  const wanted = transitions.find(({ to }) => isSame(to?.name, state))
  if (wanted === undefined) {
    const names = transitions.flatMap(({ to }) => to?.name ?? []).join(', ')
    const message = `${site.service.what}: ${issue.id} can't go from "${issue.status ?? '?'}" to "${state}"; it can go to: ${names}`
    throw new HouseError('Refused', message, { next: site.service.next })
  }
  await site.ask('POST', path, { body: { transition: { id: wanted.id } } })
  return true
}

interface Transition {
  readonly id: string
  readonly to?: { readonly name?: string }
}

function isSame(name: string | undefined, state: string): boolean {
  return name?.toLowerCase() === state.toLowerCase()
}

async function addLabels(site: JiraSite, id: string, labels: readonly string[]): Promise<void> {
  const update = { labels: labels.map(label => ({ add: label })) }
  const answer = await site.ask('PUT', `issue/${existing(site, id)}`, {
    body: { update },
    allow: [404],
  })
  if (answer.status === 404) throw absent(site, id)
}

function issueOf({ baseUrl }: JiraSite, { key, fields }: JiraIssue): Issue {
  const { summary, description, status, labels = [] } = fields
  return plainIssue({
    id: key,
    title: summary ?? key,
    body: adfToText(description),
    state: status?.statusCategory?.key === 'done' ? 'closed' : 'open',
    ...(status?.name === undefined ? {} : { status: status.name }),
    labels,
    url: `${baseUrl}/browse/${key}`,
  })
}

/** `SHOP-12`, or `12` in the project of the settings. */
function keyOf({ key }: JiraSite, id: string): string | undefined {
  if (/^[A-Za-z][A-Za-z0-9_]*-[1-9]\d*$/.test(id)) return id.toUpperCase()
  const digits = /^#?([1-9]\d*)$/.exec(id)?.[1]
  return digits === undefined || key === undefined ? undefined : `${key}-${digits}`
}

function existing(site: JiraSite, id: string): string {
  const key = keyOf(site, id)
  if (key === undefined) throw absent(site, id)
  return key
}

function absent({ project }: JiraSite, id: string): HouseError {
  return new HouseError('NotFound', `there is no issue ${id} in the tracker of ${project}`, {
    next: `ao describe Project/${project}`,
  })
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function listIn(json: unknown, name: string): readonly unknown[] {
  if (typeof json !== 'object' || json === null) return []
  const value: unknown = (json as Readonly<Record<string, unknown>>)[name]
  return Array.isArray(value) ? value : []
}

function textIn(json: unknown, name: string): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const value: unknown = (json as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
