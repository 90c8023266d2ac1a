import { join } from 'node:path'

import { KINDS } from '../resource/key.ts'
import { bundledSchema } from './schema-tree.ts'

export interface SchemaFile {
  readonly file: string
  readonly content: string
}

/** The schemas as editors take them, each complete in itself: one for any manifest and one for each kind. */
export function writeSchemas(dir: string): readonly SchemaFile[] {
  const all = [
    { name: 'manifest', schema: bundledSchema() },
    ...KINDS.map(kind => ({ name: kind.toLowerCase(), schema: bundledSchema(kind) })),
  ]
  return all.map(({ name, schema }) => ({
    file: join(dir, `${name}.schema.json`),
    content: `${JSON.stringify(schema, null, 2)}\n`,
  }))
}
