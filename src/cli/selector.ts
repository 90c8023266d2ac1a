import { HouseError } from '../errors.ts'

type Labels = Readonly<Record<string, string>>

const TERM = /^(!?)([A-Za-z0-9_./-]+)(?:(==?|!=)([^,=!]*))?$/

/** A test of labels as kubectl writes it: `a=b`, `a!=b`, `a`, `!a`, all of them when joined by commas. */
export function parseSelector(text: string): (labels: Labels) => boolean {
  const tests = text.split(',').map(term => parseTerm(term.trim(), text))
  return labels => tests.every(test => test(labels))
}

function parseTerm(term: string, text: string): (labels: Labels) => boolean {
  const [, not = '', name, operator, value = ''] = TERM.exec(term) ?? []
  if (name === undefined || (not !== '' && operator !== undefined)) {
    throw new HouseError('Usage', `"${text}" selects no labels; write a=b, a!=b, a or !a`, {
      next: 'ao get --help',
    })
  }
  if (operator === undefined) return labels => (labels[name] === undefined) === (not !== '')
  return labels => (labels[name] === value) === (operator !== '!=')
}
