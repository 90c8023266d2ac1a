import type { Command } from 'commander'

import type { Act } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { getPull, numberOf, openPulls, wakeWatcher } from '../pulls.ts'
import { assertOwn } from '../whose-pull.ts'

interface Flags {
  readonly project?: string
}

/** `command` is the empty subcommand. */
export function defineClose(command: Command, act: Act): void {
  command
    .argument('<number>', 'Its number.')
    .addHelpText('after', examples('ao pr close 3'))
    .action(async (text: string, flags: Flags) => act(async context => close(context, text, flags)))
}

async function close(context: Context, text: string, flags: Flags): Promise<number> {
  const pulls = await openPulls(context, flags.project)
  const number = numberOf(text)
  assertOwn(context, pulls, await getPull(context, pulls, number), 'close')
  await pulls.scm.close(pulls.project, number, pulls.author, context.signal)
  wakeWatcher(context)
  context.stdout(`#${number} closed\n`)
  return 0
}
