import type { App } from '../check-state.ts'
import { type Account, type Label, type Repository, type State, fullName, stamp } from '../state.ts'
import { apiUrl, htmlUrl } from './call.ts'

export type View = Record<string, unknown>

/** Ids of GraphQL: a letter code of the type and the number. */
export function nodeId(code: string, id: number): string {
  return `${code}_${Buffer.from(`0:${id}`).toString('base64url')}`
}

export function userView(state: State, user: Account): View {
  // REST names bots with a suffix, GraphQL does not.
  const login = user.type === 'Bot' ? `${user.login}[bot]` : user.login
  const url = `${state.url}/api/v3/users/${encodeURIComponent(login)}`
  return {
    login,
    id: user.id,
    node_id: nodeId(user.type === 'Bot' ? 'BOT' : 'U', user.id),
    avatar_url: `${state.url}/avatars/u/${user.id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${state.url}/${user.type === 'Bot' ? `apps/${user.login}` : user.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    site_admin: false,
  }
}

export function publicUserView(state: State, user: Account): View {
  return {
    ...userView(state, user),
    name: user.login,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: '2020-01-01T00:00:00Z',
    updated_at: '2020-01-01T00:00:00Z',
  }
}

/** Addresses below a repository: name of the field without `_url`, and the path. */
const ADDRESSES: readonly (readonly [string, string])[] = [
  ['archive', '{archive_format}{/ref}'],
  ['assignees', 'assignees{/user}'],
  ['blobs', 'git/blobs{/sha}'],
  ['branches', 'branches{/branch}'],
  ['collaborators', 'collaborators{/collaborator}'],
  ['comments', 'comments{/number}'],
  ['commits', 'commits{/sha}'],
  ['compare', 'compare/{base}...{head}'],
  ['contents', 'contents/{+path}'],
  ['contributors', 'contributors'],
  ['deployments', 'deployments'],
  ['downloads', 'downloads'],
  ['events', 'events'],
  ['forks', 'forks'],
  ['git_commits', 'git/commits{/sha}'],
  ['git_refs', 'git/refs{/sha}'],
  ['git_tags', 'git/tags{/sha}'],
  ['hooks', 'hooks'],
  ['issue_comment', 'issues/comments{/number}'],
  ['issue_events', 'issues/events{/number}'],
  ['issues', 'issues{/number}'],
  ['keys', 'keys{/key_id}'],
  ['labels', 'labels{/name}'],
  ['languages', 'languages'],
  ['merges', 'merges'],
  ['milestones', 'milestones{/number}'],
  ['notifications', 'notifications{?since,all,participating}'],
  ['pulls', 'pulls{/number}'],
  ['releases', 'releases{/id}'],
  ['stargazers', 'stargazers'],
  ['statuses', 'statuses/{sha}'],
  ['subscribers', 'subscribers'],
  ['subscription', 'subscription'],
  ['tags', 'tags'],
  ['teams', 'teams'],
  ['trees', 'git/trees{/sha}'],
]

/** The least that GitHub says of a repository: `minimal-repository`. */
export function minimalRepository(state: State, repo: Repository): View {
  const url = apiUrl(state, repo)
  return {
    id: repo.id,
    node_id: nodeId('R', repo.id),
    name: repo.name,
    full_name: fullName(repo),
    private: repo.private,
    owner: userView(state, repo.owner),
    html_url: htmlUrl(state, repo),
    description: null,
    fork: repo.parent !== undefined,
    url,
    ...Object.fromEntries(ADDRESSES.map(([name, path]) => [`${name}_url`, `${url}/${path}`])),
  }
}

const shown = new WeakMap<Repository, { readonly key: string; readonly view: View }>()

/** A repository as it stands in pull requests: `repository`. It stands there twice in each of a list of hundreds, so it is made once. */
export function repositoryView(state: State, repo: Repository): View {
  const open = [...repo.issues.values()].filter(issue => issue.state === 'open').length
  const times = [repo.updatedAt, repo.pushedAt, open]
  const rules = [repo.defaultBranch, repo.deleteBranchOnMerge, ...repo.mergeMethods]
  const key = [fullName(repo), ...times, ...rules].join(' ')
  const known = shown.get(repo)
  if (known?.key === key) return known.view
  const view = makeRepositoryView(state, repo, open)
  shown.set(repo, { key, view })
  return view
}

function makeRepositoryView(state: State, repo: Repository, open: number): View {
  const host = new URL(state.url).host
  const methods = repo.mergeMethods
  return {
    ...minimalRepository(state, repo),
    created_at: stamp(repo.createdAt),
    updated_at: stamp(repo.updatedAt),
    pushed_at: stamp(repo.pushedAt),
    git_url: `git://${host}/${fullName(repo)}.git`,
    ssh_url: `git@${host}:${fullName(repo)}.git`,
    clone_url: `${state.url}/${fullName(repo)}.git`,
    svn_url: htmlUrl(state, repo),
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: open,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repo.private ? 'private' : 'public',
    forks: 0,
    open_issues: open,
    watchers: 0,
    default_branch: repo.defaultBranch,
    allow_squash_merge: methods.has('squash'),
    allow_merge_commit: methods.has('merge'),
    allow_rebase_merge: methods.has('rebase'),
    allow_auto_merge: false,
    delete_branch_on_merge: repo.deleteBranchOnMerge,
    allow_update_branch: false,
  }
}

export function fullRepository(state: State, repo: Repository, canPush: boolean): View {
  return {
    ...repositoryView(state, repo),
    permissions: { admin: canPush, maintain: canPush, push: canPush, triage: canPush, pull: true },
    network_count: 0,
    subscribers_count: 0,
    ...(repo.parent === undefined
      ? {}
      : {
          parent: repositoryView(state, repo.parent),
          source: repositoryView(state, repo.parent),
        }),
  }
}

export function labelView(state: State, repo: Repository, label: Label): View {
  return {
    id: label.id,
    node_id: nodeId('LA', label.id),
    url: `${apiUrl(state, repo)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  }
}

export function appView(state: State, app: App): View {
  const owner = { id: 9919, login: 'github', type: 'Organization' } as const
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('A', app.id),
    owner: userView(state, owner),
    name: app.name,
    description: '',
    external_url: `${state.url}/apps/${app.slug}`,
    html_url: `${state.url}/apps/${app.slug}`,
    created_at: '2018-07-30T09:30:17Z',
    updated_at: '2024-04-10T20:33:16Z',
    permissions: { checks: 'write', contents: 'write', metadata: 'read' },
    events: ['check_run', 'check_suite'],
  }
}
