import { readFile, realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'

import { errnoOf } from '../errors.ts'
import type { ProblemCode } from './problem.ts'

export const MAX_RULES_BYTES = 256 * 1024

export type RulesFile =
  | { readonly ok: true; readonly text: string; readonly path: string }
  | { readonly ok: false; readonly code: ProblemCode; readonly message: string }

/** The text of a rules file, which may not lie outside `root`, neither by `..` nor through symbolic links. */
export async function loadRules(file: string, dir: string, root: string): Promise<RulesFile> {
  const path = resolve(dir, file)
  if (!isInside(resolve(root), path)) return leaves(file)
  try {
    const real = await realpath(path)
    if (!isInside(await realpath(root), real)) return leaves(file)
    const info = await stat(real)
    if (!info.isFile()) return failure('AO1206', `"${file}" is not a file`)
    if (info.size > MAX_RULES_BYTES) {
      return failure('AO1012', `"${file}" is larger than ${MAX_RULES_BYTES / 1024} KiB`)
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(real))
    return { ok: true, text, path: real }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return failure('AO1206', `there is no file "${path}"`)
    const reason = error instanceof Error ? error.message : String(error)
    return failure('AO1206', `"${file}" cannot be read: ${reason}`)
  }
}

function leaves(file: string): RulesFile {
  return failure('AO1205', `"${file}" leads out of the repository`)
}

function failure(code: ProblemCode, message: string): RulesFile {
  return { ok: false, code, message }
}

function isInside(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep)
}
