// Made from schemas/ by `npm run generate`. Do not edit.
import type { Kind } from './key.ts'

export type FieldClass = 'mutable' | 'restart' | 'fixed'

const FIELD_CLASSES: Readonly<Record<Kind, Readonly<Record<string, FieldClass>>>> = {
  Notifier: {
    'spec.plugin': 'mutable',
    'spec.config': 'mutable',
    'spec.routes': 'mutable',
  },
  Project: {
    'spec.path': 'fixed',
    'spec.repo': 'mutable',
    'spec.defaultBranch': 'mutable',
    'spec.sessionPrefix': 'fixed',
    'spec.defaults': 'mutable',
    'spec.defaults.runtime': 'restart',
    'spec.defaults.agent': 'restart',
    'spec.defaults.workspace': 'fixed',
    'spec.defaults.onIssueClosed': 'mutable',
    'spec.defaults.onPullRequestClosed': 'mutable',
    'spec.defaults.notifiers': 'mutable',
    'spec.scm': 'mutable',
    'spec.tracker': 'mutable',
    'spec.workspace': 'mutable',
    'spec.workspace.symlinks': 'mutable',
    'spec.workspace.postCreate': 'mutable',
    'spec.workspace.postCreateTimeout': 'mutable',
    'spec.workspace.freshBase': 'mutable',
    'spec.workspace.fetchTimeout': 'mutable',
    'spec.rules': 'mutable',
    'spec.rulesFile': 'mutable',
    'spec.orchestratorRules': 'mutable',
    'spec.env': 'restart',
    'spec.permissions': 'restart',
    'spec.reactions': 'mutable',
    'spec.reactions.ci-failed': 'mutable',
    'spec.reactions.changes-requested': 'mutable',
    'spec.reactions.bugbot-comments': 'mutable',
    'spec.reactions.merge-conflicts': 'mutable',
    'spec.reactions.approved-and-green': 'mutable',
    'spec.reactions.pr-closed': 'mutable',
    'spec.reactions.agent-exited': 'mutable',
    'spec.reactions.agent-idle': 'mutable',
    'spec.reactions.agent-stuck': 'mutable',
    'spec.reactions.agent-needs-input': 'mutable',
    'spec.reactions.report-no-acknowledge': 'mutable',
    'spec.reactions.report-stale': 'mutable',
    'spec.reactions.all-complete': 'mutable',
    'spec.limits': 'mutable',
    'spec.limits.maxActive': 'mutable',
    'spec.cleanup': 'mutable',
    'spec.cleanup.grace': 'mutable',
    'spec.interval': 'mutable',
  },
  Orchestrator: {
    'spec.project': 'fixed',
    'spec.prompt': 'restart',
    'spec.agent': 'restart',
    'spec.model': 'restart',
    'spec.permissions': 'restart',
    'spec.runtime': 'restart',
    'spec.rules': 'mutable',
    'spec.env': 'restart',
    'spec.state': 'mutable',
    'spec.restartPolicy': 'mutable',
    'spec.deletionPolicy': 'mutable',
    'spec.reactions': 'mutable',
    'spec.reactions.ci-failed': 'mutable',
    'spec.reactions.changes-requested': 'mutable',
    'spec.reactions.bugbot-comments': 'mutable',
    'spec.reactions.merge-conflicts': 'mutable',
    'spec.reactions.approved-and-green': 'mutable',
    'spec.reactions.pr-closed': 'mutable',
    'spec.reactions.agent-exited': 'mutable',
    'spec.reactions.agent-idle': 'mutable',
    'spec.reactions.agent-stuck': 'mutable',
    'spec.reactions.agent-needs-input': 'mutable',
    'spec.reactions.report-no-acknowledge': 'mutable',
    'spec.reactions.report-stale': 'mutable',
    'spec.reactions.all-complete': 'mutable',
  },
  Worker: {
    'spec.project': 'fixed',
    'spec.issue': 'fixed',
    'spec.prompt': 'fixed',
    'spec.branch': 'fixed',
    'spec.agent': 'restart',
    'spec.model': 'restart',
    'spec.permissions': 'restart',
    'spec.runtime': 'restart',
    'spec.workspace': 'fixed',
    'spec.rules': 'mutable',
    'spec.env': 'restart',
    'spec.dependsOn': 'mutable',
    'spec.priority': 'mutable',
    'spec.state': 'mutable',
    'spec.restartPolicy': 'mutable',
    'spec.doneWhen': 'mutable',
    'spec.onIssueClosed': 'mutable',
    'spec.onPullRequestClosed': 'mutable',
    'spec.deletionPolicy': 'mutable',
    'spec.reactions': 'mutable',
    'spec.reactions.ci-failed': 'mutable',
    'spec.reactions.changes-requested': 'mutable',
    'spec.reactions.bugbot-comments': 'mutable',
    'spec.reactions.merge-conflicts': 'mutable',
    'spec.reactions.approved-and-green': 'mutable',
    'spec.reactions.pr-closed': 'mutable',
    'spec.reactions.agent-exited': 'mutable',
    'spec.reactions.agent-idle': 'mutable',
    'spec.reactions.agent-stuck': 'mutable',
    'spec.reactions.agent-needs-input': 'mutable',
    'spec.reactions.report-no-acknowledge': 'mutable',
    'spec.reactions.report-stale': 'mutable',
    'spec.reactions.all-complete': 'mutable',
  },
}

/**
 * What changing a field (dotted, such as `spec.agent.model`) leads to. A field the schema does not name is like its nearest
 * ancestor; what an orchestrator has without naming it is like a worker's.
 */
export function fieldClassOf(kind: Kind, path: string): FieldClass {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const ancestor = path.slice(0, end)
    const known =
      FIELD_CLASSES[kind][ancestor] ??
      (kind === 'Orchestrator' ? FIELD_CLASSES.Worker[ancestor] : undefined)
    if (known !== undefined) return known
  }
  return 'mutable'
}
