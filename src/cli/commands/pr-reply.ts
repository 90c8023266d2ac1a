import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import type { BodyFlags } from '../body.ts'
import { bodyOptions, readBody } from '../body.ts'
import type { Act } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { getPull, numberOf, openPulls, wakeWatcher } from '../pulls.ts'

interface Flags extends BodyFlags {
  readonly project?: string
}

/** `command` is the empty subcommand. */
export function defineReply(command: Command, act: Act): void {
  command
    .argument('<number>', "The pull request's number.")
    .argument('<conversation>', 'Its id, as `ao pr view` shows it.')
  bodyOptions(command, 'What you have to say.')
    .addHelpText('after', examples('ao pr reply 3 PRRT_kwDOA1b2c3 --body "Done, and tested."'))
    .action(async (text: string, thread: string, flags: Flags) =>
      act(async context => reply(context, text, thread, flags)),
    )
}

async function reply(
  context: Context,
  text: string,
  thread: string,
  flags: Flags,
): Promise<number> {
  const body = (await readBody(context, flags)) ?? ''
  if (body.trim() === '') {
    throw new HouseError('Usage', 'an answer says something: --body is empty')
  }
  const pulls = await openPulls(context, flags.project)
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
