import type { Command } from 'commander'

import type { PullRequest } from '../../plugins/scm.ts'
import type { Act } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf, lookOf } from '../look.ts'
import { printPull } from '../pull-item.ts'
import { renderPull } from '../pull-text.ts'
import { getPull, numberOf, openPulls } from '../pulls.ts'
import type { Pulls } from '../pulls.ts'

interface Flags {
  readonly project?: string
}

/** `command` is the empty subcommand. */
export function defineView(command: Command, act: Act): void {
  command
    .argument('<number>', 'Its number.')
    .addHelpText('after', examples('ao pr view 3'))
    .action(async (text: string, flags: Flags) => act(async context => view(context, text, flags)))
}

async function view(context: Context, text: string, flags: Flags): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const pulls = await openPulls(context, flags.project)
  const pull = await getPull(context, pulls, numberOf(text))
  if (format !== 'table') {
    await printPull(context, format, pull)
    return 0
  }
  context.stdout(renderPull(pull, await changesOf(context, pulls, pull), lookOf(context)))
  return 0
}

/** What it would bring, or has brought, in `git diff --stat`; empty when the commits are not there. */
async function changesOf(context: Context, { project }: Pulls, pull: PullRequest): Promise<string> {
  const { base, head, mergeSha } = pull
  const range =
    mergeSha === undefined
      ? `${base.sha ?? base.branch}...${head.sha}`
      : `${mergeSha}^1...${head.sha}`
  const git = await context.git()
  const width = Number.isFinite(context.width) ? Math.max(40, context.width - 4) : 100
  const args = ['diff', `--stat=${width}`, '--end-of-options', range]
  const { exitCode, stdout } = await git(project.repository, args, { allow: [0, 128] })
  return exitCode === 0 ? stdout : ''
}
