import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

const TESTS = join(import.meta.dirname, '..')
const TABLE = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')

interface Row {
  readonly ids: readonly string[]
  readonly files: readonly string[]
  readonly text: string
}

const rows: readonly Row[] = TABLE.split('\n')
  .map(line => /^\| ((?:case \d|[PFD]\d)[^|]*)\|([^|]*)\|$/.exec(line))
  .filter(match => match !== null)
  .map(([, ids = '', text = '']) => ({
    ids: ids.split(',').map(id => id.trim()),
    files: [...text.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
    text: text.trim(),
  }))

function upTo(letter: string, last: number): readonly string[] {
  return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`)
}

test('every case has a row, and one only', () => {
  const cases = [7, 8, 9, 10, 11, 12, 15].map(number => `case ${number}`)
  const wanted = [...cases, ...upTo('P', 27), ...upTo('F', 12), 'D11', 'D12', 'D13', 'D17', 'D18']
  expect(rows.flatMap(({ ids }) => ids).toSorted()).toEqual(wanted.toSorted())
})

test('every file of a row has a test with that id in its title, and a row without one says why', () => {
  for (const { ids, files, text } of rows) {
    if (files.length === 0) expect(text).toMatch(/^not: .{20}/)
    for (const file of files) {
      const titles = readFileSync(join(TESTS, file), 'utf8').match(/\btest\(\s*'.*',/g) ?? []
      for (const id of ids) {
        const cited = new RegExp(String.raw`\((?:[^()]*[ ,])?${id}(?:[ ,][^()]*)?\)',$`)
        expect(titles.filter(title => cited.test(title)).length, `${id} in ${file}`).not.toBe(0)
      }
    }
  }
})
