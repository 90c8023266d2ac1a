import type { Plan } from '../../plan/action.ts'
import { isDifference } from '../../plan/action.ts'
import { keyOf } from '../../resource/key.ts'
import type { Desired } from '../../resource/spec.ts'
import type { DefineCommand } from '../command.ts'
import { examples, notes } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf, lookOf } from '../look.ts'
import { outlook } from '../outlook.ts'
import { actionToJson, planToJson } from '../output/plan-json.ts'
import { renderPlan } from '../output/plan.ts'
import { toJson, toJsonLines, toYaml } from '../output/serialize.ts'
import { savedPlan } from '../saved-plan.ts'
import { writeTextFile } from '../text-file.ts'
import { describeSource, loadValidWish } from '../wish.ts'

interface Flags {
  readonly filename?: string
  readonly source?: string
  readonly prune?: boolean
  readonly replace?: boolean
  readonly skipInvalid?: boolean
  readonly out?: string
  readonly detailedExitcode?: boolean
}

export const define: DefineCommand = (command, act) => {
  command
    .option(
      '-f, --filename <path>',
      'Manifests: a file, a directory, or - for standard input. Default: .ao/ of this repository.',
    )
    .option('--source <name>', 'What to call this source; default its real path.')
    .option('--prune', 'Also plan to remove what the source declared before and no longer does.')
    .option('--replace', 'Plan to replace objects whose fixed fields changed.')
    .option(
      '--skip-invalid',
      'Plan what is valid although something is not. Nothing is pruned then.',
    )
    .option('--out <file>', 'Save the plan for `ao apply --plan`.')
    .option(
      '--detailed-exitcode',
      'Exit like terraform: 0 nothing to do, 2 something to do, 1 an error.',
    )
    .addHelpText(
      'after',
      notes(
        'Exit status: 0 nothing to do, 1 something to do, blocked or unknown, above 1 an error.',
      ),
    )
    .addHelpText(
      'after',
      examples(
        'ao diff',
        'ao diff -f .ao/ --prune',
        'ao diff --out plan.json && ao apply --plan plan.json',
      ),
    )
    .action(async (flags: Flags) => act(async context => diff(context, flags)))
}

async function diff(context: Context, flags: Flags): Promise<number> {
  try {
    const different = await showDiff(context, flags)
    return different ? (flags.detailedExitcode === true ? 2 : 1) : 0
  } catch (error) {
    if (flags.detailedExitcode !== true) throw error
    const { renderError } = await import('../output/error.ts')
    const { toHouseError } = await import('../../errors.ts')
    context.stderr(
      renderError(toHouseError(error), { width: context.errWidth, color: context.errColor }),
    )
    return 1
  }
}

async function showDiff(context: Context, flags: Flags): Promise<boolean> {
  const store = context.store()
  const loaded = await loadValidWish(context, flags, store)
  const { plan, admission } = await outlook(context, loaded.wish, store)
  if (flags.out !== undefined) writeTextFile(flags.out, savedPlan(loaded, plan))
  const next = flags.out === undefined ? applyCommand(flags) : `ao apply --plan ${flags.out}`
  const source = describeSource(context, loaded)
  context.stdout(await printPlan(context, plan, { source, next }))
  if (flags.prune !== true && flags.skipInvalid !== true) {
    context.stderr(tellOrphans(admission?.orphaned ?? [], flags))
  }
  return plan.actions.some(isDifference)
}

async function printPlan(
  context: Context,
  plan: Plan,
  words: { readonly source: string; readonly next: string },
): Promise<string> {
  const format = formatOf(context)
  switch (format) {
    case 'json':
      return toJson(planToJson(plan))
    case 'yaml':
      return toYaml(planToJson(plan))
    case 'jsonl':
      return toJsonLines(plan.actions.map(actionToJson))
    case 'name':
      return plan.actions
        .filter(({ action }) => action !== 'unchanged')
        .map(({ key }) => `${key}\n`)
        .join('')
    case 'table':
      return renderPlan(plan, { ...lookOf(context), ...words })
    case 'wide':
      return renderPlan(plan, { ...lookOf(context), ...words, width: Infinity })
  }
}

/** What stays as it is only because nobody asked for pruning. */
function tellOrphans(orphaned: readonly Desired[], flags: Flags): string {
  if (orphaned.length === 0) return ''
  const names = orphaned.map(({ kind, name }) => keyOf(kind, name)).join(', ')
  const command = applyCommand({ ...flags, prune: true }).replace('ao apply', 'ao diff')
  return `no longer declared, and kept: ${names}; see what taking away would do:  ${command}\n`
}

function applyCommand(flags: Flags): string {
  const from = flags.filename === undefined ? '' : ` -f ${flags.filename}`
  const prune = flags.prune === true ? ' --prune' : ''
  const replace = flags.replace === true ? ' --replace' : ''
  return `ao apply${from}${prune}${replace}`
}
