import { isAbsolute, relative, sep } from 'node:path'

import { eastAsianWidth } from 'get-east-asian-width'
import pc from 'picocolors'

import { sortProblems, type Problem } from './problem.ts'

export interface RenderOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly color: boolean
  /** How many files were looked at; those with problems by default. */
  readonly files?: number
  /** Paths below these are shown relative to them: `.ao/workers.yaml`, `~/src/…`. */
  readonly cwd?: string
  readonly home?: string
  /** What follows from the errors, in the closing line. */
  readonly outcome?: string
}

/** The rest is told by its number: nobody reads more at once. */
const MOST_SHOWN = 100
const TAB = '    '
const ELLIPSIS = '…'
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u

type Colors = ReturnType<typeof pc.createColors>

/** All problems for people, each with its source line, and a line that sums up; ends with a line feed. Empty without problems. */
export function renderProblems(problems: readonly Problem[], options: RenderOptions): string {
  if (problems.length === 0) return ''
  const colors = pc.createColors(options.color)
  const sorted = sortProblems(problems)
  const blocks = sorted
    .slice(0, MOST_SHOWN)
    .map(problem => renderProblem(problem, options, colors).join('\n'))
  const more = sorted.length - blocks.length
  const rest = more > 0 ? [`… and ${count(more, 'more problem')}`] : []
  return `${[...blocks, ...rest, summary(sorted, options)].join('\n\n')}\n`
}

function renderProblem(
  problem: Problem,
  options: RenderOptions,
  colors: Colors,
): readonly string[] {
  const { width } = options
  const places = [problem, ...(problem.also ?? [])].map(one => place(one, options))
  const gutter = ' '.repeat(String(problem.line).length)
  const bar = colors.blue('|')
  const hasSource = problem.line > 0 && problem.sourceLine.trim() !== ''
  return [
    ...heading(problem, width, colors),
    `${gutter} ${colors.blue('-->')} ${places.join('  and  ')}`,
    ...(hasSource ? sourceLines(problem, { width, gutter, bar, colors }) : []),
    ...footer(problem, { width, gutter, hasSource, colors }),
  ]
}

/** The message, wrapped, with the code at the end of the last line. */
function heading(problem: Problem, width: number, colors: Colors): readonly string[] {
  const { severity, code } = problem
  const tag = `[${code}]`
  const indent = ' '.repeat(severity.length + 2)
  const lines = wrap(oneLine(problem.message), Math.max(20, width - indent.length))
  const paint = severity === 'error' ? colors.red : colors.yellow
  const texts = lines.map((line, index) => (index === 0 ? `${severity}: ${line}` : indent + line))
  const last = texts.at(-1) ?? ''
  const room = width - widthOf(last) - tag.length
  const coded =
    room >= 2
      ? [...texts.slice(0, -1), last + ' '.repeat(room) + tag]
      : [...texts, ' '.repeat(Math.max(0, width - tag.length)) + tag]
  return coded.map((line, index) => {
    const painted = index === 0 ? paint(colors.bold(severity)) + line.slice(severity.length) : line
    return painted.endsWith(tag) ? painted.slice(0, -tag.length) + colors.dim(tag) : painted
  })
}

interface SourceFrame {
  readonly width: number
  readonly gutter: string
  readonly bar: string
  readonly colors: Colors
}

function sourceLines(problem: Problem, frame: SourceFrame): readonly string[] {
  const { gutter, bar, colors, width } = frame
  const { before, marked, text } = excerpt(problem, width - gutter.length - 3)
  const carets = '^'.repeat(Math.max(1, widthOf(marked)))
  const pad = ' '.repeat(widthOf(before))
  const hint = problem.hint === undefined ? '' : ` ${problem.hint}`
  const used = gutter.length + 3 + pad.length + carets.length
  const fits = used + widthOf(hint) <= width
  return [
    `${gutter} ${bar}`,
    `${colors.blue(String(problem.line))} ${bar} ${text}`,
    `${gutter} ${bar} ${pad}${colors.red(carets)}${fits ? colors.green(hint) : ''}`,
    ...(fits ? [] : hintLines(problem, frame)),
  ]
}

/** A hint too long to stand behind the carets stands below them. */
function hintLines(
  problem: Problem,
  { gutter, bar, colors, width }: SourceFrame,
): readonly string[] {
  const lines = wrap(problem.hint ?? '', Math.max(20, width - gutter.length - 3))
  return lines.map(line => `${gutter} ${bar} ${colors.green(line)}`)
}

