import type { SessionFacts } from '../lifecycle/facts.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { PlannedAction } from './action.ts'
import { describeText } from './fingerprint.ts'

type Details = PlannedAction['details']

/** What is made of a session that starts: its branch and from where, its session, its agent. */
export function startDetails(
  { name, spec }: Pick<DesiredSession, 'name' | 'spec'>,
  facts: Pick<SessionFacts, 'branch' | 'repository'>,
): Details {
  const issue = spec.issue === undefined ? '' : `, issue ${spec.issue}`
  const prompt = spec.prompt === undefined ? '' : `, prompt ${describeText(spec.prompt)}`
  const branch: Details =
    spec.branch === undefined
      ? []
      : [['branch', `${spec.branch} ${whereFrom(facts)}`], ...onOrigin(facts)]
  return [
    ...branch,
    ['session', `${spec.runtime.plugin} ${name}`],
    ['agent', `${spec.agent.plugin}${issue}${prompt}`],
  ]
}

function whereFrom({ branch, repository }: Pick<SessionFacts, 'branch' | 'repository'>): string {
  if (branch.state === 'ours') return `at ${branch.sha.slice(0, 7)}`
  if (branch.state === 'left' && branch.where === 'local') {
    return `at ${branch.sha.slice(0, 7)}, kept from the session of this name before`
  }
  if (branch.state === 'left' && branch.where === 'reopened') {
    return `at ${branch.sha.slice(0, 7)}, as origin has it`
  }
  const base = repository.state === 'found' ? repository.base : undefined
  return `from ${base?.ref ?? '?'}@${base?.sha.slice(0, 7) ?? '?'}`
}

/** What an earlier session of this name pushed goes, so that this one can push. */
function onOrigin({ branch }: Pick<SessionFacts, 'branch'>): Details {
  if (branch.state !== 'left' || branch.where !== 'remote') return []
  const sha = branch.sha.slice(0, 7)
  return [
    ['origin', `deletes the branch there that the session of this name before pushed (${sha})`],
    ['keeps', `${sha}, in ${branch.ref}`],
  ]
}
