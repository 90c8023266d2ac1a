import { hiddenEnd, withHiddenLine } from '../hidden-marker.ts'
import type { Review } from '../scm.ts'

/** GitLab has notes where other forges have reviews, so a note says in a hidden marker which verdict it is, and of which head. */
export interface Verdict {
  readonly verdict: Review['verdict']
  readonly sha: string
}

const MARKER =
  /\n*<!--\s*ao:review=(approve|request-changes|comment)\s+head=([0-9a-f]{7,64})\s*-->/g

/** A text with exactly one such marker, at its end. */
export function withVerdict(text: string, { verdict, sha }: Verdict): string {
  return withHiddenLine(withoutVerdict(text), `<!-- ao:review=${verdict} head=${sha} -->`)
}

export function withoutVerdict(text: string): string {
  return text.replaceAll(MARKER, '')
}

/** What the marker says that a text ends with. Only of authors who may be believed, for anybody can write one. */
export function readVerdict(text: string): Verdict | undefined {
  const [, verdict, sha] =
    hiddenEnd(text)
      .flatMap(line => [...line.matchAll(MARKER)])
      .at(-1) ?? []
  if (sha === undefined) return undefined
  if (verdict !== 'approve' && verdict !== 'request-changes' && verdict !== 'comment')
    return undefined
  return { verdict, sha }
}
