import { spanOf, type ManifestDocument, type Path, type Span } from './document.ts'

/** Where a part of a text stands in the value as it is written, counted from its start; the whole value where quoting hides it. */
export function innerSpan(
  document: ManifestDocument,
  { at, text }: { readonly at: Path; readonly text: string },
  part: { readonly text: string; readonly index: number },
): Span {
  const { start, end } = spanOf(document, at, 'value')
  const written = document.file.text.slice(start, end)
  const offset = written.indexOf(text)
  const inner = offset === -1 ? written.indexOf(part.text) : offset + part.index
  return inner === -1
    ? { start: 0, end: end - start }
    : { start: inner, end: inner + part.text.length }
}
