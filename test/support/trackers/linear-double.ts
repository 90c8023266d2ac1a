import { GraphQLError, graphql } from 'graphql'
import type { GraphQLSchema } from 'graphql'

import type { TrackerDouble } from './gitlab-double.ts'
import type { DoubleAnswer, DoubleRequest } from './http-double.ts'
import { startDouble } from './http-double.ts'
import { linearSchema } from './linear-schema.ts'
import type { KeptIssue } from './world.ts'
import { momentOf } from './world.ts'

export const LINEAR_TOKEN = 'lin_api_sample_token'

const STATES = [
  { id: 'state-1', name: 'Todo', type: 'unstarted' },
  { id: 'state-2', name: 'In Progress', type: 'started' },
  { id: 'state-3', name: 'Done', type: 'completed' },
]
const TEAM = { id: 'team-1', key: 'ENG' }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const LABELS = ['bug', 'small', 'doing']

type Filter = Readonly<Record<string, unknown>>

let schema: GraphQLSchema | undefined

/** A Linear workspace with one team, `ENG`; its queries run on Linear's own schema. */
export async function startLinear(): Promise<TrackerDouble> {
  const known = (schema ??= linearSchema())
  const issues: KeptIssue[] = []
  const start = Date.now() - 3_600_000
  let moments = 0
  const tick = (): string => {
    moments += 1
    return momentOf(start, moments)
  }
  const stateOf = (issue: KeptIssue): (typeof STATES)[number] | undefined =>
    STATES.find(({ name }) => name === issue.state)
  const labelNode = (name: string): object => ({ id: `label-${name}`, name, team: null })
  const view = (issue: KeptIssue): object => ({
    id: `issue-${issue.number}`,
    identifier: `ENG-${issue.number}`,
    number: issue.number,
    title: issue.title,
    description: issue.body === '' ? null : issue.body,
    url: `https://linear.example.org/acme/issue/ENG-${issue.number}`,
    branchName: `sam/eng-${issue.number}`,
    state: stateOf(issue),
    labels: () => connection(issue.labels.map(labelNode)),
    team: { ...TEAM, states: () => connection(STATES) },
  })
  /** What filters look at. */
  const facts = (issue: KeptIssue): Filter => ({
    number: issue.number,
    team: TEAM,
    state: stateOf(issue),
    labels: issue.labels.map(labelNode),
    searchableContent: `${issue.title}\n${issue.body}`,
  })
  const byId = (id: string): KeptIssue => {
    const issue = issues.find(({ number }) => `issue-${number}` === id)
    if (issue !== undefined) return issue
    throw userError('Could not find referenced Issue.')
  }
  const rootValue = {
    issues: (args: {
      readonly filter: Filter
      readonly first: number
      readonly after?: string | null
    }) => {
      const found = issues.filter(issue => fits(facts(issue), args.filter)).toReversed()
      const at = Number(args.after ?? 0)
      return connection(found.map(view), at, Math.min(args.first, 60))
    },
    comments: ({ filter }: { readonly filter: Filter }) =>
      connection(
        issues.flatMap(({ comments }) => comments).filter(one => fits({ id: one.id }, filter)),
      ),
    issueLabels: ({ filter }: { readonly filter: Filter }) =>
      connection(LABELS.filter(name => fits({ name }, filter)).map(labelNode)),
    commentCreate: ({
      input,
    }: {
      readonly input: { readonly id: string; readonly issueId: string; readonly body: string }
    }) => {
      const { id, issueId, body } = input
      if (!UUID.test(id)) throw userError('id must be a UUID')
      const all = issues.flatMap(({ comments }) => comments)
      if (all.some(comment => comment.id === id)) throw userError('Entity with this id exists')
      byId(issueId).comments.push({ id, body, createdAt: tick() })
      return { success: true, lastSyncId: 1, comment: { id } }
    },
    issueUpdate: ({
      id,
      input,
    }: {
      readonly id: string
      readonly input: { readonly stateId: string }
    }) => {
      const state = STATES.find(one => one.id === input.stateId)
      if (state === undefined) throw userError('Could not find referenced WorkflowState.')
      byId(id).state = state.name
      return { success: true, lastSyncId: 1 }
    },
    issueAddLabel: ({ id, labelId }: { readonly id: string; readonly labelId: string }) => {
      const { labels } = byId(id)
      const name = labelId.replace('label-', '')
      if (!labels.includes(name)) labels.push(name)
      return { success: true, lastSyncId: 1 }
    },
  }
  const answer = async ({ headers, body }: DoubleRequest): Promise<DoubleAnswer> => {
    if (headers.authorization !== LINEAR_TOKEN) {
      return failure(401, 'authentication error', 'AUTHENTICATION_ERROR', 'It is not valid')
    }
    const { query, variables } = body as { readonly query: string; readonly variables: Filter }
    const result = await graphql({
      schema: known,
      source: query,
      rootValue,
      variableValues: variables,
    })
    const isRefused = result.data === undefined || result.data === null
    return { status: isRefused ? 400 : 200, body: result }
  }
  const double = await startDouble(answer)
  const find = (id: string): KeptIssue => byId(id.replace('ENG-', 'issue-'))
  return {
    ...double,
    add: ({ title, body = '', labels = [], isClosed = false }) => {
      const number = issues.length + 1
      const state = isClosed ? 'Done' : 'Todo'
      issues.push({
        number,
        title,
        body,
        labels: [...labels],
        createdAt: tick(),
        state,
        comments: [],
      })
      return `ENG-${number}`
    },
    show: id => {
      const { state, labels, comments } = find(id)
      return { state, labels, comments: comments.map(({ body }) => String(body)) }
    },
    finish: id => {
      find(id).state = 'Done'
    },
    say: (id, text) => {
      const { comments } = find(id)
      comments.push({ id: `other-${comments.length}`, body: text, createdAt: tick() })
    },
  }
}

/** An answer as Linear refuses: the reason is in the body. */
export function failure(status: number, type: string, code: string, message: string): DoubleAnswer {
  const extensions = { type, code, statusCode: status, userPresentableMessage: message }
  return { status, body: { errors: [{ message, extensions }] } }
}

function userError(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { type: 'invalid input', code: 'INPUT_ERROR', userPresentableMessage: message },
  })
}

function connection(nodes: readonly unknown[], at = 0, size = Infinity): object {
  const end = at + size
  return {
    nodes: nodes.slice(at, end),
    pageInfo: {
      hasNextPage: end < nodes.length,
      hasPreviousPage: at > 0,
      endCursor: end < nodes.length ? String(end) : null,
    },
  }
}

/** Linear's filters: comparators at the leaves, `and` and `or`, and `some` of a list. */
function fits(value: unknown, filter: Filter): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    if (wanted === undefined || wanted === null) return true
    switch (name) {
      case 'and':
        return (wanted as readonly Filter[]).every(one => fits(value, one))
      case 'or':
        return (wanted as readonly Filter[]).some(one => fits(value, one))
      case 'some':
        return (value as readonly unknown[]).some(one => fits(one, wanted as Filter))
      case 'eq':
        return value === wanted
      case 'in':
        return (wanted as readonly unknown[]).includes(value)
      case 'nin':
        return !(wanted as readonly unknown[]).includes(value)
      case 'contains':
        return String(value).includes(wanted as string)
      default:
        return fits((value as Filter)[name], wanted as Filter)
    }
  })
}
