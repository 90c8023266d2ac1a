import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf } from '../look.ts'
import { loadWish, reportProblems } from '../manifests.ts'
import type { LoadedWish } from '../manifests.ts'
import { toJson } from '../output/serialize.ts'
import { hasErrors } from '../../manifest/problem.ts'
import { KINDS } from '../../resource/key.ts'

const INVALID = 2

interface Flags {
  readonly filename?: readonly string[]
}

export const define: DefineCommand = (command, act) => {
  command
    .option(
      '-f, --filename <paths...>',
      'Files, directories or - (default: .ao/ of this repository).',
    )
    .addHelpText(
      'after',
      examples('ao validate', 'ao validate -f .ao/workers.yaml', 'cat w.yaml | ao validate -f -'),
    )
    .action(async (flags: Flags) => act(async context => validate(context, flags)))
}

async function validate(context: Context, flags: Flags): Promise<number> {
  const format = formatOf(context, ['json'])
  // A name makes one source of whatever is checked together.
  const source = (flags.filename?.length ?? 0) > 1 ? 'validate' : undefined
  const wish = await loadWish(context, flags.filename, { source })
  if (format === 'json') {
    const { problems } = wish
    context.stdout(toJson({ valid: !hasErrors(problems), files: wish.files, problems }))
    return hasErrors(problems) ? INVALID : 0
  }
  if (reportProblems(context, wish, 'Nothing was changed.')) return INVALID
  context.stdout(`${sentence(wish)}\n`)
  return 0
}

/** Such as `1 Project and 3 Workers in 2 files are valid.` */
function sentence({ resources, files }: LoadedWish): string {
  const counts = KINDS.flatMap(kind => {
    const count = resources.filter(resource => resource.kind === kind).length
    return count === 0 ? [] : [`${count} ${kind}${count === 1 ? '' : 's'}`]
  })
  const last = counts.at(-1) ?? 'nothing'
  const list = counts.length > 1 ? `${counts.slice(0, -1).join(', ')} and ${last}` : last
  const where = files === 1 ? '1 file' : `${files} files`
  return `${list} in ${where} ${resources.length === 1 ? 'is' : 'are'} valid.`
}
