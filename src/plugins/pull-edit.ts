import { withMarkerOf } from './hidden-marker.ts'
import type { PullRequestEdit } from './scm.ts'

/** What agents like to put before titles. */
const TAGS = /^\s*(\[(codex|claude|orcha|agent|bot|ai|assistant|ao)\]\s*)+/i

/** A title without the tags that agents put there; `[WIP]` is a word of the author's. */
export function cleanTitle(title: string): string {
  const clean = title.replace(TAGS, '').trim()
  return clean === '' ? title.trim() : clean
}

/** What of an edit is not so yet, as the forge is to have it; `before` is what it has, with the marker, which stays. */
export function remainingEdit(
  before: Required<PullRequestEdit>,
  { title, body }: PullRequestEdit,
): PullRequestEdit {
  const marked = body === undefined ? undefined : withMarkerOf(body, before.body)
  return {
    ...(title === undefined || title === before.title ? {} : { title }),
    ...(marked === undefined || marked === linesOf(before.body) ? {} : { body: marked }),
  }
}

/** The names of what an edit changes. */
export function changedBy(edit: PullRequestEdit): readonly (keyof PullRequestEdit)[] {
  return (['title', 'body'] as const).filter(name => edit[name] !== undefined)
}

/** What was written in a browser has line ends of its own. */
function linesOf(text: string): string {
  return text.replaceAll('\r\n', '\n').trimEnd()
}
