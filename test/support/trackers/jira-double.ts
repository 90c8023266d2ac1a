import { adfToText } from '../../../src/plugins/tracker/jira-text.ts'
import type { TrackerDouble } from './gitlab-double.ts'
import type { DoubleAnswer, DoubleRequest } from './http-double.ts'
import { startDouble } from './http-double.ts'
import { shapesOf } from './shapes.ts'
import type { KeptComment, KeptIssue } from './world.ts'
import { momentOf } from './world.ts'

export const JIRA_TOKEN = 'jira-sample-token'
export const JIRA_EMAIL = 'sam@example.org'

/** A workflow: from where one can go where. */
const WORKFLOW: Readonly<Record<string, readonly string[]>> = {
  'To Do': ['In Progress', 'Done'],
  'In Progress': ['To Do', 'Done'],
  Done: ['To Do'],
}
const CATEGORIES: Readonly<Record<string, string>> = {
  'To Do': 'new',
  'In Progress': 'indeterminate',
  Done: 'done',
}

/** A Jira with one project, `SHOP`. */
export async function startJira(): Promise<TrackerDouble> {
  const check = shapesOf('jira')
  const issues: KeptIssue[] = []
  const start = Date.now() - 3_600_000
  let moments = 0
  const tick = (): string => {
    moments += 1
    return momentOf(start, moments)
  }
  const link = (path: string): string => `https://jira.example.org/rest/api/3/${path}`
  const view = (issue: KeptIssue): object => ({
    id: String(10_000 + issue.number),
    key: `SHOP-${issue.number}`,
    self: link(`issue/${10_000 + issue.number}`),
    fields: {
      summary: issue.title,
      description: issue.body === '' ? null : docOf(issue.body),
      labels: issue.labels,
      status: { name: issue.state, statusCategory: { key: CATEGORIES[issue.state] } },
    },
  })
  const comment = ({ id, body, createdAt, hidden }: KeptComment): object => ({
    id,
    self: link(`comment/${id}`),
    author: { accountId: '5b10', displayName: 'Sam' },
    body,
    created: createdAt.replace('Z', '+0000'),
    updated: createdAt.replace('Z', '+0000'),
    properties: hidden ?? [],
  })
  const ok = (shape: string, body: unknown, status = 200): DoubleAnswer => {
    check(shape, body)
    return { status, body }
  }
  const missing: DoubleAnswer = {
    status: 404,
    body: {
      errorMessages: ['Issue does not exist or you do not have permission to see it.'],
      errors: {},
    },
  }
  const find = (key: string): KeptIssue | undefined => {
    const number = /^SHOP-(\d+)$/.exec(key)?.[1]
    return number === undefined ? undefined : issues[Number(number) - 1]
  }
  const search = (body: unknown): DoubleAnswer => {
    check('searchBody', body)
    const asked = body as {
      readonly jql: string
      readonly maxResults?: number
      readonly nextPageToken?: string
    }
    const found = select(issues, asked.jql)
    if (found === undefined) {
      return { status: 400, body: { errorMessages: ['Error in the JQL Query'], errors: {} } }
    }
    const at = Number(asked.nextPageToken ?? 0)
    // The service may give fewer than asked for.
    const end = at + Math.min(asked.maxResults ?? 50, 60)
    const isLast = end >= found.length
    return ok('found', {
      issues: found.slice(at, end).map(view),
      isLast,
      ...(isLast ? {} : { nextPageToken: String(end) }),
    })
  }
  const comments = (issue: KeptIssue, { method, url, body }: DoubleRequest): DoubleAnswer => {
    if (method === 'POST') {
      check('commentBody', body)
      const { body: text, properties } = body as {
        readonly body: unknown
        readonly properties?: unknown
      }
      const id = String(issue.comments.length + 1)
      const made = { id, body: text, createdAt: tick(), hidden: properties }
      issue.comments.push(made)
      return ok('comment', comment(made), 201)
    }
    const startAt = Number(url.searchParams.get('startAt') ?? 0)
    const maxResults = Number(url.searchParams.get('maxResults') ?? 50)
    const isNewest = url.searchParams.get('orderBy') === '-created'
    const shows = url.searchParams.get('expand') === 'properties'
    const listed = isNewest ? issue.comments.toReversed() : issue.comments
    const page = listed.slice(startAt, startAt + maxResults)
    return ok('comments', {
      startAt,
      maxResults,
      total: issue.comments.length,
      comments: page.map(each => comment(shows ? each : { ...each, hidden: undefined })),
    })
  }
  const transitions = (issue: KeptIssue, { method, body }: DoubleRequest): DoubleAnswer => {
    const names = WORKFLOW[issue.state] ?? []
    if (method === 'GET') {
      return ok('transitions', {
        transitions: names.map(name => ({
          id: idOf(name),
          name: `Go to ${name}`,
          to: { id: idOf(name), name },
        })),
      })
    }
    check('transitionBody', body)
    const { id } = (body as { readonly transition: { readonly id: string } }).transition
    const to = names.find(name => idOf(name) === id)
    if (to === undefined) {
      return { status: 400, body: { errorMessages: ['Transition is not valid'], errors: {} } }
    }
    issue.state = to
    return { status: 204 }
  }
  const edit = (issue: KeptIssue, body: unknown): DoubleAnswer => {
    check('editBody', body)
    const { update } = body as {
      readonly update?: { readonly labels?: readonly { readonly add?: string }[] }
    }
    for (const { add } of update?.labels ?? []) {
      if (add !== undefined && !issue.labels.includes(add)) issue.labels.push(add)
    }
    return { status: 204 }
  }
  const double = await startDouble(request => {
    const { method, url, headers, body } = request
    const basic = Buffer.from(`${JIRA_EMAIL}:${JIRA_TOKEN}`).toString('base64')
    if (headers.authorization !== `Basic ${basic}`) {
      return { status: 401, body: { errorMessages: ['Client must be authenticated'], errors: {} } }
    }
    const path = url.pathname.replace('/rest/api/3/', '')
    if (path === 'search/jql') return search(body)
    if (path === 'issue/bulkfetch') {
      check('fetchBody', body)
      const keys = (body as { readonly issueIdsOrKeys: readonly string[] }).issueIdsOrKeys
      const found = keys.flatMap(key => find(key) ?? [])
      const issueErrors = keys.filter(key => find(key) === undefined).map(key => ({ issueId: key }))
      return ok('fetched', { issues: found.map(view), issueErrors })
    }
    const [, key = '', part] = path.split('/')
    const issue = find(key)
    if (!path.startsWith('issue/') || issue === undefined) return missing
    if (part === 'comment') return comments(issue, request)
    if (part === 'transitions') return transitions(issue, request)
    return method === 'PUT' ? edit(issue, body) : ok('issue', view(issue))
  })
  const known = (id: string): KeptIssue => {
    const issue = find(id)
    if (issue === undefined) throw new Error(`There is no issue ${id}`)
    return issue
  }
  return {
    ...double,
    add: ({ title, body = '', labels = [], isClosed = false }) => {
      const number = issues.length + 1
      const state = isClosed ? 'Done' : 'To Do'
      issues.push({
        number,
        title,
        body,
        labels: [...labels],
        createdAt: tick(),
        state,
        comments: [],
      })
      return `SHOP-${number}`
    },
    show: id => {
      const { state, labels, comments: all } = known(id)
      return { state, labels, comments: all.map(({ body }) => adfToText(body)) }
    },
    finish: id => {
      known(id).state = 'Done'
    },
    say: (id, text) => {
      const { comments: all } = known(id)
      all.push({ id: String(all.length + 1), body: docOf(text), createdAt: tick() })
    },
  }
}

