import { plainLine, plainText } from '../resource/text.ts'
import type { Issue } from './tracker.ts'

const MAX_BODY = 64 * 1024
const MAX_LINE = 256
const MAX_LABELS = 100

/** An issue's text is somebody else's: made plain and bounded before anything is done with it. */
export function plainIssue(issue: Issue): Issue {
  const { id, title, body, state, status, labels, url, branchName } = issue
  return {
    id: plainLine(id, MAX_LINE),
    title: plainLine(title, MAX_LINE),
    body: plainText(body, MAX_BODY),
    state,
    ...(status === undefined ? {} : { status: plainLine(status, MAX_LINE) }),
    labels: labels.slice(0, MAX_LABELS).map(label => plainLine(label, MAX_LINE)),
    ...(url === undefined ? {} : { url: plainLine(url, 2048) }),
    ...(branchName === undefined ? {} : { branchName: plainLine(branchName, MAX_LINE) }),
  }
}

/** The name for a branch that works on an issue: the tracker's own suggestion, else made of its id and title. */
export function branchNameOf(issue: Issue): string {
  const { branchName, id, title } = issue
  if (branchName !== undefined && branchName !== '') return branchName
  const slug = (text: string): string =>
    text
      .normalize('NFKD')
      .replaceAll(/\p{M}+/gu, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
  const words = slug(title).slice(0, 48).replace(/-+$/, '')
  return [slug(id), words].filter(part => part !== '').join('-')
}

/** How a comment of ours is known again, in text that readers don't see. */
export function markerOf(key: string): string {
  return `<!-- ao:${key.replaceAll(/[^\w.:/#-]+/g, '_').replaceAll('--', '_')} -->`
}
