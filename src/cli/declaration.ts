import { parseDocuments, positionOf } from '../manifest/document.ts'
import { loadManifests } from '../manifest/load.ts'
import { keyOf, KINDS } from '../resource/key.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { Position } from '../resource/spec.ts'
import type { Source } from '../store/types.ts'

/**
 * Where a source declares an object now, if it still does. It is enough that a document says so: whether it is valid is of no importance for
 * the question whether somebody wants the object.
 */
export async function findDeclaration(
  source: Source,
  key: ResourceKey,
  cwd: string,
): Promise<Position | undefined> {
  if (source.path === undefined) return undefined
  const loaded = await loadManifests([source.path], { cwd, readStdin: async () => '' })
  for (const file of loaded.files) {
    for (const document of parseDocuments(file).documents) {
      if (keyIn(document.value) === key) return positionOf(document, [])
    }
  }
  return undefined
}

function keyIn(value: unknown): ResourceKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const kind = KINDS.find(known => 'kind' in value && known === value.kind)
  const metadata: unknown = 'metadata' in value ? value.metadata : undefined
  if (kind === undefined || typeof metadata !== 'object' || metadata === null) return undefined
  const name: unknown = 'name' in metadata ? metadata.name : undefined
  return typeof name === 'string' ? keyOf(kind, name) : undefined
}
