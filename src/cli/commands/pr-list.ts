import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import { hintFor } from '../../manifest/suggest.ts'
import type { Act } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf, lookOf } from '../look.ts'
import { listOf, toJson, toJsonLines, toYaml } from '../output/serialize.ts'
import { toItem } from '../pull-item.ts'
import { renderPulls } from '../pull-text.ts'
import { openPulls, seePulls } from '../pulls.ts'

const STATES = ['open', 'merged', 'closed', 'all'] as const

interface Flags {
  readonly project?: string
  readonly state: string
}

/** `command` is the empty subcommand. */
export function defineList(command: Command, act: Act): void {
  command
    .option('--state <state>', STATES.join(', '), 'open')
    .addHelpText('after', examples('ao pr list', 'ao pr list --state all -o json'))
    .action(async (flags: Flags) => act(async context => list(context, flags)))
}

async function list(context: Context, flags: Flags): Promise<number> {
  const state = STATES.find(known => known === flags.state)
  if (state === undefined) {
    const hint = hintFor(flags.state, STATES, 'states') ?? ''
    throw new HouseError('Usage', `--state "${flags.state}" is no state; ${hint}`, {
      next: 'ao pr list --help',
    })
  }
  const format = formatOf(context)
  const {
    items: all,
    old,
    isRead,
  } = await seePulls(context, await openPulls(context, flags.project))
  if (old !== undefined) context.stderr(`${old}\n`)
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
      if (pulls.length === 0 && old === undefined)
        context.stderr(`no ${state === 'all' ? '' : `${state} `}pull requests\n`)
      context.stdout(renderPulls(pulls, isRead, lookOf(context)))
  }
  return 0
}
