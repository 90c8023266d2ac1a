import { explain } from '../../manifest/explain.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'

const WIDEST = 100

export const define: DefineCommand = (command, act) => {
  command
    .argument('<path>', 'A kind or a field, such as worker.spec.agent.')
    .option('--recursive', 'With all fields below.')
    .addHelpText(
      'after',
      examples(
        'ao explain worker',
        'ao explain worker.spec.agent',
        'ao explain project.spec --recursive',
      ),
    )
    .action(async (path: string, flags: { readonly recursive?: boolean }) =>
      act(async context => {
        const width = Math.min(context.width, WIDEST)
        const recursive = flags.recursive === true
        context.stdout(explain(path, { recursive, plugins: await context.registry(), width }))
        return 0
      }),
    )
}
