import type { RepositoryFact, WorkspaceFact } from '../lifecycle/facts.ts'
import { wanted } from '../lifecycle/facts.ts'
import { moveBack } from './checkout-words.ts'
import type { Obstacle, PlannedAction } from './action.ts'
import { fieldNames } from './changes.ts'
import type { SessionPlanInput } from './session-input.ts'
import { blocked, sessionAction } from './session-input.ts'

/** What stands in the way whatever is wanted: things we could not look at, and things that are not ours. The first to be lifted is told. */
export function planObstacle(input: SessionPlanInput): PlannedAction | undefined {
  if (input.refused.length > 0) return blocked(input, refusal(input))
  const obstacle = planUnknown(input)
  if (obstacle !== undefined) return obstacle
  const found =
    repositoryObstacle(input) ??
    nameObstacle(input) ??
    branchObstacle(input) ??
    checkoutObstacle(input)
  return found === undefined ? undefined : blocked(input, found)
}

type Found = Omit<Obstacle, 'verb'>

function refusal(input: SessionPlanInput): Obstacle {
  const { kind, name } = input.view.object
  return {
    code: 'ReplaceRefused',
    reason: `${fieldNames(input.refused)} cannot change in place`,
    unblock: `ao apply --replace (deletes ${kind}/${name}, saves its work, and starts anew)`,
    verb: 'replace',
  }
}

function planUnknown(input: SessionPlanInput): PlannedAction | undefined {
  const { repository, process, workspace, branch } = input.view.facts
  if (process.state === 'unknown') {
    return sessionAction(input, 'unknown', { code: 'RuntimeUnknown', reason: process.reason })
  }
  for (const fact of [repository, workspace, branch]) {
    if (fact.state !== 'unknown') continue
    return sessionAction(input, 'unknown', { code: 'RepositoryUnknown', reason: fact.reason })
  }
  return undefined
}

function repositoryObstacle(input: SessionPlanInput): Found | undefined {
  const { facts, object } = input.view
  const { repository } = facts
  switch (repository.state) {
    case 'undeclared': {
      const reason = `Project/${object.spec.project} is not declared`
      return { code: 'ProjectMissing', reason, unblock: 'ao get projects' }
    }
    case 'absent': {
      const reason = `no git repository at ${repository.path}`
      const unblock = `git clone ${cloneUrl(repository)} ${repository.path}`
      return { code: 'RepositoryMissing', reason, unblock }
    }
    case 'found':
    case 'unknown':
      return undefined
  }
}

function cloneUrl({ repo }: Extract<RepositoryFact, { state: 'absent' }>): string {
  if (repo === undefined) return '<url>'
  return /^[\w.-]+\/[\w.-]+$/.test(repo) ? `https://github.com/${repo}.git` : repo
}

function nameObstacle(input: SessionPlanInput): Found | undefined {
  const { facts, object } = input.view
  if (facts.process.state !== 'foreign') return undefined
  const reason = `a ${object.spec.runtime.plugin} session named ${object.name} exists that is not ours (${facts.process.handle})`
  return {
    code: 'NameTaken',
    reason,
    unblock: 'rename it, or give the worker another name',
  }
}

function branchObstacle(input: SessionPlanInput): Found | undefined {
  const { kind, name, spec } = input.view.object
  const fact = input.view.facts.branch
  const branch = spec.branch ?? ''
  switch (fact.state) {
    case 'taken': {
      const where = fact.where === 'remote' ? 'on origin ' : ''
      const reason = `branch ${branch} exists ${where}at ${fact.sha.slice(0, 7)} and is not ours`
      return { code: 'BranchTaken', reason, unblock: waysOut(input, branch, fact.where) }
    }
    case 'missing': {
      const reason = `branch ${branch} was deleted; it is not made again silently, for it may have held commits`
      const unblock = `git branch ${branch} <sha from: git reflog --all | grep ${branch}>, or ao delete ${kind}/${name} --force`
      return { code: 'BranchMissing', reason, unblock }
    }
    case 'none':
    case 'absent':
    case 'ours':
    case 'left':
    case 'unknown':
      return undefined
  }
}

/** Everything a person may do about a branch that is not ours. */
function waysOut(input: SessionPlanInput, branch: string, where: 'local' | 'remote'): string {
  const rename = `set spec.branch of ${input.view.object.name} to another name`
  const { repository } = input.view.facts
  const base = repository.state === 'found' ? repository.base?.ref : undefined
  // Nobody is to rename or delete the branch that everything else starts from.
  if (base === branch || base === `origin/${branch}`) return rename
  return where === 'remote'
    ? `git push origin --delete ${branch} if nobody needs it there, or ${rename}`
    : `git branch -m ${branch} ${branch}-old, or ${rename}`
}

function checkoutObstacle(input: SessionPlanInput): Found | undefined {
  const { facts, object } = input.view
  const { repository, workspace } = facts
  if (workspace.state === 'foreign') return pathTaken(workspace)
  if (workspace.state === 'moved') return movedAway(input, workspace)
  if (workspace.state !== 'absent' || repository.state !== 'found') return undefined
  if (repository.base !== undefined) return undefined
  const { defaultBranch } = repository
  const declare = `set spec.defaultBranch of Project/${object.spec.project}`
  if (defaultBranch === undefined) {
    const reason = 'no default branch was found: origin names none, and the checkout is on none'
    return { code: 'BaseMissing', reason, unblock: declare }
  }
  const reason = `branch ${defaultBranch} has no commit to start from`
  const unblock = `make a first commit there, or ${declare}`
  return { code: 'BaseMissing', reason, unblock }
}

/** A living agent goes on where its directory is now; another one is not started anywhere else. */
function movedAway(
  { view }: SessionPlanInput,
  workspace: Extract<WorkspaceFact, { state: 'moved' }>,
): Found | undefined {
  if (view.facts.process.state === 'alive' || wanted(view.object) !== 'running') return undefined
  return movedObstacle(workspace)
}

/** No agent is started while the workspace is not where it has to run. */
export function movedObstacle(workspace: Extract<WorkspaceFact, { state: 'moved' }>): Found {
  const reason = `its workspace was moved to ${workspace.path}`
  return { code: 'Moved', reason, unblock: moveBack(workspace) }
}

function pathTaken({ path, owner }: Extract<WorkspaceFact, { state: 'foreign' }>): Found {
  const reason = `${path} is in use by ${owner}`
  return { code: 'PathTaken', reason, unblock: `move ${path} away` }
}
