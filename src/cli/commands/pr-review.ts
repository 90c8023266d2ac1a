import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import type { Review } from '../../plugins/scm.ts'
import { maybeSame } from '../../resource/signature.ts'
import type { BodyFlags } from '../body.ts'
import { bodyOptions, readBody } from '../body.ts'
import type { Act } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { getPull, numberOf, openPulls, wakeWatcher } from '../pulls.ts'
import type { Pulls } from '../pulls.ts'

interface Flags extends BodyFlags {
  readonly project?: string
  readonly approve?: boolean
  readonly requestChanges?: boolean
  readonly comment?: boolean
}

/** `command` is the empty subcommand. */
export function defineReview(command: Command, act: Act): void {
  command
    .argument('<number>', 'Its number.')
    .option('--approve', 'It may be merged.')
    .option('--request-changes', 'It may not be merged like this.')
    .option('--comment', 'Neither.')
  bodyOptions(command, 'What you have to say.')
    .addHelpText(
      'after',
      examples(
        'ao pr review 3 --approve',
        'ao pr review 3 --request-changes --body "Please add a test."',
      ),
    )
    .action(async (text: string, flags: Flags) =>
      act(async context => review(context, text, flags)),
    )
}

async function review(context: Context, text: string, flags: Flags): Promise<number> {
  const verdict = verdictOf(flags)
  const body = (await readBody(context, flags)) ?? ''
  if (verdict === 'comment' && body.trim() === '') {
    throw new HouseError('Usage', 'a comment says something: add --body TEXT', {
      next: 'ao pr review --help',
    })
  }
  const pulls = await openPulls(context, flags.project)
  const number = numberOf(text)
  const { session, standsIn, author, project } = pulls
  const pull = await getPull(context, pulls, number)
  if (verdict === 'approve' && standsIn !== undefined) {
    if (maybeSame({ session: standsIn }, pull)) throw ownApproval(pulls, number, standsIn)
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

function verdictOf(flags: Flags): Review['verdict'] {
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
