import type { DoubleAnswer, DoubleRequest, HttpDouble } from './http-double.ts'
import { startDouble } from './http-double.ts'
import { shapesOf } from './shapes.ts'
import type { GivenIssue, KeptIssue, ShownIssue } from './world.ts'
import { momentOf } from './world.ts'

export const GITLAB_TOKEN = 'glpat-sample-token'
const PROJECT = 'acme/shop'

export interface TrackerDouble extends HttpDouble {
  readonly add: (issue: GivenIssue) => string
  readonly show: (id: string) => ShownIssue
  /** Somebody outside says something. */
  readonly say: (id: string, text: string) => void
  /** Somebody outside closes it. */
  readonly finish: (id: string) => void
}

/** GitLab's issues and notes, for one project. */
export async function startGitlab(): Promise<TrackerDouble> {
  const check = shapesOf('gitlab')
  const issues: KeptIssue[] = []
  const start = Date.now() - 3_600_000
  let moments = 0
  const tick = (): string => {
    moments += 1
    return momentOf(start, moments)
  }
  const view = (issue: KeptIssue): object => ({
    id: 1000 + issue.number,
    iid: issue.number,
    project_id: 7,
    title: issue.title,
    description: issue.body === '' ? null : issue.body,
    state: issue.state,
    created_at: issue.createdAt,
    updated_at: issue.createdAt,
    closed_at: issue.state === 'closed' ? issue.createdAt : null,
    labels: issue.labels,
    web_url: `https://gitlab.example.org/${PROJECT}/-/issues/${issue.number}`,
  })
  const ok = (shape: string, body: unknown, status = 200): DoubleAnswer => {
    check(shape, body)
    return { status, body }
  }
  const answer = (request: DoubleRequest): DoubleAnswer => {
    const { method, url, headers, body } = request
    if (headers['private-token'] !== GITLAB_TOKEN) {
      return { status: 401, body: { message: '401 Unauthorized' } }
    }
    const query = Object.fromEntries(url.searchParams)
    const prefix = `/api/v4/projects/${encodeURIComponent(PROJECT)}/issues`
    if (!url.pathname.startsWith(prefix)) {
      return { status: 404, body: { message: '404 Project Not Found' } }
    }
    const [, iid, notes] = url.pathname.slice(prefix.length).split('/')
    if (iid === undefined) {
      check('listQuery', query)
      return ok(
        'issues',
        paged(issues.filter(issue => fits(issue, url)).toReversed(), url).map(view),
      )
    }
    const issue = issues[Number(iid) - 1]
    if (issue === undefined) return { status: 404, body: { message: '404 Not found' } }
    if (notes === undefined) {
      if (method === 'PUT') {
        check('editBody', body)
        edit(issue, body as Readonly<Record<string, string>>)
      }
      return ok('issue', view(issue))
    }
    const note = ({ id, body, createdAt }: KeptIssue['comments'][number]): object => ({
      id: Number(id),
      body,
      author: { id: 1, username: 'octo', name: 'Octo' },
      created_at: createdAt,
      system: false,
      noteable_type: 'Issue',
      noteable_iid: issue.number,
    })
    if (method === 'POST') {
      check('noteBody', body)
      const said = (body as { readonly body: string }).body
      const made = { id: String(issue.comments.length + 1), body: said, createdAt: tick() }
      issue.comments.push(made)
      return ok('note', note(made), 201)
    }
    check('notesQuery', query)
    const listed = query['sort'] === 'asc' ? issue.comments : issue.comments.toReversed()
    return ok('notes', paged(listed, url).map(note))
  }
  const double = await startDouble(answer)
  const find = (id: string): KeptIssue => {
    const issue = issues[Number(id) - 1]
    if (issue === undefined) throw new Error(`There is no issue ${id}`)
    return issue
  }
  return {
    ...double,
    add: ({ title, body = '', labels = [], isClosed = false }) => {
      const number = issues.length + 1
      const state = isClosed ? 'closed' : 'opened'
      issues.push({
        number,
        title,
        body,
        labels: [...labels],
        createdAt: tick(),
        state,
        comments: [],
      })
      return String(number)
    },
    show: id => {
      const { state, labels, comments } = find(id)
      const shown = comments.map(({ body }) => String(body).replaceAll(/\s*<!--[\s\S]*?-->/g, ''))
      return { state: state === 'opened' ? 'open' : state, labels, comments: shown }
    },
    finish: id => {
      find(id).state = 'closed'
    },
    say: (id, text) => {
      const { comments } = find(id)
      comments.push({ id: String(comments.length + 1), body: text, createdAt: tick() })
    },
  }
}

function fits(issue: KeptIssue, { searchParams }: URL): boolean {
  const iids = searchParams.getAll('iids[]')
  if (iids.length > 0 && !iids.includes(String(issue.number))) return false
  const state = searchParams.get('state') ?? 'all'
  if (state !== 'all' && issue.state !== state) return false
  const labels = (searchParams.get('labels') ?? '').split(',').filter(label => label !== '')
  if (!labels.every(label => issue.labels.includes(label))) return false
  const text = `${issue.title}\n${issue.body}`.toLowerCase()
  return text.includes((searchParams.get('search') ?? '').toLowerCase())
}

function edit(issue: KeptIssue, body: Readonly<Record<string, string>>): void {
  const { add_labels: labels, state_event: event } = body
  for (const label of labels?.split(',') ?? []) {
    if (!issue.labels.includes(label)) issue.labels.push(label)
  }
  if (event !== undefined) issue.state = event === 'close' ? 'closed' : 'opened'
}

function paged<T>(items: readonly T[], { searchParams }: URL): readonly T[] {
  const size = Number(searchParams.get('per_page') ?? 20)
  const page = Number(searchParams.get('page') ?? 1)
  return items.slice((page - 1) * size, page * size)
}