function docOf(text: string): object {
  const content = text.split('\n').map(line => ({
    type: 'paragraph',
    content: line === '' ? [] : [{ type: 'text', text: line }],
  }))
  return { type: 'doc', version: 1, content }
}

function idOf(name: string): string {
  return String(Object.keys(WORKFLOW).indexOf(name) + 11)
}

/** The JQL that is understood here: terms joined by AND, and an order. Undefined for anything else. */
function select(issues: readonly KeptIssue[], jql: string): readonly KeptIssue[] | undefined {
  const [, where = '', order] = /^(.*?) ORDER BY (.*)$/.exec(jql) ?? []
  if (order !== 'created DESC') return undefined
  const tests = where.split(' AND ').map(term => testOf(term))
  if (tests.some(test => test === undefined)) return undefined
  return issues.filter(issue => tests.every(test => test?.(issue))).toReversed()
}

function testOf(term: string): ((issue: KeptIssue) => boolean) | undefined {
  const [, field, operator, value = ''] = /^\(?(\w+) (=|!=|~) "?([^"]*?)"?\)?$/.exec(term) ?? []
  switch (field) {
    case 'project':
      return () => value === 'SHOP'
    case 'statusCategory':
      return issue => (issue.state === value) === (operator === '=')
    case 'labels':
      return issue => issue.labels.includes(value)
    case 'text':
      return issue => `${issue.title} ${issue.body}`.toLowerCase().includes(value.toLowerCase())
    default:
      return undefined
  }
}
