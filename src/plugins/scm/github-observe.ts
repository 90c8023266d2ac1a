import { createForgeObserve, showPulls, wishOf } from '../forge-observe.ts'
import type { ForgeMemory, PullRequest, PullRequestsWanted, Scm } from '../scm.ts'
import type { Forge } from './github-forge.ts'
import { rulesOf } from './github-memory.ts'
import type { Desk, GitHub } from './github-one.ts'
import { openDesk } from './github-one.ts'
import { viewPull } from './github-view.ts'

/** Answers from what the readers know, and has them look when that is allowed and due. */
export function createObserve(github: GitHub, memory: ForgeMemory): Scm['observe'] {
  /** What was told of each forge: everybody who asks looks at all of it. */
  const told = new Map<Forge, number>()
  return createForgeObserve({
    memory,
    now: github.now,
    async open(project, wanted, signal) {
      const desk = await openDesk(github, project, signal)
      const { reader, place, home, forge } = desk
      const { settings, known } = place
      reader.wish(project.project, wishOf(wanted, { settings, home, known }))
      return {
        home,
        place,
        reader,
        ask: async asking => ask(told, forge, wanted, asking),
        items: () => itemsOf(desk, wanted.watchPaths),
      }
    },
  })
}

async function ask(
  told: Map<Forge, number>,
  forge: Forge,
  { ask: how, news }: PullRequestsWanted,
  signal: AbortSignal,
): Promise<void> {
  if (!told.has(forge)) told.set(forge, forge.version())
  const tell = (): void => {
    const version = forge.version()
    if (told.get(forge) === version) return
    told.set(forge, version)
    if (how !== 'now') news()
  }
  const look = async (): Promise<void> => {
    await forge.refresh(signal)
    // What GitHub has yet to work out keeps nobody from what it knows.
    tell()
    await forge.decide(signal)
    tell()
  }
  if (how === 'now') return look()
  // Nobody waits for it. What goes wrong is kept by the reader; that we were interrupted interests nobody.
  void look().catch(() => undefined)
}

function itemsOf(
  { reader, place, home }: Desk,
  watchPaths: readonly string[],
): readonly PullRequest[] {
  const { facts } = reader
  if (facts === undefined) return []
  const { settings, known } = place
  const rules = rulesOf(facts.guards)
  const context = { settings, home, known, watchPaths, rules, jobs: facts.jobs }
  return showPulls(facts, reader, pull => viewPull(context, pull))
}
