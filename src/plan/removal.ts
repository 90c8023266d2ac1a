import type { SessionFacts } from '../lifecycle/facts.ts'
import { isLive, wasEverMade } from '../lifecycle/facts.ts'
import { moveBack } from './checkout-words.ts'
import type { GuardVerdict, PlannedAction, PlannedStep, Verb } from './action.ts'
import type { SessionPlanInput } from './session-input.ts'
import { sessionAction } from './session-input.ts'
import { startDetails } from './start-details.ts'
import type { DesiredSession } from '../resource/spec.ts'
import { namedList } from '../resource/text.ts'
import { keptRef, preservedPrefix, uid8 } from '../resource/refs.ts'

/**
 * Taking a session away: its process, then its work saved, then its workspace, then its branch. What can't be looked at is left; what is not
 * ours is left; unsaved work is never in the way, for it is preserved first.
 */
export function planRemoval(input: SessionPlanInput): PlannedAction {
  const { object, facts, record } = input.view
  const verb = removalVerb(input)
  const reason = removalReason(input)
  if (object.spec.deletionPolicy === 'Orphan') {
    return sessionAction(input, verb, {
      code: 'Orphaned',
      reason: `${reason}; deletionPolicy is Orphan`,
      keeps: ['everything as it is: session, workspace, branch'],
    })
  }
  if (facts.repository.state === 'undeclared' && wasMade(input)) {
    const message = `Project/${object.spec.project} is not declared, so nobody knows where its work is`
    const unblock = `ao apply the manifest of Project/${object.spec.project}, then ao delete it`
    return sessionAction(input, 'blocked', {
      code: 'ProjectMissing',
      reason: `${reason}; ${message}`,
      blockedVerb: verb,
      guards: [{ guard: 'ProjectMissing', passed: false, message, unblock }],
    })
  }
  const unknown = firstUnknown(facts)
  if (unknown !== undefined) {
    return sessionAction(input, 'unknown', {
      code: 'RuntimeUnknown',
      reason: unknown,
      blockedVerb: verb,
    })
  }
  const guards = removalGuards(input)
  const failed = guards.find(guard => !guard.passed)
  if (failed !== undefined) {
    return sessionAction(input, 'blocked', {
      code: failed.guard,
      reason: `${reason}; ${failed.message}`,
      blockedVerb: verb,
      guards,
    })
  }
  return sessionAction(input, verb, {
    code: input.removal === 'prune' ? 'NotDeclared' : 'DeletionRequested',
    reason,
    guards,
    ...keepsAndLoses(input),
    steps: removalSteps(input),
    details: [
      ...(record.outcome === undefined ? [] : [['outcome', record.outcome.state] as const]),
      ...replacementDetails(input),
    ],
  })
}

/** The new one is made from the base, when the old one is gone. */
function replacementDetails({ view }: SessionPlanInput): PlannedAction['details'] {
  const { facts, object } = view
  const { replacement } = object
  if (replacement?.kind !== 'Worker' && replacement?.kind !== 'Orchestrator') return []
  const made = startDetails(replacement, { ...facts, branch: { state: 'absent' } })
  return made.map(([label, text]) => [`new ${label}`, text])
}

/** Anything was ever made for the session, here or by what its record says. */
function wasMade({ view: { record, facts } }: SessionPlanInput): boolean {
  return wasEverMade(record) || facts.process.state === 'alive' || facts.process.state === 'exited'
}

function removalVerb(input: SessionPlanInput): Verb {
  if (input.view.object.replacement !== undefined) return 'replace'
  return input.removal === 'prune' ? 'prune' : 'delete'
}

function removalReason(input: SessionPlanInput): string {
  if (input.view.object.replacement !== undefined)
    return 'a new one of the same name takes its place'
  return input.removal === 'prune' ? 'no longer declared' : 'deletion was asked for'
}

function firstUnknown(facts: SessionFacts): string | undefined {
  if (facts.process.state === 'unknown') return facts.process.reason
  if (facts.repository.state === 'unknown') return facts.repository.reason
  if (facts.workspace.state === 'unknown') return facts.workspace.reason
  if (facts.branch.state === 'unknown') return facts.branch.reason
  if (facts.risk?.state === 'unknown') return facts.risk.reason
  return undefined
}

/** The named guards of a removal, in the order in which they are judged. */
function removalGuards(input: SessionPlanInput): readonly GuardVerdict[] {
  const { object, facts } = input.view
  const { risk } = facts
  const guards: GuardVerdict[] = []
  if (input.removal === 'prune') {
    const message = 'not protected by an annotation'
    guards.push({ guard: 'PruneAnnotation', passed: true, message })
  }
  if (facts.workspace.state === 'moved') {
    guards.push({
      guard: 'Moved',
      passed: false,
      message: `its workspace was moved to ${facts.workspace.path}`,
      unblock: moveBack(facts.workspace),
    })
  }
  guards.push({
    guard: 'Ownership',
    passed: true,
    message: `session, workspace and branch carry uid ${uid8(object.uid)}`,
  })
  const nested = risk?.state === 'found' ? risk.nested : []
  guards.push({
    guard: 'NestedRepository',
    passed: nested.length === 0,
    message:
      nested.length === 0
        ? 'no repository inside the workspace'
        : `a repository inside the workspace (${namedList(nested)}) can't be saved`,
    ...(nested.length === 0 ? {} : { unblock: `move ${namedList(nested)} away` }),
  })
  guards.push(unpushedGuard(input), ...reviewGuard(input))
  return guards
}

