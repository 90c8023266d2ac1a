import { createForgeObserve, showPulls, wishOf } from '../forge-observe.ts'
import type { ForgeMemory, PullRequest, PullRequestsWanted, Scm } from '../scm.ts'
import type { Desk, GitLab } from './gitlab-one.ts'
import { findDesk } from './gitlab-one.ts'
import type { RepoReader } from './gitlab-reader.ts'
import { viewMerge } from './gitlab-view.ts'

/** Answers from what the readers know, and has them look when that is allowed and due. */
export function createObserve(gitlab: GitLab, memory: ForgeMemory): Scm['observe'] {
  return createForgeObserve({
    memory,
    now: gitlab.now,
    async open(project, wanted, signal) {
      const desk = await findDesk(gitlab, project, signal)
      const { reader, place, home } = desk
      const { settings, known } = place
      reader.wish(project.project, wishOf(wanted, { settings, home, known }))
      return {
        home,
        place,
        reader,
        ask: async asking => ask(reader, wanted, asking),
        items: () => itemsOf(desk, wanted.watchPaths),
      }
    },
  })
}

async function ask(
  reader: RepoReader,
  { ask: how, news }: PullRequestsWanted,
  signal: AbortSignal,
): Promise<void> {
  const looking = reader.refresh(signal)
  if (how === 'now') {
    await looking
    return
  }
  // Nobody waits for it. What goes wrong is kept by the reader; that we were interrupted interests nobody.
  looking.then(
    hasNews => {
      if (hasNews) news()
    },
    () => undefined,
  )
}

function itemsOf(
  { reader, place, home }: Desk,
  watchPaths: readonly string[],
): readonly PullRequest[] {
  const { facts } = reader
  if (facts === undefined) return []
  const { project, people, forks, tails } = facts
  const tips = Object.entries(facts.tips).map(([branch, { value }]) => [branch, value] as const)
  const context = {
    settings: place.settings,
    home,
    known: new Set([...place.known, project.path.toLowerCase()]),
    watchPaths,
    project,
    people,
    forks,
    tails,
    tips: Object.fromEntries(tips),
  }
  return showPulls(facts, reader, merge => viewMerge(context, merge))
}
