import { plainIssue } from '../issue.ts'
import type { Issue } from '../tracker.ts'

/** What GitHub's API says of an issue, as far as it counts. */
export interface GithubIssue {
  readonly number: number
  readonly title: string
  readonly body?: string | null
  readonly state: string
  readonly html_url: string
  readonly labels: readonly (string | { readonly name?: string | null })[]
  readonly pull_request?: unknown
}

/** Undefined for a pull request, which GitHub counts among the issues. */
export function issueOf(item: GithubIssue): Issue | undefined {
  if (item.pull_request !== undefined) return undefined
  return plainIssue({
    id: String(item.number),
    title: item.title,
    body: item.body ?? '',
    state: item.state === 'closed' ? 'closed' : 'open',
    labels: item.labels.flatMap(label => (typeof label === 'string' ? label : (label.name ?? []))),
    url: item.html_url,
  })
}
