import { stripVTControlCharacters } from 'node:util'

/** Control characters besides line feed and tab, and those that turn the direction of writing around. */
const UNPRINTABLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text from outside as plain lines: no escape sequences, no control characters, at most `maxBytes` of it, from the start. */
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

/** Like `plainText`, on one line. */
export function plainLine(text: string, maxBytes: number): string {
  return plainText(plain(text).replaceAll(/\s+/g, ' ').trim(), maxBytes)
}

function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\r\n?/g, '\n').replaceAll(UNPRINTABLE, '')
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
