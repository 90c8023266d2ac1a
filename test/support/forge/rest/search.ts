import { type Issue, type Repository, findRepository, fullName, isPull } from '../state.ts'
import { synchronize } from '../sync.ts'
import { type Call, type Handler, paged, textOf, unprocessable } from './call.ts'
import { issueView } from './issues.ts'

/** `key:value`, `key:"a value"`, a minus before either, or a word. */
const TERM = /(-?)(?:([\w-]+):)?(?:"([^"]*)"|(\S+))/g

interface Term {
  readonly not: boolean
  readonly key: string | undefined
  readonly value: string
}

/** GitHub's search for issues: the qualifiers that trackers use, and words. */
export const searchIssues: Handler = async call => {
  const terms = [...(textOf(call.query, 'q') ?? '').matchAll(TERM)].map(
    ([, minus, key, quoted, plain]): Term => ({
      not: minus === '-',
      key,
      value: (quoted ?? plain ?? '').toLowerCase(),
    }),
  )
  const found = (await repositoriesOf(call, terms))
    .flatMap(repo => [...repo.issues.values()])
    .filter(issue => terms.every(term => fits(call, issue, term) !== term.not))
  const at = (issue: Issue) =>
    call.query['sort'] === 'updated' ? issue.updatedAt : issue.createdAt
  const ordered = found.toSorted((left, right) => at(left) - at(right) || left.id - right.id)
  return paged(
    call,
    call.query['order'] === 'asc' ? ordered : ordered.reverse(),
    issue => ({ ...resultOf(issueView(call.state, issue)), score: 1 }),
    items => ({
      total_count: found.length,
      incomplete_results: false,
      search_type: 'lexical',
      items,
    }),
  )
}

async function repositoriesOf(call: Call, terms: readonly Term[]): Promise<readonly Repository[]> {
  const { state, token } = call
  const visible = (repo: Repository) =>
    !repo.private || ['read', 'write'].includes(state.tokens.get(token)?.access ?? 'none')
  const named = terms.filter(({ key }) => key === 'repo').map(({ value }) => value)
  const found = named
    .map(name => findRepository(state, name))
    .filter(repo => repo !== undefined)
    .filter(visible)
  if (named.length > 0 && found.length === 0) {
    const message =
      'The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them.'
    throw unprocessable('Search', [{ field: 'q', code: 'invalid', message }])
  }
  const all = named.length > 0 ? found : [...state.repositories.values()].filter(visible)
  for (const repo of all) await synchronize(state, repo)
  return all
}

function fits(call: Call, issue: Issue, { key, value }: Term): boolean {
  const login = value === '@me' ? (call.viewer?.login ?? '').toLowerCase() : value
  const is = (name: string) => name.toLowerCase() === login
  switch (key) {
    case 'repo':
      return fullName(issue.repo).toLowerCase() === value
    case 'is':
    case 'type':
    case 'state':
      return isOfKind(issue, value)
    case 'label':
      return issue.labels.some(label => label.name.toLowerCase() === value)
    case 'assignee':
      return issue.assignees.some(user => is(user.login))
    case 'author':
      return is(issue.author.login)
    case 'no':
      return value === 'assignee' ? issue.assignees.length === 0 : issue.labels.length === 0
    default:
      return `${issue.title}\n${issue.body ?? ''}`.toLowerCase().includes(value)
  }
}

function isOfKind(issue: Issue, kind: string): boolean {
  if (kind === 'issue') return !isPull(issue)
  if (kind === 'pr') return isPull(issue)
  if (kind === 'merged') return isPull(issue) && issue.merged !== undefined
  return issue.state === kind
}

/** A search leaves out who closed an issue, and a body that isn't there. */
function resultOf(view: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { closed_by: _, body, ...rest } = view
  return body === null ? rest : { ...rest, body }
}
