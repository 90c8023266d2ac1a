import { explain } from '../../manifest/explain.ts'
import type { DefineCommand } from '../command.ts'
import { examples, notes } from '../command.ts'
import { lookOf } from '../look.ts'
import { effectiveReactions } from '../output/explain-reaction.ts'

const WIDEST = 100

export const define: DefineCommand = (command, act) => {
  command
    .argument('<path>', 'A kind or a field, such as worker.spec.agent.')
    .option('--recursive', 'With all fields below.')
    .addHelpText(
      'after',
      notes(
        `Of reactions it also tells which values hold in the objects there are, and where each comes from.`,
      ),
    )
    .addHelpText(
      'after',
      examples(
        'ao explain worker',
        'ao explain worker.spec.agent',
        'ao explain project.spec --recursive',
        'ao explain worker.spec.reactions.ci-failed',
      ),
    )
    .action(async (path: string, flags: { readonly recursive?: boolean }) =>
      act(async context => {
        const width = Math.min(context.width, WIDEST)
        const recursive = flags.recursive === true
        context.stdout(explain(path, { recursive, plugins: await context.registry(), width }))
        const accepted = context.store()?.desired.all().values() ?? []
        context.stdout(effectiveReactions(path, accepted, { ...lookOf(context), width }))
        return 0
      }),
    )
}
