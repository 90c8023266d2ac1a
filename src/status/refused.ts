import { fieldNames } from '../plan/changes.ts'
import type { Desired, RefusedField } from '../resource/spec.ts'
import type { Part } from './condition.ts'
import { condition } from './condition.ts'

/** Tells beside how an object stands that its source wants fixed fields of it otherwise: what was accepted goes on meanwhile. */
export function withRefused(
  { refused = [] }: Pick<Desired, 'refused'>,
  parts: readonly Part[],
): readonly Part[] {
  if (refused.length === 0) return parts
  const message = `${refusedWords(refused)}; unblock: undo that, or ao apply --replace`
  return [
    ...parts.map(part =>
      part.type === 'Ready'
        ? { ...part, message: `change of ${fieldNames(refused)} refused; ${part.message}` }
        : part,
    ),
    condition('ChangeRefused', 'True', 'ReplaceRefused', message),
  ]
}

/** Which fields can't be had otherwise, and where that is declared. */
export function refusedWords(refused: readonly RefusedField[]): string {
  const position = refused.find(field => field.position !== undefined)?.position
  const place = position === undefined ? '' : ` as ${position.file}:${position.line} wants it`
  return `${fieldNames(refused)} cannot change in place${place}`
}
