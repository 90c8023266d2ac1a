import { HouseError } from '../errors.ts'
import type { ProjectContext, Snapshot } from '../observe/snapshot.ts'
import { baseOf, baseRefsOf, defaultBranchOf } from '../observe/snapshot.ts'
import type { Registry } from '../plugins/registry.ts'
import type { RepositoryFacts } from '../plugins/workspace.ts'

/** How long one look at a repository serves the steps of a burst. */
const FRESH_MS = 1000

/** What steps need to know of a project's repository, looked at once for a burst of them. */
export interface Bases {
  /** The SHA that new work starts from. Throws `Failed` when the default branch has no commit. */
  sha(project: ProjectContext, signal: AbortSignal): Promise<string>
  /** Refs whose commits count as saved elsewhere. */
  savedRefs(project: ProjectContext, signal: AbortSignal): Promise<readonly string[]>
  defaultBranch(project: ProjectContext, signal: AbortSignal): Promise<string>
  /** Fresh facts, not those of the burst. */
  look(project: ProjectContext, signal: AbortSignal): Promise<RepositoryFacts>
  /** Takes over what a cycle saw, which serves a burst as well. */
  know(
    projects: ReadonlyMap<string, ProjectContext>,
    snapshot: Pick<Snapshot, 'repositories'>,
  ): void
  /** Forgets what was seen: something moved. */
  forget(project: ProjectContext): void
}

export function createBases(registry: Registry, now: () => number): Bases {
  const seen = new Map<string, { readonly at: number; readonly facts: Promise<RepositoryFacts> }>()
  const look = async (project: ProjectContext, signal: AbortSignal): Promise<RepositoryFacts> => {
    const facts = await registry.get('workspace', 'worktree').observe(project.repository, signal)
    if (facts.state === 'found') return facts.value
    if (signal.aborted) throw new HouseError('Interrupted', 'a look was interrupted')
    throw new HouseError(
      'Unreachable',
      `Project/${project.name}: ${facts.state === 'unknown' ? facts.reason : `no git repository at ${project.repository}`}`,
      { retryable: true },
    )
  }
  const recent = async (project: ProjectContext, signal: AbortSignal): Promise<RepositoryFacts> => {
    const known = seen.get(project.repository)
    if (known !== undefined && now() - known.at < FRESH_MS) return known.facts
    const facts = look(project, signal)
    seen.set(project.repository, { at: now(), facts })
    facts.catch(() => seen.delete(project.repository))
    return facts
  }
  return {
    look,
    sha: async (project, signal) => {
      const base = baseOf(project.spec, await recent(project, signal))
      if (base !== undefined) return base.sha
      throw new HouseError(
        'Failed',
        `Project/${project.name}: its default branch has no commit to start from`,
        {
          next: `set spec.defaultBranch of Project/${project.name}`,
        },
      )
    },
    savedRefs: async (project, signal) => baseRefsOf(project.spec, await recent(project, signal)),
    defaultBranch: async (project, signal) =>
      defaultBranchOf(project.spec, await recent(project, signal)),
    know: (projects, { repositories }) => {
      for (const { name, repository } of projects.values()) {
        const facts = repositories.get(name)
        if (facts?.state !== 'found') continue
        seen.set(repository, { at: now(), facts: Promise.resolve(facts.value) })
      }
    },
    forget: project => {
      seen.delete(project.repository)
    },
  }
}
