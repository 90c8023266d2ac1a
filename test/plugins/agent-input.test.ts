import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { InputParser } from '../../src/plugins/agent/script-input.ts'

const paste = (text: string): string => `\x1b[200~${text}\x1b[201~\r`

function read(...chunks: readonly string[]): readonly string[] {
  const parser = new InputParser()
  return chunks
    .flatMap(chunk => parser.feed(chunk))
    .map(event => (event.type === 'message' ? event.text : `<${event.type}>`))
}

describe('what a terminal delivers', () => {
  test.each([
    ['a typed line', 'hello\r', ['hello']],
    ['two typed lines', 'one\ntwo\n', ['one', 'two']],
    ['one line end of two characters', 'one\r\ntwo\r\n', ['one', 'two']],
    ['a paste of many lines', paste('one\r\rtwo\n  three'), ['one\n\ntwo\n  three']],
    ['a paste after typed words', `see: \x1b[200~a\nb\x1b[201~\r`, ['see: a\nb']],
    ['no message in an empty line', '\r \r\n', []],
    ['a corrected word', 'hellp\x7fo 👍👎\b\r', ['hello 👍']],
    ['a line taken back', 'nonsense\x15sense\r', ['sense']],
    ['arrow and function keys', 'a\x1b[A\x1bOP\x1b[1;5Cb\r', ['ab']],
    ['Ctrl-C, which first clears the line', 'abc\x03\x03', ['<interrupt>']],
    ['Ctrl-D on an empty line only', 'abc\x04\r\x04', ['abc', '<end>']],
    ['control characters inside a paste as text', paste('a\x03b\x04c'), ['a\x03b\x04c']],
  ])('is read as %s', (_title, input, messages) => {
    expect(read(input)).toEqual(messages)
  })

  test('means the same however it is cut into chunks', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }).map(text => text.replaceAll('\x1b', '')),
      fc.string({ maxLength: 8 }).map(text => paste(text.replaceAll('\x1b', ''))),
      fc.constantFrom('\r', '\n', '\x1b[A', '\x1bOQ', '\x7f', '\x15', paste('a\nb [201~ c')),
    )
    const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), cuts, (pieces, sizes) => {
        // Inside \r\n a cut makes no difference either: an empty line is no message.
        const input = pieces.join('')
        expect(read(...cut(input, sizes))).toEqual(read(input))
      }),
      { numRuns: 500 },
    )
  })
})

function cut(text: string, sizes: readonly number[]): readonly string[] {
  const characters = [...text]
  const chunks: string[] = []
  for (let index = 0; characters.length > 0; index += 1) {
    chunks.push(characters.splice(0, sizes[index % sizes.length]).join(''))
  }
  return chunks
}
