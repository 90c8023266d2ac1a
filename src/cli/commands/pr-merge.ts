import type { Command } from 'commander'

import { watchPathsOf } from '../../observe/snapshot.ts'
import type { PullRequest } from '../../plugins/scm.ts'
import { sourcePathsOf } from '../../reconcile/state.ts'
import { isSession } from '../../resource/spec.ts'
import { requireStore } from '../ask.ts'
import type { Act } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { getPull, numberOf, openPulls, wakeWatcher } from '../pulls.ts'
import { assertSessionMayMerge } from '../session-merge.ts'

interface Flags {
  readonly project?: string
}

/** `command` is the empty subcommand. */
export function defineMerge(command: Command, act: Act): void {
  command
    .argument('<number>', 'Its number.')
    .addHelpText('after', examples('ao pr merge 3'))
    .action(async (text: string, flags: Flags) => act(async context => merge(context, text, flags)))
}

async function merge(context: Context, text: string, flags: Flags): Promise<number> {
  const pulls = await openPulls(context, flags.project)
  const sources = sourcePathsOf(requireStore(context))
  const watchPaths = watchPathsOf(pulls.repository, sources)
  const pull = await getPull(context, pulls, numberOf(text), watchPaths)
  const missing = pull.state === 'open' ? missingFor(pull) : []
  if (pulls.session !== undefined && pull.state === 'open') {
    await assertSessionMayMerge(context, pulls, pull, missing)
  } else if (missing.length > 0) {
    // A person's word is enough, but should be given knowingly.
    context.stderr(`merging although ${missing.join(', ')}\n`)
  }
  const { sha: expectedHead } = pull.head
  const keepBranch = !isOfSession(context, pull)
  const pinned = { expectedHead, expectedBase: pull.base.branch, by: pulls.author, keepBranch }
  const merged = await pulls.scm.merge(pulls.project, pull.number, pinned, context.signal)
  wakeWatcher(context)
  const how =
    merged.state === 'queued' ? 'queued to be merged' : `merged as ${merged.mergeSha.slice(0, 12)}`
  context.stdout(`#${pull.number} ${how}\n`)
  return 0
}

/** A branch that no session was given is somebody's own, such as the one for the next release. */
function isOfSession(context: Context, { session, otherSession, head }: PullRequest): boolean {
  if (session !== undefined || otherSession !== undefined) return session !== undefined
  const objects = [...(context.store()?.desired.all().values() ?? [])].filter(isSession)
  return objects.some(({ spec }) => spec.branch === head.branch)
}

function missingFor(pull: PullRequest): readonly string[] {
  const { have, need } = pull.approvals
  const open = pull.checks.filter(
    ({ required, state }) => required && state !== 'success' && state !== 'skipped',
  )
  return [
    ...(pull.draft ? ['it is a draft'] : []),
    ...(have < need ? [`it has ${have} of ${need} approvals`] : []),
    ...(pull.reviewDecision === 'changes-requested' ? ['changes are requested'] : []),
    ...open.map(({ name, state }) => `check ${name} is ${state}`),
  ]
}
