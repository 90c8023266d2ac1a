import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import type { Git } from '../../plugins/git.ts'
import { keyOf } from '../../resource/key.ts'
import { plainLine } from '../../resource/text.ts'
import { ask } from '../ask.ts'
import type { Act } from '../command.ts'
import { examples, notes } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf } from '../look.ts'
import { toJson, toYaml } from '../output/serialize.ts'
import { openPulls, wakeWatcher } from '../pulls.ts'
import type { Pulls } from '../pulls.ts'
import { judgePush, standingOf, tellLeftovers } from '../pushing.ts'
import type { Standing } from '../pushing.ts'

const MAX_REASON = 500
/** Entries of a branch's history here that are searched. */
const MAX_REFLOG = 1000

interface Flags {
  readonly project?: string
  readonly forceWithLease?: boolean
  readonly reason?: string
}

const HELP = `
Pushes the branch that is checked out here, after asking the forge what its pull request is
now: to a merged one nothing is pushed, to a closed one only after a person opened it again,
and not at all while that is not known. What is not committed stays here.`

/** `command` is the empty subcommand. */
export function definePush(command: Command, act: Act): void {
  command
    .option(
      '--force-with-lease',
      'Replace what is there, if it is what was fetched last and was in the branch here once. Needs --reason.',
    )
    .option('--reason <text>', 'Why what was pushed before has to go; it is recorded.')
    .addHelpText('after', notes(HELP))
    .addHelpText(
      'after',
      examples('ao pr push', 'ao pr push --force-with-lease --reason "Rebased on main"'),
    )
    .action(async (flags: Flags) => act(async context => push(context, flags)))
}

/** Plain, and only where pull requests come from elsewhere than the repository itself. Undefined there. */
export async function pushPlain(
  context: Context,
  { scm, project }: Pulls,
  { branch }: Standing,
): Promise<string | undefined> {
  const pushed = await scm.push?.(project, { branch }, context.signal)
  return pushed?.sha
}

async function push(context: Context, flags: Flags): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const reason = reasonOf(flags)
  const pulls = await openPulls(context, flags.project)
  const standing = await standingOf(context, pulls)
  const pull = await judgePush(context, pulls, standing)
  const forced = reason === undefined ? undefined : await leaseOf(context, standing)
  const sha =
    forced === undefined || reason === undefined
      ? await pushPlain(context, pulls, standing)
      : await pushForced(context, pulls, standing, { lease: forced, reason })
  wakeWatcher(context)
  const { branch, leftovers } = standing
  if (format === 'table') {
    tellLeftovers(context, standing)
    const over = forced === undefined ? '' : `, over ${forced.slice(0, 12)}`
    context.stdout(
      sha === undefined
        ? `nothing has to be pushed: pull requests of ${pulls.project.project} are read from this repository\n`
        : `${branch} pushed at ${sha.slice(0, 12)}${over}${pull === undefined ? '' : ` (#${pull.number})`}\n`,
    )
    return 0
  }
  const item = { branch, sha, over: forced, pullRequest: pull?.number, leftovers }
  context.stdout(format === 'json' ? toJson(item) : await toYaml(item))
  return 0
}

/** Undefined for a plain push. */
function reasonOf({ forceWithLease, reason }: Flags): string | undefined {
  const said = reason?.trim() ?? ''
  if (forceWithLease !== true) {
    if (reason === undefined) return undefined
    throw new HouseError('Usage', '--reason is why one forces, and nothing is forced', {
      next: 'ao pr push --force-with-lease --reason TEXT',
    })
  }
  if (said !== '' && said.length <= MAX_REASON) return said
  throw new HouseError(
    'Usage',
    said === ''
      ? 'to replace what was pushed needs a reason, which is recorded'
      : `the reason is longer than ${MAX_REASON} characters`,
    { next: 'ao pr push --force-with-lease --reason "Rebased on main"' },
  )
}

/** What the forge had when it was last fetched or pushed to; undefined when nothing has to be replaced. */
async function leaseOf(
  context: Context,
  { branch, checkout, sha }: Standing,
): Promise<string | undefined> {
  const git = await context.git()
  const { stdout } = await git(checkout, [
    'for-each-ref',
    '--format=%(refname) %(objectname)',
    `refs/remotes/*/${branch}`,
  ])
  const tips = new Map(
    stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [ref = '', tip = ''] = line.split(' ')
        return [ref, tip]
      }),
  )
  const [first] = tips.values()
  const lease = tips.get(`refs/remotes/origin/${branch}`) ?? (tips.size === 1 ? first : undefined)
  if (lease === undefined) {
    throw new HouseError(
      'Refused',
      `what is there of ${branch} was never fetched, so nobody saw what would go`,
      {
        next: `git -C ${checkout} fetch`,
      },
    )
  }
  const inside = await git(checkout, ['merge-base', '--is-ancestor', lease, sha], {
    allow: [0, 1, 128],
  })
  if (inside.exitCode === 0) return undefined
  await assertSeen(git, { branch, checkout, sha }, lease)
  return lease
}

/**
 * Any fetch moves what the lease is taken from, so that alone shows nothing: as with git's `--force-if-includes` (which does nothing beside an explicit
 * lease), what is replaced must have been in this branch here once. Throws `Refused`, naming what would go.
 */
async function assertSeen(
  git: Git,
  { branch, checkout, sha }: Pick<Standing, 'branch' | 'checkout' | 'sha'>,
  lease: string,
): Promise<void> {
  const { stdout: past } = await git(checkout, [
    'log',
    '--walk-reflogs',
    `--max-count=${MAX_REFLOG}`,
    '--format=%H',
    `refs/heads/${branch}`,
  ])
  const had = new Set([sha, ...past.split('\n').filter(line => line !== '')])
  const { stdout } = await git(checkout, ['log', '--format=%h %an: %s', lease, '--not', ...had])
  const unseen = stdout.split('\n').filter(line => line !== '')
  const [first] = unseen
  if (first === undefined) return
  const more = unseen.length === 1 ? '' : ` and ${unseen.length - 1} more`
  throw new HouseError(
    'Refused',
    `${plainLine(first, 120)}${more} would go, and was never in ${branch} here`,
    { next: `git -C ${checkout} rebase ${lease.slice(0, 12)}` },
  )
}

/** Written down before it is done: a push that nobody can account for must not be. */
async function pushForced(
  context: Context,
  pulls: Pulls,
  { branch, sha }: Standing,
  { lease, reason }: { readonly lease: string; readonly reason: string },
): Promise<string | undefined> {
  const { scm, project, standsIn, author } = pulls
  if (scm.push === undefined) return undefined
  await ask(context, {
    type: 'force-push',
    key: standsIn === undefined ? keyOf('Project', project.project) : sessionKey(standsIn),
    push: { branch, from: lease, to: sha, reason, by: author, at: context.now().toISOString() },
  })
  return (await scm.push(project, { branch, lease }, context.signal)).sha
}

/** Orchestrators have no branch, so whoever has one is a worker. */
function sessionKey(name: string): ReturnType<typeof keyOf> {
  return keyOf('Worker', name)
}
