import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import type { PullRequest, Review } from '../../plugins/scm.ts'
import { isSession } from '../../resource/spec.ts'
import { findCheckout } from '../checkout.ts'
import type { Act, DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf, lookOf } from '../look.ts'
import { listOf, toJson, toJsonLines, toYaml } from '../output/serialize.ts'
import { judgePush, standingOf, tellLeftovers } from '../pushing.ts'
import { renderPull, renderPulls } from '../pull-text.ts'
import { getPull, listPulls, numberOf, openPulls, wakeWatcher } from '../pulls.ts'
import type { Pulls } from '../pulls.ts'
import { defineClaim } from './pr-claim.ts'
import { definePush, pushPlain } from './pr-push.ts'

const STATES = ['open', 'merged', 'closed', 'all'] as const

interface Common {
  readonly project?: string
}

export const define: DefineCommand = (command, act) => {
  command
    .usage('<command> [options]')
    .addHelpText(
      'after',
      examples(
        'ao pr list',
        'ao pr create --title "Add a login form"',
        'ao pr review 3 --approve',
        'ao pr merge 3',
        'ao pr push',
        'ao pr claim 3 shop-login',
      ),
    )
  defineList(command, act)
  defineCreate(command, act)
  defineView(command, act)
  defineReview(command, act)
  defineMerge(command, act)
  defineClose(command, act)
  definePush(subcommand(command, 'push', 'Push the branch that is checked out here'), act)
  defineClaim(subcommand(command, 'claim', "Make a pull request that is there a worker's own"), act)
}

function subcommand(command: Command, name: string, summary: string): Command {
  return command
    .command(name)
    .description(summary)
    .option('--project <name>', 'The project; by default the one this directory belongs to.')
}

function defineList(command: Command, act: Act): void {
  subcommand(command, 'list', 'List pull requests')
    .option('--state <state>', STATES.join(', '), 'open')
    .addHelpText('after', examples('ao pr list', 'ao pr list --state all -o json'))
    .action(async (flags: Common & { readonly state: string }) =>
      act(async context => list(context, flags)),
    )
}

async function list(context: Context, flags: Common & { readonly state: string }): Promise<number> {
  const state = STATES.find(known => known === flags.state)
  if (state === undefined) {
    throw new HouseError('Usage', `--state "${flags.state}" is none of ${STATES.join(', ')}`)
  }
  const format = formatOf(context)
  const all = await listPulls(context, await openPulls(context, flags.project))
  const pulls = all.filter(pull => state === 'all' || pull.state === state)
  switch (format) {
    case 'json':
      context.stdout(toJson(listOf(pulls.map(toItem))))
      break
    case 'yaml':
      context.stdout(await toYaml(listOf(pulls.map(toItem))))
      break
    case 'jsonl':
      context.stdout(toJsonLines(pulls.map(toItem)))
      break
    case 'name':
      context.stdout(pulls.map(({ number }) => `${number}\n`).join(''))
      break
    case 'table':
    case 'wide':
      if (pulls.length === 0)
        context.stderr(`no ${state === 'all' ? '' : `${state} `}pull requests\n`)
      context.stdout(renderPulls(pulls, lookOf(context)))
  }
  return 0
}

interface CreateFlags extends Common {
  readonly title?: string
  readonly body?: string
  readonly head?: string
  readonly base?: string
  readonly draft?: boolean
}

function defineCreate(command: Command, act: Act): void {
  subcommand(command, 'create', 'Open a pull request; with an open one of the same head, find that')
    .option('--title <text>', "By default the last commit's subject.")
    .option('--body <text>', "By default the last commit's body.")
    .option('--head <branch>', 'By default the branch checked out here.')
    .option('--base <branch>', "By default the project's default branch.")
    .option('--draft', 'Not to be merged yet.')
    .addHelpText(
      'after',
      examples('ao pr create', 'ao pr create --title "Add a login form" --draft'),
    )
    .action(async (flags: CreateFlags) => act(async context => create(context, flags)))
}

