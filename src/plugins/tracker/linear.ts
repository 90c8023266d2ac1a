import { createHash } from 'node:crypto'

import { HouseError } from '../../errors.ts'
import type { Service } from '../http-failure.ts'
import { plainIssue } from '../issue.ts'
import type { Issue, IssueComment, IssueQuery, Tracker, TrackerProject } from '../tracker.ts'
import {
  hookSettings,
  secretSetting,
  timeoutOf,
  tokenOf,
  TRACKER_TIMEOUT,
  urlSetting,
} from '../tracker-settings.ts'
import { askLinear } from './linear-client.ts'
import type {
  CommentAnswer,
  IssueHandle,
  IssueHandleAnswer,
  IssuesAnswer,
  LabelsAnswer,
  LinearIssue,
} from './linear-queries.ts'
import {
  ADD_LABEL,
  COMMENT_BY_ID,
  CREATE_COMMENT,
  ISSUE_HANDLE,
  ISSUES,
  LABELS_BY_NAME,
  UPDATE_ISSUE,
} from './linear-queries.ts'

const API = 'https://api.linear.app/graphql'
const PAGE = 100
/** The types of state in which nobody works on an issue any more. */
const CLOSED = ['completed', 'canceled', 'duplicate']

export interface LinearTrackerOptions {
  /** Ao's own environment: `LINEAR_API_KEY`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
}

interface Workspace {
  readonly team: string | undefined
  readonly project: string
  readonly service: Service
  readonly ask: <T>(query: string, variables: Readonly<Record<string, unknown>>) => Promise<T>
}

/** The issues of a Linear workspace, or of one of its teams. */
export function createLinearTracker(options: LinearTrackerOptions): Tracker {
  const open = (about: TrackerProject, signal: AbortSignal): Workspace =>
    workspaceOf(options, about, signal)
  return {
    name: 'linear',
    configSchema: LINEAR_SCHEMA,
    place: ({ config: { team } }) =>
      typeof team === 'string'
        ? `team ${team}`
        : 'without spec.tracker.team an issue is named such as ENG-42',
    get: async (id, about, signal) => (await getMany(open(about, signal), [id])).get(id),
    getMany: async (ids, about, signal) => getMany(open(about, signal), ids),
    list: async (query, about, signal) => list(open(about, signal), query),
    comment: async (id, comment, about, signal) => postComment(open(about, signal), id, comment),
    setState: async (id, state, about, signal) => setState(open(about, signal), id, state),
    addLabels: async (id, labels, about, signal) => addLabels(open(about, signal), id, labels),
  }
}

const LINEAR_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    team: {
      description:
        'The key of the team whose issues they are, such as `ENG`: an issue may then be named by its number alone, and only this team is listed.',
      type: 'string',
      pattern: '^[A-Za-z0-9]{1,10}$',
    },
    token: secretSetting(
      'A personal API key, or a token of OAuth. Default: the environment variable `LINEAR_API_KEY`.',
    ),
    apiUrl: urlSetting('Where the GraphQL API is.', API),
    timeout: TRACKER_TIMEOUT,
    ...hookSettings(),
  },
} as const

function workspaceOf(
  { env, now }: LinearTrackerOptions,
  about: TrackerProject,
  signal: AbortSignal,
): Workspace {
  const { config, project } = about
  const { token, setting } = tokenOf(about, env, 'LINEAR_API_KEY')
  const { team, apiUrl } = config
  const call = {
    apiUrl: typeof apiUrl === 'string' ? apiUrl : API,
    token,
    signal,
    timeoutMs: timeoutOf(config),
    now: now(),
  }
  const service: Service = {
    what: `Project/${project}: Linear`,
    setting,
    next: 'ao explain project.spec.tracker',
  }
  return {
    team: typeof team === 'string' ? team.toUpperCase() : undefined,
    project,
    service,
    ask: async (query, variables) => askLinear(service, call, query, variables),
  }
}

interface Name {
  readonly team: string
  readonly number: number
}

