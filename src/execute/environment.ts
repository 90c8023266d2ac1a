import { runDir } from '../store/paths.ts'
import { delimiter } from 'node:path'
import type { StepContext } from './step.ts'

/** The complete environment of one attempt: the allow-list, what the manifest names, and who the session is. */
export function sessionEnvironment(
  context: StepContext,
  attempt: number,
): Readonly<Record<string, string>> {
  const { execution, object, project } = context
  const named = Object.fromEntries(
    Object.entries(object.spec.env).map(([name, text]) => [name, execution.expand(text)]),
  )
  const path = execution.baseEnv['PATH'] ?? ''
  return {
    ...execution.baseEnv,
    ...named,
    PATH: [execution.home.bin, named['PATH'] ?? path].filter(part => part !== '').join(delimiter),
    AO_HOME: execution.home.root,
    AO_DATA_DIR: runDir(execution.home, object.uid, attempt),
    AO_PROJECT_ID: project.name,
    AO_SESSION_ID: object.name,
    AO_ISSUE_ID: object.spec.issue ?? '',
    AO_UID: object.uid,
    AO_ATTEMPT: String(attempt),
  }
}