/** An open pull request follows the branch's name: it would show the new one's work under the old one's title. */
function reviewGuard({ view: { object, facts } }: SessionPlanInput): readonly GuardVerdict[] {
  const { review } = facts
  if (object.replacement === undefined || review.state !== 'found') return []
  const { number } = review.pullRequest
  if (!isLive(review.pullRequest)) return []
  const message = `pull request #${number} of the old one is still open`
  const unblock = `ao pr close ${number} (or merge it)`
  return [{ guard: 'PullRequestOpen', passed: false, message, unblock }]
}

function unpushedGuard(input: SessionPlanInput): GuardVerdict {
  const { object, facts } = input.view
  const { risk } = facts
  const unpushed = risk?.state === 'found' ? risk.unpushed : 0
  if (unpushed === 0) return { guard: 'UnpushedWork', passed: true, message: 'no unpushed commits' }
  const commits = `${counted(unpushed, 'unpushed commit')} on ${object.spec.branch ?? 'HEAD'}`
  if (object.spec.deletionPolicy === 'Delete' && object.deletionForced !== true) {
    return {
      guard: 'UnpushedWork',
      passed: false,
      message: commits,
      unblock: `ao delete ${object.kind}/${object.name} --force, or deletionPolicy: Archive`,
    }
  }
  return { guard: 'UnpushedWork', passed: true, message: `${commits}, preserved` }
}

function keepsAndLoses(input: SessionPlanInput): Pick<PlannedAction, 'keeps' | 'loses'> {
  const { object, facts, record } = input.view
  const { branch, process } = facts
  const name = `branch ${object.spec.branch ?? ''}`
  const keeps = [...savedWork(input)]
  const loses = [...ignoredFiles(facts)]
  if (branch.state === 'ours') {
    if (keepsBranch(input)) keeps.push(name)
    else loses.push(`${name} (at ${branch.sha.slice(0, 7)})`)
    if (branch.originSha !== undefined && record.outcome?.state === 'Closed')
      keeps.push(`${name} on origin (at ${branch.originSha.slice(0, 7)})`)
    if (branch.originSha !== undefined && isTakenOver(object)) {
      const sha = branch.originSha.slice(0, 7)
      keeps.push(`what origin has of it (${sha}), in ${keptRef(object.name, object.uid)}`)
      loses.push(`${name} on origin (at ${sha}), unless somebody else pushed to it`)
    }
  }
  if (process.state === 'alive') loses.push('what the agent is doing right now')
  if (hasCheckout(facts)) loses.push('the workspace directory')
  return { keeps, loses }
}

/** The new one works on a branch of the same name. */
function isTakenOver({ replacement, spec }: DesiredSession): boolean {
  if (replacement === undefined || !('branch' in replacement.spec)) return false
  return replacement.spec.branch === spec.branch
}

function savedWork(input: SessionPlanInput): readonly string[] {
  const { object, facts } = input.view
  if (facts.risk?.state !== 'found') return []
  const { uncommitted, untracked, unpushed } = facts.risk
  const where = `${preservedPrefix(object.name, object.uid)}<n>`
  const files = uncommitted.length + untracked.length
  return [
    ...(files > 0 ? [`${counted(files, 'uncommitted or untracked file')}, in ${where}`] : []),
    ...(unpushed > 0 ? [`${counted(unpushed, 'unpushed commit')}, in ${where}`] : []),
  ]
}

function ignoredFiles(facts: SessionFacts): readonly string[] {
  if (facts.risk?.state !== 'found' || facts.risk.ignored.length === 0) return []
  const { ignored } = facts.risk
  return [`ignored files (${ignored.slice(0, 3).join(', ')}${ignored.length > 3 ? ', …' : ''})`]
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/**
 * An unmerged branch stays unless the policy says Delete, also when its commits are on origin, or a person closed its pull request. Judged by what does not change while the
 * workspace goes, so that a removal that is taken up again decides the same.
 */
function keepsBranch(input: SessionPlanInput): boolean {
  const { object, facts, record } = input.view
  if (object.spec.deletionPolicy === 'Delete' || object.replacement !== undefined) return false
  const { branch, review } = facts
  if (branch.state !== 'ours' || branch.sha === branch.baseSha) return false
  // What was closed can be opened again from origin; where that has no such branch, only from this one.
  if (record.outcome?.state === 'Closed') return branch.originSha === undefined
  const pull = review.state === 'found' ? review.pullRequest : undefined
  return pull?.state !== 'merged' || pull.headSha !== branch.sha
}

function removalSteps(input: SessionPlanInput): readonly PlannedStep[] {
  const { facts, object } = input.view
  const steps: PlannedStep[] = []
  if (facts.process.state === 'alive' || facts.process.state === 'exited') {
    steps.push({ step: 'session.stop', why: 'Deleted' })
  }
  const checkout = hasCheckout(facts)
  const hasWork = facts.risk?.state !== 'none' && (checkout || facts.branch.state === 'ours')
  if (hasWork && object.finalizers.includes('workspace')) steps.push({ step: 'workspace.preserve' })
  if (checkout) steps.push({ step: 'workspace.remove' })
  if (facts.branch.state === 'ours') {
    steps.push({
      step: 'branch.delete',
      keepBranch: keepsBranch(input),
      expectedSha: facts.branch.sha,
    })
  } else if (facts.branch.state === 'missing') {
    steps.push({ step: 'branch.delete', keepBranch: false, expectedSha: undefined })
  }
  return steps
}

/** There is a checkout of ours to take away. */
function hasCheckout(facts: SessionFacts): boolean {
  const { state } = facts.workspace
  return state !== 'absent' && state !== 'foreign' && state !== 'moved'
}
