import type { ReactionName } from '../resource/spec.ts'
import { isDone, wanted } from './facts.ts'
import { agentExited, agentIdle, agentNeedsInput, agentStuck } from './reaction-agent.ts'
import { allComplete } from './reaction-company.ts'
import { bugbotComments, changesRequested, ciFailed, mergeConflicts } from './reaction-feedback.ts'
import { approvedAndGreen, pullRequestClosed } from './reaction-merge.ts'
import { reportNoAcknowledge, reportStale } from './reaction-report.ts'
import type { DueReactions, ReactionInput, ReactionRow } from './reaction.ts'
import { NOTHING, together } from './reaction.ts'

/** One row a reaction: another reaction is another row, and an action in the chart. */
const TABLE: Readonly<Record<ReactionName, ReactionRow>> = {
  'ci-failed': ciFailed,
  'changes-requested': changesRequested,
  'bugbot-comments': bugbotComments,
  'merge-conflicts': mergeConflicts,
  'approved-and-green': approvedAndGreen,
  'pr-closed': pullRequestClosed,
  'agent-exited': agentExited,
  'agent-idle': agentIdle,
  'agent-stuck': agentStuck,
  'agent-needs-input': agentNeedsInput,
  'report-no-acknowledge': reportNoAcknowledge,
  'report-stale': reportStale,
  'all-complete': allComplete,
}

/** Everything that is due for a session by level: what was answered already is not due again. */
export function dueReactions(input: ReactionInput): DueReactions {
  if (wanted(input.object) === 'deleted') return NOTHING
  // Of what is over only this one may still need a person.
  if (input.record.outcome?.state === 'Closed') return pullRequestClosed(input)
  if (isDone(input.record)) return NOTHING
  return together(Object.values(TABLE).map(row => row(input)))
}
