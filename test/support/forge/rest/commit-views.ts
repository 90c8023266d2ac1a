import type { CommitInfo, FileChange } from '../git.ts'
import type { Repository, State } from '../state.ts'
import { apiUrl, htmlUrl } from './call.ts'
import type { View } from './views.ts'

export function commitView(state: State, repo: Repository, commit: CommitInfo): View {
  const api = apiUrl(state, repo)
  const html = htmlUrl(state, repo)
  const { sha } = commit
  return {
    sha,
    node_id: Buffer.from(`C_${sha}`).toString('base64url'),
    url: `${api}/commits/${sha}`,
    html_url: `${html}/commit/${sha}`,
    comments_url: `${api}/commits/${sha}/comments`,
    commit: {
      url: `${api}/git/commits/${sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      verification: {
        verified: false,
        reason: 'unsigned',
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    author: null,
    committer: null,
    parents: commit.parents.map(parent => ({
      sha: parent,
      url: `${api}/commits/${parent}`,
      html_url: `${html}/commit/${parent}`,
    })),
  }
}

export function fileView(state: State, repo: Repository, sha: string, file: FileChange): View {
  const path = encodeURI(file.path)
  return {
    sha: file.blob,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${htmlUrl(state, repo)}/blob/${sha}/${path}`,
    raw_url: `${htmlUrl(state, repo)}/raw/${sha}/${path}`,
    contents_url: `${apiUrl(state, repo)}/contents/${path}?ref=${sha}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previous === undefined ? {} : { previous_filename: file.previous }),
  }
}
