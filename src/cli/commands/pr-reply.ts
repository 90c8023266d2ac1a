import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import type { Act } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { getPull, numberOf, openPulls, wakeWatcher } from '../pulls.ts'

interface Flags {
  readonly project?: string
  readonly body: string
}

/** `command` is the empty subcommand. */
export function defineReply(command: Command, act: Act): void {
  command
    .argument('<number>', "The pull request's number.")
    .argument('<conversation>', 'Its id, as `ao pr view` shows it.')
    .requiredOption('--body <text>', 'What you have to say.')
    .addHelpText('after', examples('ao pr reply 3 PRRT_kwDOA1b2c3 --body "Done, and tested."'))
    .action(async (text: string, thread: string, flags: Flags) =>
      act(async context => reply(context, text, thread, flags)),
    )
}

async function reply(
  context: Context,
  text: string,
  thread: string,
  { project: named, body }: Flags,
): Promise<number> {
  if (body.trim() === '') {
    throw new HouseError('Usage', 'an answer says something: --body is empty', {
      next: 'ao pr reply --help',
    })
  }
  const pulls = await openPulls(context, named)
  const number = numberOf(text)
  const { scm, project, session } = pulls
  if (scm.reply === undefined) {
    throw new HouseError('Refused', `there are no conversations in ${scm.name}`, {
      next: `ao pr review ${number} --comment --body TEXT`,
    })
  }
  // Says what is missing where nothing can be asked, such as a token.
  await getPull(context, pulls, number)
  await scm.reply(project, number, { thread, body, session }, context.signal)
  wakeWatcher(context)
  context.stdout(`#${number} answered\n`)
  return 0
}
