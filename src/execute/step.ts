import type { PlannedStep, StepName } from '../plan/action.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { Registry } from '../plugins/registry.ts'
import type { TrackerProject } from '../plugins/tracker.ts'
import type { WorkspaceTarget } from '../plugins/workspace.ts'
import type { ProjectContext } from '../observe/snapshot.ts'
import type { Journal } from '../store/journal.ts'
import type { RecordStore } from '../store/objects.ts'
import type { HomePaths } from '../store/paths.ts'
import type { NewEvent } from '../store/types.ts'
import type { Bases } from './bases.ts'
import type { Failpoints } from './failpoint.ts'

/** What steps reach the world through; the same for all of them. */
export interface Execution {
  readonly registry: Registry
  readonly home: HomePaths
  readonly records: RecordStore
  readonly journal: Journal
  readonly bases: Bases
  readonly failpoints: Failpoints
  /** Throws `Locked` when the home's lock is no longer ours: asked before every effect. */
  readonly fence: () => Promise<void>
  readonly now: () => Date
  /** The allow-list environment that sessions and jobs start from. */
  readonly baseEnv: Readonly<Record<string, string>>
  readonly userHome: string
  /** Whose tracker a project's issues are asked of, its secrets read; undefined for one that names none. */
  readonly trackerProject: (project: ProjectContext) => Promise<TrackerProject | undefined>
  /** Expands `${NAME}`; throws `EnvironmentMissing` naming the variable. */
  readonly expand: (text: string) => string
  readonly emit: (event: NewEvent) => Promise<void>
  /** Told of every step as it begins. */
  readonly onStep: (object: DesiredSession, step: StepName) => void
}

/** What one step works on. */
export interface StepContext {
  readonly execution: Execution
  readonly object: DesiredSession
  readonly project: ProjectContext
  readonly target: WorkspaceTarget
  /** Reads the newest record: earlier steps may have changed it. */
  readonly record: () => SessionRecord
  readonly signal: AbortSignal
}

/**
 * One kind of effect. Every effect is a compare-and-swap of its own, or is journaled. `Seen` is what the precheck saw, so that the effect need
 * not look again.
 */
export interface Step<N extends StepName = StepName, Seen = unknown> {
  /** Written to the journal before and after, for it has no compare-and-swap of its own. */
  readonly journaled?: true
  /** Whether there is still something to do; looks at the one fact that matters, freshly. Absent where the effect itself finds that out. */
  precheck?(context: StepContext, planned: Planned<N>): Promise<'done' | Seen>
  run(context: StepContext, planned: Planned<N>, seen: Seen): Promise<void>
  /** Whether it took; a step that ran and is not there afterwards is ambiguous. Absent where the effect throws unless it did. */
  postcheck?(context: StepContext): Promise<boolean>
}

/** What is planned of one kind of effect. */
type Planned<N extends StepName> = PlannedStep & { readonly step: N }
