import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import type { PullRequestEdit } from '../../plugins/scm.ts'
import type { BodyFlags } from '../body.ts'
import { bodyOptions, readBody } from '../body.ts'
import type { Act } from '../command.ts'
import { examples, notes } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf } from '../look.ts'
import { toJson, toYaml } from '../output/serialize.ts'
import { getPull, wakeWatcher } from '../pulls.ts'
import { assertOwn, findPull } from '../whose-pull.ts'

/** What the strictest forge takes, with room for the hidden marker. */
const MAX_TITLE = 255
const MAX_BODY = 60 * 1024

interface Flags extends BodyFlags {
  readonly project?: string
  readonly title?: string
}

const HELP = `
Without a name it is the pull request of the session one is in, or of the branch checked out
here. Nothing is pushed, and no checkout is needed. A worker changes its own only.`

/** `command` is the empty subcommand. */
export function defineEdit(command: Command, act: Act): void {
  command
    .argument('[name]', "Its number, or the worker's name whose it is.")
    .option('--title <text>', 'The new title.')
  bodyOptions(command, 'The new description.')
    .addHelpText('after', notes(HELP))
    .addHelpText(
      'after',
      examples(
        'ao pr edit 3 --title "Add a login form"',
        'ao pr edit shop-login --body-file description.md',
      ),
    )
    .action(async (name: string | undefined, flags: Flags) =>
      act(async context => edit(context, name, flags)),
    )
}

async function edit(context: Context, name: string | undefined, flags: Flags): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const wanted = await readEdit(context, flags)
  const { pulls, number } = await findPull(context, name, flags.project)
  assertOwn(context, pulls, await getPull(context, pulls, number), 'edit')
  const changed = await pulls.scm.edit(pulls.project, number, wanted, context.signal)
  if (changed.length > 0) wakeWatcher(context)
  const item = { pullRequest: number, changed }
  if (format === 'json') context.stdout(toJson(item))
  else if (format === 'yaml') context.stdout(await toYaml(item))
  else if (changed.length === 0) context.stdout(`#${number} is so already\n`)
  else context.stdout(`#${number} has another ${changed.join(' and ')}\n`)
  return 0
}

async function readEdit(context: Context, flags: Flags): Promise<PullRequestEdit> {
  const title = flags.title?.trim()
  const body = await readBody(context, flags)
  if (title === undefined && body === undefined) {
    throw new HouseError('Usage', 'nothing is to be changed: add --title or --body', {
      next: 'ao pr edit --help',
    })
  }
  if (title === '') throw new HouseError('Usage', 'a pull request has a title: --title is empty')
  if (title !== undefined && title.length > MAX_TITLE) {
    throw new HouseError('Usage', `--title is longer than ${MAX_TITLE} characters`)
  }
  // A line feed or an escape sequence is no title anywhere.
  if (title !== undefined && /\p{Cc}/u.test(title)) {
    throw new HouseError('Usage', '--title is one line, without control characters')
  }
  if (body !== undefined && Buffer.byteLength(body) > MAX_BODY) {
    throw new HouseError('Usage', `the description is longer than ${MAX_BODY / 1024} KiB`)
  }
  return { ...(title === undefined ? {} : { title }), ...(body === undefined ? {} : { body }) }
}
