import type { JobState, MergeState, PipelineState, Project, World } from './state.ts'

export interface NewJob {
  readonly name: string
  readonly status: string
  readonly stage?: string
  readonly trace?: string
  readonly allowFailure?: boolean
}

/** Begins a pipeline on a commit; `ref` where it isn't that of a branch. */
export function addPipeline(
  world: World,
  project: Project,
  pipeline: {
    readonly sha: string
    readonly ref?: string
    readonly jobs?: readonly NewJob[]
    readonly bridges?: readonly NewJob[]
    readonly yamlErrors?: string
  },
): PipelineState {
  const made: PipelineState = {
    id: world.next(),
    iid: world.pipelines.length + 1,
    project,
    sha: pipeline.sha,
    ref: pipeline.ref ?? 'one',
    jobs: (pipeline.jobs ?? []).map(job => jobOf(world, job)),
    bridges: (pipeline.bridges ?? []).map(job => jobOf(world, job)),
    createdAt: world.tick(),
    yamlErrors: pipeline.yamlErrors ?? null,
  }
  world.pipelines.push(made)
  return made
}

/** Somebody else's verdict about a commit. */
export function report(
  world: World,
  project: Project,
  status: { readonly sha: string; readonly name: string; readonly state: string },
): void {
  const description = `${status.name} says ${status.state}`
  const createdAt = world.tick()
  const more = { description, createdAt, allowFailure: false }
  world.statuses.push({ id: world.next(), project, ...status, ...more })
}

/** The merge request of a number, in the double's own words. */
export function mergeOf(world: World, iid: number): MergeState {
  const found = world.merges.find(merge => merge.iid === iid)
  if (found === undefined) throw new Error(`there is no !${iid}`)
  return found
}

function jobOf(world: World, job: NewJob): JobState {
  const { name, status, stage = 'test', trace = '', allowFailure = false } = job
  const isOver = ['success', 'failed', 'canceled', 'skipped'].includes(status)
  const finishedAt = isOver ? world.tick() : null
  return { id: world.next(), name, status, stage, trace, allowFailure, finishedAt }
}