/** `ENG-12`, or `12` in the team of the settings. */
function nameOf({ team }: Workspace, id: string): Name | undefined {
  const [, key, digits] = /^(?:([A-Za-z0-9]{1,10})-|#)?([1-9]\d{0,8})$/.exec(id) ?? []
  const own = key?.toUpperCase() ?? team
  return digits === undefined || own === undefined
    ? undefined
    : { team: own, number: Number(digits) }
}

async function getMany(
  workspace: Workspace,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Issue>> {
  const names = ids.flatMap(id => nameOf(workspace, id) ?? [])
  if (names.length === 0) return new Map()
  const teams = [...new Set(names.map(({ team }) => team))]
  const filter = {
    or: teams.map(team => ({
      team: { key: { eq: team } },
      number: { in: names.filter(name => name.team === team).map(({ number }) => number) },
    })),
  }
  const found = new Map(
    (await readIssues(workspace, filter, names.length)).map(issue => [issue.id, issue]),
  )
  return new Map(
    ids.flatMap(id => {
      const name = nameOf(workspace, id)
      const issue = name === undefined ? undefined : found.get(`${name.team}-${name.number}`)
      return issue === undefined ? [] : [[id, issue] as const]
    }),
  )
}

async function list(workspace: Workspace, query: IssueQuery): Promise<readonly Issue[]> {
  const { team } = workspace
  const type = { open: { nin: CLOSED }, closed: { in: CLOSED }, all: undefined }[query.state]
  const filter = {
    ...(team === undefined ? {} : { team: { key: { eq: team } } }),
    ...(type === undefined ? {} : { state: { type } }),
    ...(query.query === undefined ? {} : { searchableContent: { contains: query.query } }),
    and: query.labels.map(label => ({ labels: { some: { name: { eq: label } } } })),
  }
  return readIssues(workspace, filter, query.limit)
}

async function readIssues(
  { ask }: Workspace,
  filter: Readonly<Record<string, unknown>>,
  limit: number,
): Promise<readonly Issue[]> {
  const found: Issue[] = []
  let after: string | null = null
  while (found.length < limit) {
    const first = Math.min(PAGE, limit - found.length)
    const answer: IssuesAnswer = await ask<IssuesAnswer>(ISSUES, { filter, first, after })
    const { nodes, pageInfo } = answer.issues
    found.push(...nodes.map(node => issueOf(node)))
    after = pageInfo.endCursor ?? null
    if (!pageInfo.hasNextPage || after === null) break
  }
  return found.slice(0, limit)
}

function issueOf(node: LinearIssue): Issue {
  const { identifier, title, description, url, branchName, state, labels } = node
  return plainIssue({
    id: identifier,
    title,
    body: description ?? '',
    state: CLOSED.includes(state.type) ? 'closed' : 'open',
    status: state.name,
    labels: labels.nodes.map(({ name }) => name),
    url,
    branchName,
  })
}

/** Linear shows a comment's text as it is, so nothing can be hidden in it: its id is made of the key instead, and ids are unique. */
async function postComment(
  workspace: Workspace,
  id: string,
  { key, text }: IssueComment,
): Promise<boolean> {
  const handle = await handleOf(workspace, id)
  const commentId = uuidOf(`${handle.id} ${key}`)
  const there = await workspace.ask<CommentAnswer>(COMMENT_BY_ID, { id: commentId })
  if (there.comments.nodes.length > 0) return false
  await workspace.ask(CREATE_COMMENT, {
    input: { id: commentId, issueId: handle.id, body: text },
  })
  return true
}

async function setState(workspace: Workspace, id: string, state: string): Promise<boolean> {
  const handle = await handleOf(workspace, id)
  const known = handle.team.states.nodes
  const wanted = known.find(({ name }) => name.toLowerCase() === state.toLowerCase())
  if (wanted === undefined) {
    const names = known.map(({ name }) => name).join(', ')
    throw refused(workspace, `team ${handle.team.key} has no state "${state}"; known: ${names}`)
  }
  if (handle.state.id === wanted.id) return false
  await workspace.ask(UPDATE_ISSUE, { id: handle.id, input: { stateId: wanted.id } })
  return true
}

async function addLabels(
  workspace: Workspace,
  id: string,
  labels: readonly string[],
): Promise<void> {
  const handle = await handleOf(workspace, id)
  const there = handle.labels.nodes.map(({ name }) => name)
  const missing = labels.filter(label => !there.includes(label))
  if (missing.length === 0) return
  const { issueLabels } = await workspace.ask<LabelsAnswer>(LABELS_BY_NAME, { names: missing })
  for (const label of missing) {
    const known = issueLabels.nodes.find(
      ({ name, team }) =>
        name === label && (team === null || team === undefined || team.id === handle.team.id),
    )
    if (known === undefined)
      throw refused(workspace, `team ${handle.team.key} has no label "${label}"`)
    await workspace.ask(ADD_LABEL, { id: handle.id, labelId: known.id })
  }
}

async function handleOf(workspace: Workspace, id: string): Promise<IssueHandle> {
  const name = nameOf(workspace, id)
  const filter = { team: { key: { eq: name?.team } }, number: { eq: name?.number } }
  const answer =
    name === undefined
      ? undefined
      : await workspace.ask<IssueHandleAnswer>(ISSUE_HANDLE, { filter })
  const handle = answer?.issues.nodes[0]
  if (handle !== undefined) return handle
  throw new HouseError(
    'NotFound',
    `there is no issue ${id} in the tracker of ${workspace.project}`,
    { next: `ao describe Project/${workspace.project}` },
  )
}

function refused({ service }: Workspace, why: string): HouseError {
  return new HouseError('Refused', `${service.what}: ${why}`, { next: service.next })
}

/** A text as a UUID of version 4, always the same. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4] ?? '8'
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
