import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import { findCheckout } from '../checkout.ts'
import type { BodyFlags } from '../body.ts'
import { bodyOptions, readBody } from '../body.ts'
import type { Act } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf } from '../look.ts'
import { printPull } from '../pull-item.ts'
import { clean } from '../output/text.ts'
import { listPulls, openPulls, wakeWatcher } from '../pulls.ts'
import type { Pulls } from '../pulls.ts'
import { judgePush, standingOf, tellLeftovers } from '../pushing.ts'
import { pushPlain } from './pr-push.ts'

interface Flags extends BodyFlags {
  readonly project?: string
  readonly title?: string
  readonly head?: string
  readonly base?: string
  readonly draft?: boolean
}

/** `command` is the empty subcommand. */
export function defineCreate(command: Command, act: Act): void {
  command.option('--title <text>', "By default the last commit's subject.")
  bodyOptions(command, "By default the last commit's body.")
    .option('--head <branch>', 'By default the branch checked out here.')
    .option('--base <branch>', "By default the project's default branch.")
    .option('--draft', 'Not to be merged yet.')
    .addHelpText(
      'after',
      examples('ao pr create', 'ao pr create --title "Add a login form" --draft'),
    )
    .action(async (flags: Flags) => act(async context => create(context, flags)))
}

async function create(context: Context, flags: Flags): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const pulls = await openPulls(context, flags.project)
  const head = flags.head ?? findCheckout(context.cwd)?.branch
  if (head === undefined) {
    throw new HouseError('Usage', 'no branch is checked out here', {
      next: 'name one with --head BRANCH',
    })
  }
  const body = await readBody(context, flags)
  await publish(context, pulls, { head, base: flags.base })
  const commit = await lastCommit(context, pulls.project.repository, head)
  const { project, session, author } = pulls
  const pull = await pulls.scm.create(
    project,
    {
      head,
      base: flags.base ?? project.defaultBranch,
      title: flags.title ?? commit.subject,
      body: body ?? (flags.title === undefined ? commit.body : ''),
      draft: flags.draft === true,
      author,
      session,
    },
    context.signal,
  )
  wakeWatcher(context)
  if (session !== undefined && pull.otherSession !== undefined) {
    context.stderr(
      `${pull.otherSession} of another home opened #${pull.number}, so it is not ${session}'s (a person may say otherwise: ao pr claim ${pull.number} ${session})\n`,
    )
  }
  if (format === 'table') {
    context.stdout(`#${pull.number} ${pull.url}\n`)
    context.stderr(`${clean(pull.title)}\n`)
  } else await printPull(context, format, pull)
  return 0
}

/** What is opened is what stands here: the branch is pushed first, where pull requests come from elsewhere. */
async function publish(
  context: Context,
  pulls: Pulls,
  { head, base }: { readonly head: string; readonly base: string | undefined },
): Promise<void> {
  if (pulls.scm.push === undefined) return
  if (findCheckout(context.cwd)?.branch !== head) {
    // Whether the forge can be asked at all is said in the same words as for a branch that is pushed first.
    await listPulls(context, pulls)
    return
  }
  const standing = await standingOf(context, pulls)
  await judgePush(context, pulls, standing, base)
  tellLeftovers(context, standing)
  await pushPlain(context, pulls, standing)
}

async function lastCommit(
  context: Context,
  repository: string,
  branch: string,
): Promise<{ readonly subject: string; readonly body: string }> {
  const git = await context.git()
  const args = ['log', '-1', '--format=%s%n%b', '--end-of-options', `refs/heads/${branch}`]
  const { exitCode, stdout } = await git(repository, args, { allow: [0, 128] })
  const [subject = '', ...body] = exitCode === 0 ? stdout.split('\n') : []
  return { subject: subject === '' ? branch : subject, body: body.join('\n').trim() }
}
