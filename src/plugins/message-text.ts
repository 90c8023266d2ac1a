import { typableText } from '../resource/text.ts'

/**
 * A message as it can be typed into an agent: no escape sequences or control characters but line feeds and tabs, no line feeds at its end,
 * and never a last `\`, which agents read as "the line goes on". May be empty.
 */
export function typedText(text: string): string {
  const plain = typableText(text).replace(/\n+$/, '')
  return plain.endsWith('\\') ? `${plain} ` : plain
}
