import type { Resource } from '../limits.ts'
import { type Protection, type Repository, type State, findRepository, fullName } from '../state.ts'
import {
  type Call,
  type Handler,
  Refusal,
  apiUrl,
  getRepo,
  getViewer,
  notFound,
  ok,
  paged,
  resolveRef,
} from './call.ts'
import { commitView, fileView } from './commit-views.ts'
import { type View, fullRepository, nodeId, publicUserView } from './views.ts'

export const getRepository: Handler = call => {
  const canPush = call.viewer !== undefined && call.state.tokens.get(call.token)?.access === 'write'
  return ok(fullRepository(call.state, getRepo(call), canPush))
}

export const getAuthenticated: Handler = call => ok(publicUserView(call.state, getViewer(call)))

export const getUser: Handler = call => {
  const login = (call.params['username'] ?? '').toLowerCase().replace(/\[bot\]$/, '')
  const user = call.state.accounts.get(login)
  if (user === undefined) throw notFound()
  return ok(publicUserView(call.state, user))
}

export const getRateLimit: Handler = call => {
  const of = (resource: Resource) => {
    const { limit, used, reset } = call.limits.budget(call.token, resource)
    return { limit, used, remaining: limit - used, reset }
  }
  const resources = { core: of('core'), graphql: of('graphql'), search: of('search') }
  return ok({ resources, rate: resources.core })
}

const protectionUrl = (state: State, repo: Repository, branch: string) =>
  `${apiUrl(state, repo)}/branches/${branch}/protection`

function requiredChecks(protection: Protection): View {
  return {
    strict: protection.strict,
    contexts: protection.requiredChecks,
    checks: protection.requiredChecks.map(context => ({ context, app_id: null })),
  }
}

export const getProtection: Handler = call => {
  const repo = getRepo(call)
  const branch = call.params['branch'] ?? ''
  const protection = repo.protection.get(branch)
  if (!repo.refs.has(`refs/heads/${branch}`)) throw notFound('Branch not found')
  if (protection === undefined || protection.asRules) throw notFound('Branch not protected')
  const url = protectionUrl(call.state, repo, branch)
  return ok({
    url,
    ...(protection.requiredChecks.length === 0
      ? {}
      : {
          required_status_checks: {
            url: `${url}/required_status_checks`,
            contexts_url: `${url}/required_status_checks/contexts`,
            ...requiredChecks(protection),
          },
        }),
    ...(protection.requiredApprovals === 0
      ? {}
      : {
          required_pull_request_reviews: {
            url: `${url}/required_pull_request_reviews`,
            dismiss_stale_reviews: protection.dismissStale,
            require_code_owner_reviews: false,
            require_last_push_approval: false,
            required_approving_review_count: protection.requiredApprovals,
          },
        }),
    required_signatures: { url: `${url}/required_signatures`, enabled: false },
    enforce_admins: { url: `${url}/enforce_admins`, enabled: true },
    required_linear_history: { enabled: false },
    allow_force_pushes: { enabled: false },
    allow_deletions: { enabled: false },
    block_creations: { enabled: false },
    required_conversation_resolution: { enabled: protection.resolvedThreads },
    lock_branch: { enabled: false },
    allow_fork_syncing: { enabled: false },
  })
}

/** What rulesets ask of a branch; an empty list where they ask nothing. The merge queue only exists as a rule. */
export const getRules: Handler = call => {
  const repo = getRepo(call)
  const protection = repo.protection.get(call.params['branch'] ?? '')
  const source = {
    ruleset_source_type: 'Repository',
    ruleset_source: fullName(repo),
    ruleset_id: repo.id,
  }
  const rules: View[] = []
  if (protection?.asRules === true && protection.requiredChecks.length > 0) {
    rules.push({
      type: 'required_status_checks',
      ...source,
      parameters: {
        strict_required_status_checks_policy: protection.strict,
        do_not_enforce_on_create: false,
        required_status_checks: protection.requiredChecks.map(context => ({ context })),
      },
    })
  }
  if (protection?.asRules === true && protection.requiredApprovals > 0) {
    rules.push({
      type: 'pull_request',
      ...source,
      parameters: {
        required_approving_review_count: protection.requiredApprovals,
        dismiss_stale_reviews_on_push: protection.dismissStale,
        require_code_owner_review: false,
        require_last_push_approval: false,
        required_review_thread_resolution: protection.resolvedThreads,
      },
    })
  }
  if (protection?.mergeQueue === true)
    rules.push({ type: 'merge_queue', ...source, parameters: QUEUE })
  return paged(call, rules, rule => rule)
}

const QUEUE = {
  merge_method: 'SQUASH',
  max_entries_to_build: 5,
  min_entries_to_merge: 1,
  max_entries_to_merge: 5,
  min_entries_to_merge_wait_minutes: 5,
  grouping_strategy: 'ALLGREEN',
  check_response_timeout_minutes: 60,
}

