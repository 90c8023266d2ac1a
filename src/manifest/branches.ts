import { isSession, type Position, type ResolvedProject } from '../resource/spec.ts'
import { branchNameProblem } from './branch-name.ts'
import type { ManifestContext } from './context.ts'
import { positionOf, type Path } from './document.ts'
import type { Report } from './report.ts'
import { branchOf } from './resolve-session.ts'
import type { Declared } from './validate.ts'

/** Who works on a branch. */
interface Holder {
  readonly name: string
  readonly branch: string
  /** Asked for when there is a rival. */
  readonly position: () => Position
  readonly declared?: Declared
}

/** The branches of one project, and every folder they stand in: git keeps either a branch or a folder of a name. */
interface Taken {
  readonly branches: Map<string, Holder>
  readonly folders: Map<string, Holder>
}

/** Reports branches that git would refuse, that are the project's own, or that two of its workers would share. */
export function checkBranches(
  declared: readonly Declared[],
  projects: ReadonlyMap<string, ResolvedProject>,
  context: Pick<ManifestContext, 'existing' | 'source'>,
  report: Report,
): void {
  const byProject = new Map<string, Taken>()
  const takenIn = (project: string): Taken => {
    const taken = byProject.get(project) ?? { branches: new Map(), folders: new Map() }
    byProject.set(project, taken)
    return taken
  }
  for (const { project, holder } of neighbours(declared, context)) claim(takenIn(project), holder)
  for (const one of declared) {
    if (one.manifest?.kind !== 'Worker') continue
    const { project } = one.manifest.spec
    const path = one.manifest.spec.branch === undefined ? ['metadata', 'name'] : ['spec', 'branch']
    const branch = branchOf(one.manifest)
    const position = (): Position => positionOf(one.document, path)
    const holder = { name: one.name, branch, position, declared: one }
    checkBranch(holder, path, projects.get(project)?.spec.defaultBranch, report)
    const rival = claim(takenIn(project), holder)
    if (rival !== undefined) reportRivals(holder, rival, path, report)
  }
}

type DeclaredHolder = Holder & { readonly declared: Declared }

function checkBranch(
  { branch, declared }: DeclaredHolder,
  path: Path,
  defaultBranch: string | undefined,
  report: Report,
): void {
  const why = branchNameProblem(branch)
  if (why !== undefined) {
    const message = `"${branch}" is not a branch name: ${why}`
    report.add(declared.document, path, { code: 'AO1107', message })
  } else if (branch === defaultBranch) {
    const message = `"${branch}" is the project's default branch; a worker needs one of its own`
    report.add(declared.document, path, { code: 'AO1107', message })
  }
}

function reportRivals(holder: DeclaredHolder, rival: Holder, path: Path, report: Report): void {
  if (rival.declared !== undefined) report.blame(rival.declared.document)
  const message =
    rival.branch === holder.branch
      ? `branch "${holder.branch}" is used by two workers, "${rival.name}" and "${holder.name}"`
      : `git cannot keep "${holder.branch}" beside "${rival.branch}" of worker "${rival.name}"`
  report.add(holder.declared.document, path, { code: 'AO1102', message, also: [rival.position()] })
}

/** Takes the branch for a worker, or gives who stands in the way. */
function claim({ branches, folders }: Taken, holder: Holder): Holder | undefined {
  const rival = branches.get(holder.branch) ?? folders.get(holder.branch)
  if (rival !== undefined) return rival
  const above = foldersOf(holder.branch)
  for (const folder of above) {
    const other = branches.get(folder)
    if (other !== undefined) return other
  }
  branches.set(holder.branch, holder)
  for (const folder of above) folders.set(folder, holder)
  return undefined
}

function foldersOf(branch: string): readonly string[] {
  const parts = branch.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** Workers of other sources; those of our own that are no longer declared are about to go. */
function neighbours(
  declared: readonly Declared[],
  { existing, source }: Pick<ManifestContext, 'existing' | 'source'>,
): readonly { readonly project: string; readonly holder: Holder }[] {
  const ours = new Set<string>(declared.map(one => one.key))
  return [...existing].flatMap(([key, object]) => {
    if (source === undefined || object.source === source || ours.has(key)) return []
    if (!isSession(object) || object.deletionTimestamp !== undefined) return []
    const { branch, project } = object.spec
    if (branch === undefined) return []
    const position = (): Position => object.fields['spec.branch'] ?? object.origin
    return [{ project, holder: { name: object.name, branch, position } }]
  })
}
