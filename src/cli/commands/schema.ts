import { resolve } from 'node:path'

import { writeSchemas } from '../../manifest/schema.ts'
import { writeAtomic } from '../../store/files.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'

export const define: DefineCommand = (command, act) => {
  command
    .option('--write <dir>', 'Write all schemas into a directory, for editors.')
    .addHelpText(
      'after',
      examples('ao schema > manifest.schema.json', 'ao schema --write .ao/.schema'),
    )
    .action(async ({ write }: { readonly write?: string }) =>
      act(async context => {
        const files = writeSchemas(write === undefined ? '' : resolve(context.cwd, write))
        if (write === undefined) {
          context.stdout(files[0]?.content ?? '')
          return 0
        }
        for (const { file, content } of files) {
          await writeAtomic(file, content, { sync: false })
          context.stderr(`wrote ${file}\n`)
        }
        return 0
      }),
    )
}