export const listBranches: Handler = call => {
  const repo = getRepo(call)
  const heads = [...repo.refs].filter(([ref]) => ref.startsWith('refs/heads/'))
  const all = heads
    .map(([ref, sha]) => ({ name: ref.slice('refs/heads/'.length), sha }))
    .filter(({ name }) =>
      call.query['protected'] === undefined
        ? true
        : repo.protection.has(name) === call.query['protected'],
    )
  return paged(call, all, ({ name, sha }) => ({
    name,
    commit: { sha, url: `${apiUrl(call.state, repo)}/commits/${sha}` },
    protected: repo.protection.has(name),
  }))
}

export const getBranch: Handler = async call => {
  const { state } = call
  const repo = getRepo(call)
  const name = call.params['branch'] ?? ''
  const sha = repo.refs.get(`refs/heads/${name}`)
  const commit = sha === undefined ? undefined : await repo.git.commit(sha)
  if (commit === undefined) throw notFound('Branch not found')
  const protection = repo.protection.get(name)
  const self = `${apiUrl(state, repo)}/branches/${name}`
  return ok({
    name,
    commit: commitView(state, repo, commit),
    _links: { self, html: `${state.url}/${fullName(repo)}/tree/${name}` },
    protected: protection !== undefined,
    protection: {
      enabled: protection !== undefined,
      required_status_checks: {
        enforcement_level: (protection?.requiredChecks.length ?? 0) > 0 ? 'everyone' : 'off',
        contexts: protection?.requiredChecks ?? [],
        checks: (protection?.requiredChecks ?? []).map(context => ({ context, app_id: null })),
      },
    },
    protection_url: protectionUrl(state, repo, name),
  })
}

export const getRef: Handler = call => {
  const repo = getRepo(call)
  const ref = `refs/${call.params['ref'] ?? ''}`
  const sha = repo.refs.get(ref)
  if (sha === undefined) throw notFound()
  const api = apiUrl(call.state, repo)
  return ok({
    ref,
    node_id: nodeId('REF', repo.id),
    url: `${api}/git/${ref}`,
    object: { sha, type: 'commit', url: `${api}/git/commits/${sha}` },
  })
}

export const deleteRef: Handler = async call => {
  const repo = getRepo(call)
  const ref = `refs/${call.params['ref'] ?? ''}`
  const sha = repo.refs.get(ref)
  if (sha === undefined || !(await repo.git.updateRefs([[ref, undefined, sha]]))) {
    throw new Refusal(422, {
      message: 'Reference does not exist',
      documentation_url: 'https://docs.github.com/rest/git/refs#delete-a-reference',
      status: '422',
    })
  }
  return { status: 204 }
}

export const getCommit: Handler = async call => {
  const { state } = call
  const repo = getRepo(call)
  const sha = await resolveRef(call, call.params['ref'] ?? '')
  const commit = await repo.git.commit(sha)
  if (commit === undefined) throw notFound()
  const before = commit.parents[0] ?? EMPTY_TREE
  const files = await repo.git.changes(before, sha)
  const sum = (of: 'additions' | 'deletions') => files.reduce((all, file) => all + file[of], 0)
  const [additions, deletions] = [sum('additions'), sum('deletions')]
  return ok({
    ...commitView(state, repo, commit),
    stats: { additions, deletions, total: additions + deletions },
    files: files.map(file => fileView(state, repo, sha, file)),
  })
}

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

export const compare: Handler = async call => {
  const { state } = call
  const repo = getRepo(call)
  const base = await compared(call, call.params['base'] ?? '')
  const head = await compared(call, call.params['head'] ?? '')
  const meet = await repo.git.mergeBase(base, head)
  const [baseCommit, meeting] = [await repo.git.commit(base), await repo.git.commit(meet ?? '')]
  if (baseCommit === undefined || meeting === undefined) throw notFound('No common ancestor')
  const ahead = (await repo.git.between(base, head)).toReversed()
  const behind = await repo.git.between(head, base)
  const html = `${state.url}/${fullName(repo)}/compare/${base}...${head}`
  const files = await repo.git.changes(meeting.sha, head)
  return paged(
    call,
    ahead,
    commit => commitView(state, repo, commit),
    commits => ({
      url: `${apiUrl(state, repo)}/compare/${base}...${head}`,
      html_url: html,
      permalink_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      base_commit: commitView(state, repo, baseCommit),
      merge_base_commit: commitView(state, repo, meeting),
      status:
        ahead.length === 0
          ? behind.length === 0
            ? 'identical'
            : 'behind'
          : behind.length === 0
            ? 'ahead'
            : 'diverged',
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits,
      files: files.map(file => fileView(state, repo, head, file)),
    }),
  )
}

async function compared(call: Call, name: string): Promise<string> {
  const repo = getRepo(call)
  const [owner = '', ...rest] = name.split(':')
  const fork = rest.length === 0 ? undefined : findRepository(call.state, `${owner}/${repo.name}`)
  if (fork !== undefined && fork !== repo) {
    await repo.git.text('fetch', '-q', fork.git.folder, `refs/heads/${rest.join(':')}`)
  }
  const from = fork ?? repo
  const branch = fork === undefined ? name : rest.join(':')
  const sha = from.refs.get(`refs/heads/${branch}`) ?? (await from.git.resolve(branch))
  if (sha === undefined) throw notFound()
  return sha
}