async function create(context: Context, flags: CreateFlags): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const pulls = await openPulls(context, flags.project)
  const head = flags.head ?? findCheckout(context.cwd)?.branch
  if (head === undefined) {
    throw new HouseError('Usage', 'no branch is checked out here', {
      next: 'name one with --head BRANCH',
    })
  }
  await publish(context, pulls, { head, base: flags.base })
  const commit = await lastCommit(context, pulls.project.repository, head)
  const { project, session, author } = pulls
  const pull = await pulls.scm.create(
    project,
    {
      head,
      base: flags.base ?? project.defaultBranch,
      title: flags.title ?? commit.subject,
      body: flags.body ?? (flags.title === undefined ? commit.body : ''),
      draft: flags.draft === true,
      author,
      session,
    },
    context.signal,
  )
  wakeWatcher(context)
  if (format === 'table') {
    context.stdout(`#${pull.number} ${pull.url}\n`)
    context.stderr(`${pull.title}\n`)
  } else await printItem(context, format, pull)
  return 0
}

/** What is opened is what stands here: the branch is pushed first, where pull requests come from elsewhere. */
async function publish(
  context: Context,
  pulls: Pulls,
  { head, base }: { readonly head: string; readonly base: string | undefined },
): Promise<void> {
  if (pulls.scm.push === undefined || findCheckout(context.cwd)?.branch !== head) return
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

function defineView(command: Command, act: Act): void {
  subcommand(command, 'view', 'Show a pull request with its checks, reviews and changes')
    .argument('<number>', 'Its number.')
    .addHelpText('after', examples('ao pr view 3'))
    .action(async (text: string, flags: Common) => act(async context => view(context, text, flags)))
}

async function view(context: Context, text: string, flags: Common): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const pulls = await openPulls(context, flags.project)
  const pull = await getPull(context, pulls, numberOf(text))
  if (format !== 'table') {
    await printItem(context, format, pull)
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

interface ReviewFlags extends Common {
  readonly approve?: boolean
  readonly requestChanges?: boolean
  readonly comment?: boolean
  readonly body?: string
}

function defineReview(command: Command, act: Act): void {
  subcommand(command, 'review', 'Review a pull request')
    .argument('<number>', 'Its number.')
    .option('--approve', 'It may be merged.')
    .option('--request-changes', 'It may not be merged like this.')
    .option('--comment', 'Neither.')
    .option('--body <text>', 'What you have to say.')
    .addHelpText(
      'after',
      examples(
        'ao pr review 3 --approve',
        'ao pr review 3 --request-changes --body "Please add a test."',
      ),
    )
    .action(async (text: string, flags: ReviewFlags) =>
      act(async context => review(context, text, flags)),
    )
}

async function review(context: Context, text: string, flags: ReviewFlags): Promise<number> {
  const verdict = verdictOf(flags)
  const body = flags.body ?? ''
  if (verdict === 'comment' && body.trim() === '') {
    throw new HouseError('Usage', 'a comment says something: add --body TEXT')
  }
  const pulls = await openPulls(context, flags.project)
  const number = numberOf(text)
  const { session, standsIn, author, project } = pulls
  if (verdict === 'approve' && standsIn !== undefined) {
    const pull = await getPull(context, pulls, number)
    if (pull.session === standsIn) throw ownApproval(pulls, number, standsIn)
  }
  await pulls.scm.review(project, number, { verdict, body, author, session }, context.signal)
  wakeWatcher(context)
  context.stdout(`#${number} ${SAID[verdict]}\n`)
  return 0
}

const SAID = {
  approve: 'approved',
  'request-changes': 'sent back',
  comment: 'commented on',
} as const

function verdictOf(flags: ReviewFlags): Review['verdict'] {
  const given = [
    ...(flags.approve === true ? (['approve'] as const) : []),
    ...(flags.requestChanges === true ? (['request-changes'] as const) : []),
    ...(flags.comment === true ? (['comment'] as const) : []),
  ]
  const [verdict, ...others] = given
  if (verdict !== undefined && others.length === 0) return verdict
  throw new HouseError('Usage', 'say one of --approve, --request-changes and --comment', {
    next: 'ao pr review --help',
  })
}

function ownApproval({ project }: Pulls, number: number, session: string): HouseError {
  return new HouseError(
    'Refused',
    `this is the workspace of ${session}, which opened pull request #${number} of ${project.project} and cannot approve it`,
    { next: `ao pr review ${number} --approve, from outside of that workspace` },
  )
}

function defineMerge(command: Command, act: Act): void {
  subcommand(command, 'merge', 'Merge a pull request at the head that it has now')
    .argument('<number>', 'Its number.')
    .addHelpText('after', examples('ao pr merge 3'))
    .action(async (text: string, flags: Common) =>
      act(async context => merge(context, text, flags)),
    )
}

async function merge(context: Context, text: string, flags: Common): Promise<number> {
  const pulls = await openPulls(context, flags.project)
  const pull = await getPull(context, pulls, numberOf(text))
  const missing = pull.state === 'open' ? missingFor(pull) : []
  if (missing.length > 0 && pulls.session !== undefined) {
    throw new HouseError(
      'Refused',
      `pull request #${pull.number} can't be merged by a session yet: ${missing.join(', ')}`,
      { next: `ao pr view ${pull.number}` },
    )
  }
  // A person's word is enough, but should be given knowingly.
  if (missing.length > 0) context.stderr(`merging although ${missing.join(', ')}\n`)
  const { sha: expectedHead, branch } = pull.head
  const keepBranch = !isOfSession(context, pull.session, branch)
  const pinned = { expectedHead, by: pulls.author, keepBranch }
  const merged = await pulls.scm.merge(pulls.project, pull.number, pinned, context.signal)
  wakeWatcher(context)
  const how =
    merged.state === 'queued' ? 'queued to be merged' : `merged as ${merged.mergeSha.slice(0, 12)}`
  context.stdout(`#${pull.number} ${how}\n`)
  return 0
}

/** A branch that no session was given is somebody's own, such as the one for the next release. */
function isOfSession(context: Context, session: string | undefined, branch: string): boolean {
  if (session !== undefined) return true
  const objects = [...(context.store()?.desired.all().values() ?? [])].filter(isSession)
  return objects.some(({ spec }) => spec.branch === branch)
}

function missingFor(pull: PullRequest): readonly string[] {
  const { have, need } = pull.approvals
  const open = pull.checks.filter(({ required, state }) => required && state !== 'success')
  return [
    ...(pull.draft ? ['it is a draft'] : []),
    ...(have < need ? [`it has ${have} of ${need} approvals`] : []),
    ...(pull.reviewDecision === 'changes-requested' ? ['changes are requested'] : []),
    ...open.map(({ name, state }) => `check ${name} is ${state}`),
  ]
}

function defineClose(command: Command, act: Act): void {
  subcommand(command, 'close', 'Close a pull request without merging it')
    .argument('<number>', 'Its number.')
    .addHelpText('after', examples('ao pr close 3'))
    .action(async (text: string, flags: Common) =>
      act(async context => close(context, text, flags)),
    )
}

async function close(context: Context, text: string, flags: Common): Promise<number> {
  const pulls = await openPulls(context, flags.project)
  const number = numberOf(text)
  await pulls.scm.close(pulls.project, number, pulls.author, context.signal)
  wakeWatcher(context)
  context.stdout(`#${number} closed\n`)
  return 0
}

async function printItem(
  context: Context,
  format: 'json' | 'yaml',
  pull: PullRequest,
): Promise<void> {
  const item = toItem(pull)
  context.stdout(format === 'json' ? toJson(item) : await toYaml(item))
}

/** What it touches of a caller's paths says nothing to others. */
function toItem({ touched: _touched, ...item }: PullRequest): Omit<PullRequest, 'touched'> {
  return item
}
