import type { LeftoverFact } from '../lifecycle/facts.ts'
import type { PullRequest } from '../plugins/scm.ts'

/** Which of a session's own merged pull requests left a branch; one that got new commits since is no leftover. `all` are those of its project. */
export function leftoversOf(
  own: readonly PullRequest[],
  all: readonly PullRequest[],
): readonly LeftoverFact[] {
  return own
    .filter(({ state, leftover, head }) => state === 'merged' && leftover === head.sha)
    .map(({ number, head: { branch, sha } }) => {
      const others = all.filter(other => other.number !== number && needs(other, branch))
      return { number, branch, sha, neededBy: others.map(other => other.number) }
    })
}

function needs({ state, head, base }: PullRequest, branch: string): boolean {
  return state === 'open' && (base.branch === branch || (!head.foreign && head.branch === branch))
}
