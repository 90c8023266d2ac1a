import { stripVTControlCharacters } from 'node:util'

/** What a terminal acts upon, but for line feeds and tabs, and what turns the direction of writing around. */
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** The same, and everything else that shows nothing: no width, tags, fillers, halves of characters. Whole texts can be hidden in these. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu
/** Whatever anything takes for the end of a line. */
const LINE_ENDS = /\r\n?|[\v\f\u0085\u2028\u2029]/g
const WHITESPACE = /[\s\u0085]/g
/** What could be taken for the end of a quotation, or begin one. */
const QUOTES = /["`\u201c-\u201f\u00ab\u00bb\uff02\uff40]/g
/** Nothing that anybody could be told in one word. */
const PLAIN_WORD = /^[A-Za-z0-9][\w.@:+/#[\]-]{0,63}$/
/** Bytes of a name that somebody else chose. */
const MAX_NAME = 100
/** Names in one sentence. */
const MAX_NAMES = 8
/** Longer addresses are no use to anybody. */
const MAX_ADDRESS = 500

/** Text from outside as plain lines: nothing in it but what can be seen, at most `maxBytes` of it, from the start. */
export function plainText(text: string, maxBytes = Infinity): string {
  const bytes = Buffer.from(plain(text))
  if (bytes.length <= maxBytes) return bytes.toString()
  let end = maxBytes
  while (end > 0 && isContinuation(bytes[end])) end -= 1
  return bytes.subarray(0, end).toString()
}

/** Like `plainText`, but what is kept is the end, as one wants of a log. */
export function plainTail(text: string, maxBytes: number): string {
  const bytes = Buffer.from(plain(text))
  if (bytes.length <= maxBytes) return bytes.toString()
  let start = bytes.length - maxBytes
  while (start < bytes.length && isContinuation(bytes[start])) start += 1
  return bytes.subarray(start).toString()
}

/** Like `plainText`, on one line, single spaces between its words. */
export function plainLine(text: string, maxBytes: number): string {
  return plainText(plain(text).replaceAll(/\s+/g, ' ').trim(), maxBytes)
}

/** Like `plainText`, on one line that keeps its spaces. */
export function oneLine(text: string, maxBytes = Infinity): string {
  return plainText(stripVTControlCharacters(text).replaceAll(WHITESPACE, ' '), maxBytes)
}

/** Text of whoever may say what he likes, as it can be typed: nothing in it that a terminal acts upon. */
export function typableText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\r\n?/g, '\n').replaceAll(CONTROLS, '')
}

/** What somebody else wrote, as it may stand in a sentence of ours: one bounded line in quotes that it can't end. */
export function quoted(text: string, maxBytes = MAX_NAME): string {
  return `"${bounded(text, maxBytes).replaceAll(QUOTES, "'")}"`
}

/** Like `quoted`, for names: one that is a plain word stands by itself. */
export function named(name: string, maxBytes = MAX_NAME): string {
  const line = bounded(name, maxBytes)
  return PLAIN_WORD.test(line) ? line : quoted(line, Infinity)
}

/** A few names, and how many there are beside them. */
export function namedList(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map(name => named(name))
  const more = names.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

/** An address from outside, as it may stand among words of ours; undefined for what is none, or is endless. */
export function plainAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined
  const { href: whole, protocol } = new URL(text)
  const href = whole.replaceAll('`', '%60')
  const isOurs = ['http:', 'https:', 'ao:'].includes(protocol)
  return isOurs && href.length <= MAX_ADDRESS && /^[!-~]+$/.test(href) ? href : undefined
}

function bounded(text: string, maxBytes: number): string {
  const line = plainLine(text, Infinity)
  const start = plainText(line, maxBytes)
  return start === line ? line : `${start}…`
}

function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(LINE_ENDS, '\n').replaceAll(UNSEEN, '')
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/** How often, in words. */
export function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
