import type { Writer } from '../resource/signature.ts'

const MARKER = /\n*<!--\s*ao:session=([\w.-]+)((?:\s+[\w-]+=[\w.-]+)*)\s*-->/g
const HIDDEN_LINE = /^<!-- *ao:[^>]*-->\s*$/
const FENCE = /^ {0,3}(`{3,}(?!.*`)|~{3,})(.*)$/

export interface Marker extends Writer {
  readonly fields: Readonly<Record<string, string>>
}

/** A text with exactly one marker, at its end, whatever markers it had (P16). Readers of a forge don't see it. */
export function withMarker(
  text: string,
  { session, home }: Writer,
  fields: Readonly<Record<string, string>> = {},
): string {
  const all = home === undefined ? fields : { home, ...fields }
  const more = Object.entries(all).map(([name, value]) => ` ${name}=${value}`)
  return withHiddenLine(withoutMarker(text), `<!-- ao:session=${session}${more.join('')} -->`)
}

/** A text with the marker that another text ends with, as it is there; with none, when that has none. */
export function withMarkerOf(text: string, other: string): string {
  const plain = withoutMarker(text)
  const marker = hiddenEnd(other).findLast(line => line.search(MARKER) === 0)
  return marker === undefined ? plain : withHiddenLine(plain, marker)
}

/** The text as its author wrote it. */
export function withoutMarker(text: string): string {
  return text.replaceAll(MARKER, '').trimEnd()
}

/** What the marker says that a text ends with; undefined without one. Only of authors who may be believed, for anybody can write one. */
export function readMarker(text: string): Marker | undefined {
  const [, session, rest = ''] =
    hiddenEnd(text)
      .flatMap(line => [...line.matchAll(MARKER)])
      .at(-1) ?? []
  if (session === undefined) return undefined
  const fields = rest
    .trim()
    .split(/\s+/)
    .filter(part => part !== '')
    .map(part => {
      const at = part.indexOf('=')
      return [part.slice(0, at), part.slice(at + 1)] as const
    })
  const { home, ...others } = Object.fromEntries(fields)
  return { session, home, fields: others }
}

/** A text with a further hidden line at its end. A block of code that its author left open ends before it: within, everybody would see the line, and nobody believe it. */
export function withHiddenLine(text: string, line: string): string {
  const plain = text.trimEnd()
  if (plain === '') return line
  const fence = openFence(plain.split(/\r?\n/))
  return fence === undefined ? `${plain}\n\n${line}` : `${plain}\n${fence}\n\n${line}`
}

/**
 * The hidden lines of ours that a text ends with. What looks like one elsewhere (in a quote, in a block of code, followed by other words) was copied there,
 * and says nothing about who wrote the text.
 */
export function hiddenEnd(text: string): readonly string[] {
  const lines = text.trimEnd().split(/\r?\n/)
  const last = lines.findLastIndex(line => line.trim() !== '' && !HIDDEN_LINE.test(line))
  if (openFence(lines.slice(0, last + 1)) !== undefined) return []
  return lines.slice(last + 1).filter(line => line.trim() !== '')
}

/** What would end the block of code that is still open after these lines. */
function openFence(lines: readonly string[]): string | undefined {
  return lines.reduce<string | undefined>((open, line) => {
    const [, fence, info = ''] = FENCE.exec(line) ?? []
    if (fence === undefined) return open
    if (open === undefined) return fence
    return fence.startsWith(open) && info.trim() === '' ? undefined : open
  }, undefined)
}
