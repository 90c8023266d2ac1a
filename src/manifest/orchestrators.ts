import type { ResolvedProject } from '../resource/spec.ts'
import { positionOf, type Path } from './document.ts'
import type { Report } from './report.ts'
import type { Declared } from './validate.ts'

const NAME: Path = ['metadata', 'name']

/** Reports a second orchestrator of a project, and one with another name than its project's sessions have. */
export function checkOrchestrators(
  declared: readonly Declared[],
  projects: ReadonlyMap<string, ResolvedProject>,
  report: Report,
): void {
  const firsts = new Map<string, Declared>()
  for (const one of declared) {
    if (one.manifest?.kind !== 'Orchestrator') continue
    const { project } = one.manifest.spec
    const first = firsts.get(project)
    if (first !== undefined && first.key !== one.key) {
      report.blame(first.document)
      report.add(one.document, NAME, {
        code: 'AO1105',
        message: `Project "${project}" has an orchestrator already, "${first.name}"`,
        also: [positionOf(first.document, NAME)],
      })
      continue
    }
    firsts.set(project, one)
    const prefix = projects.get(project)?.spec.sessionPrefix
    if (prefix === undefined || one.name === `${prefix}-orchestrator`) continue
    report.add(one.document, NAME, {
      code: 'AO1105',
      message: `the orchestrator of Project "${project}" must be named "${prefix}-orchestrator"`,
    })
  }
}
