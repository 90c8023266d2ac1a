import type { Command } from 'commander'

import type { Act, DefineCommand } from '../command.ts'
import { examples, holdsCommands } from '../command.ts'
import { defineClaim } from './pr-claim.ts'
import { defineClose } from './pr-close.ts'
import { defineCreate } from './pr-create.ts'
import { defineEdit } from './pr-edit.ts'
import { defineList } from './pr-list.ts'
import { defineMerge } from './pr-merge.ts'
import { definePush } from './pr-push.ts'
import { defineReply } from './pr-reply.ts'
import { defineReview } from './pr-review.ts'
import { defineView } from './pr-view.ts'

const SUBCOMMANDS: readonly (readonly [string, string, (command: Command, act: Act) => void])[] = [
  ['list', 'List pull requests', defineList],
  ['create', 'Open a pull request; with an open one of the same head, find that', defineCreate],
  ['view', 'Show a pull request with its checks, reviews and changes', defineView],
  ['edit', 'Give a pull request another title or description', defineEdit],
  ['review', 'Review a pull request', defineReview],
  ['reply', 'Answer in a conversation of a pull request', defineReply],
  ['merge', 'Merge a pull request at the head that it has now', defineMerge],
  ['close', 'Close a pull request without merging it', defineClose],
  ['push', 'Push the branch that is checked out here', definePush],
  ['claim', "Make a pull request that is there a worker's own", defineClaim],
]

export const define: DefineCommand = (command, act) => {
  holdsCommands(command).addHelpText(
    'after',
    examples(
      'ao pr list',
      'ao pr create --title "Add a login form"',
      'ao pr edit 3 --title "Add a login form"',
      'ao pr review 3 --approve',
      'ao pr reply 3 CONVERSATION --body "Done."',
      'ao pr merge 3',
      'ao pr push',
      'ao pr claim 3 shop-login',
    ),
  )
  for (const [name, summary, defineOne] of SUBCOMMANDS) {
    const subcommand = command
      .command(name)
      .description(summary)
      .option('--project <name>', 'The project; by default the one this directory belongs to.')
    defineOne(subcommand, act)
  }
}