interface Footer {
  readonly width: number
  readonly gutter: string
  readonly hasSource: boolean
  readonly colors: Colors
}

function footer(problem: Problem, { width, gutter, hasSource, colors }: Footer): readonly string[] {
  const { object, document, next, hint } = problem
  const where = [object, document === undefined ? undefined : `document ${document}`]
    .filter(part => part !== undefined)
    .join(', ')
  const place = where === '' ? '' : `in ${where}`
  const lines = [
    ...(hasSource || hint === undefined ? [] : wrap(hint, Math.max(20, width - gutter.length - 3))),
    ...(next === undefined || gutter.length + place.length + next.length + 6 > width
      ? [place, next ?? '']
      : [`${place}${place === '' ? '' : ';  '}${next}`]),
  ].filter(line => line !== '')
  if (lines.length === 0) return []
  const bar = hasSource ? [`${gutter} ${colors.blue('|')}`] : []
  return [...bar, ...lines.map(line => `${gutter} ${colors.blue('=')} ${line}`)]
}

/** The part of a line that fits, around what is meant. Tabs and control characters become what takes a known width. */
function excerpt(
  { sourceLine, col, length }: Problem,
  room: number,
): { readonly before: string; readonly marked: string; readonly text: string } {
  const start = col - 1
  const before = printable(sourceLine.slice(0, start))
  const marked = printable(sourceLine.slice(start, start + length))
  const after = printable(sourceLine.slice(start + length))
  const whole = before + marked + after
  if (widthOf(whole) <= room) return { before, marked, text: whole }
  const lead = widthOf(before) > room / 2 ? ELLIPSIS + tail(before, Math.floor(room / 3)) : before
  const rest = marked + after
  const left = room - widthOf(lead)
  const shown = widthOf(rest) <= left ? rest : head(rest, left - 1) + ELLIPSIS
  return { before: lead, marked: shown.slice(0, marked.length), text: lead + shown }
}

function head(text: string, width: number): string {
  let kept = ''
  for (const character of text) {
    if (widthOf(kept + character) > width) break
    kept += character
  }
  return kept
}

function tail(text: string, width: number): string {
  return [...head([...text].toReversed().join(''), width)].toReversed().join('')
}

/** Text from a manifest may hold anything; none of it may move the cursor or turn the writing direction. */
function printable(text: string): string {
  return text.replaceAll('\t', TAB).replaceAll(UNPRINTABLE, '\uFFFD')
}

function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const letter of text) {
    if (!NO_WIDTH.test(letter)) width += eastAsianWidth(letter.codePointAt(0) ?? 0)
  }
  return width
}

function oneLine(text: string): string {
  return printable(text.replaceAll(/\s*\n\s*/g, ' '))
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of oneLine(text).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else {
      lines.push(word)
    }
  }
  return lines
}

function place(
  { file, line, col }: Pick<Problem, 'file' | 'line' | 'col'>,
  { cwd, home }: RenderOptions,
): string {
  const path = printable(shorten(file, cwd, home))
  return line === 0 ? path : `${path}:${line}:${col}`
}

function shorten(path: string, cwd: string | undefined, home: string | undefined): string {
  const below = (folder: string | undefined): string | undefined => {
    if (folder === undefined || !isAbsolute(path)) return undefined
    const way = relative(folder, path)
    return way === '..' || way.startsWith(`..${sep}`) ? undefined : way
  }
  const fromHere = below(cwd)
  if (fromHere !== undefined) return fromHere === '' ? '.' : fromHere
  const fromHome = below(home)
  return fromHome === undefined ? path : `~${sep}${fromHome}`
}

function summary(problems: readonly Problem[], options: RenderOptions): string {
  const errors = problems.filter(problem => problem.severity === 'error').length
  const warnings = problems.length - errors
  const affected = new Set(problems.map(problem => problem.file)).size
  const files = Math.max(options.files ?? affected, affected)
  const parts = [
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ]
  const where = affected === files ? count(files, 'file') : `${affected} of ${count(files, 'file')}`
  const outcome = options.outcome ?? 'Nothing was applied, nothing was pruned.'
  return `${parts.join(' and ')} in ${where}.${errors > 0 ? ` ${outcome}` : ''}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
