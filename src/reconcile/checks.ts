import { scmProject } from '../observe/snapshot.ts'
import { keyOf } from '../resource/key.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import type { World } from './world.ts'

export interface ChecksInput {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly world: World
  readonly tick: number
}

/** Begins the checks of every open pull request whose head has none yet, where the forge leaves running them to us. */
export function startChecks(input: ChecksInput): boolean {
  const { deps, jobs, world, tick } = input
  let started = false
  for (const [name, project] of world.projects) {
    const repository = world.snapshot.repositories.get(name)
    const pullRequests = world.snapshot.pullRequests.get(name)
    const scm = deps.registry.get('scm', project.spec.scm.plugin)
    if (
      repository?.state !== 'found' ||
      pullRequests?.state !== 'found' ||
      scm.runChecks === undefined
    )
      continue
    const about = scmProject(project, repository.value, deps.store.paths.root)
    for (const pullRequest of pullRequests.value.items) {
      const pending = pullRequest.checks.some(check => check.state === 'pending')
      if (pullRequest.state !== 'open' || !pending) continue
      const job = `checks ${name}#${pullRequest.number}`
      if (jobs.due([job], tick).length === 0) continue
      const what = `checking #${pullRequest.number} of ${name}`
      jobs.start(
        job,
        inBackground(deps, { object: keyOf('Project', name), attempt: 0, what }, async signal =>
          scm.runChecks?.(about, pullRequest, signal),
        ),
      )
      started = true
    }
  }
  return started
}
