import type { HouseError } from '../../errors.ts'
import type { Look } from './look.ts'
import { paletteOf } from './look.ts'
import { clean, wrap } from './text.ts'

const INDENT = 7
const MAX_CAUSES = 5

/** The three things a person needs after a failure: what, why, and the command to type next. */
export function renderError(
  error: HouseError,
  { width, color }: Pick<Look, 'width' | 'color'>,
): string {
  const paint = paletteOf(color)
  const lines = [...block(paint.bad(paint.strong('error: ')), error.message, width)]
  for (const cause of causesOf(error)) lines.push(...block(paint.faint('cause: '), cause, width))
  if (error.next !== undefined) lines.push(`${paint.strong('next:  ')}${clean(error.next)}`)
  return `${lines.join('\n')}\n`
}

/** The messages down the chain of causes that say something the lines above them do not. */
function causesOf(error: HouseError): readonly string[] {
  const told = [error.message]
  let cause: unknown = error.cause
  while (cause !== undefined && cause !== null && told.length <= MAX_CAUSES) {
    const message = cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : ''
    if (message.trim() !== '' && !told.some(text => text.includes(message))) told.push(message)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return told.slice(1)
}

/** A message of several lines keeps them, each made harmless; the first stands behind its label. */
function block(label: string, message: string, width: number): readonly string[] {
  return message
    .trimEnd()
    .split(/\r?\n/)
    .flatMap(line => wrap(clean(line), width - INDENT))
    .map((line, at) => (at === 0 ? label : ' '.repeat(INDENT)) + line)
    .map(line => line.trimEnd())
}
