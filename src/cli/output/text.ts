import { eastAsianWidth } from 'get-east-asian-width'

import { oneLine } from '../../resource/text.ts'

const PLAIN = /^[\x20-\x7e]*$/
/** Accents on the letter before, joiners and other marks without a column of their own. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u

/** Text from the outside as one harmless line. */
export function clean(text: string): string {
  return PLAIN.test(text) ? text : oneLine(text)
}

/**
 * Columns the text takes on a terminal, letter by letter. A grapheme segmenter would also know composed emoji, but
 * costs a third of the program's start.
 */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const char of text) width += widthOfLetter(char)
  return width
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** The text, or as much of its beginning as fits with `…` behind it. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  if (PLAIN.test(text)) return `${text.slice(0, Math.max(0, width - 1)).trimEnd()}…`
  let kept = ''
  let used = 1
  for (const char of text) {
    used += widthOfLetter(char)
    if (used > width) break
    kept += char
  }
  return `${kept.trimEnd()}…`
}

/** The text in lines of at most `width` columns, broken at spaces only: a path or a command stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  if (widthOf(text) <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, line]
}

/** Parts joined by ` · `, in lines that break between parts only. */
export function wrapParts(parts: readonly string[], width: number): readonly string[] {
  const glued = parts.map(part => clean(part).replaceAll(' ', '\u00a0')).join('\u00a0· ')
  return wrap(glued, width).map(line => line.replaceAll('\u00a0', ' '))
}

function widthOfLetter(char: string): number {
  return NO_WIDTH.test(char) ? 0 : eastAsianWidth(char.codePointAt(0) ?? 0)
}
