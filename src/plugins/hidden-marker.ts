import type { Writer } from '../resource/signature.ts'

const MARKER = /\n*<!--\s*ao:session=([\w.-]+)((?:\s+[\w-]+=[\w.-]+)*)\s*-->/g

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
  const marker = `<!-- ao:session=${session}${more.join('')} -->`
  const plain = withoutMarker(text)
  return plain === '' ? marker : `${plain}\n\n${marker}`
}

/** A text with the marker that another text has, as it is there; with none, when that has none. */
export function withMarkerOf(text: string, other: string): string {
  const marker = [...other.matchAll(MARKER)].at(-1)?.[0].trim()
  const plain = withoutMarker(text)
  return [plain, marker].filter(part => part !== undefined && part !== '').join('\n\n')
}

/** The text as its author wrote it. */
export function withoutMarker(text: string): string {
  return text.replaceAll(MARKER, '').trimEnd()
}

/** What the last marker of a text says; undefined without one. Only of authors who may be believed, for anybody can write one. */
export function readMarker(text: string): Marker | undefined {
  const [, session, rest = ''] = [...text.matchAll(MARKER)].at(-1) ?? []
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
