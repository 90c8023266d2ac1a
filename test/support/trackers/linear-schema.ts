import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildSchema } from 'graphql'
import type { GraphQLSchema } from 'graphql'

/** What the double answers; fields of other types are left out. */
const OBJECTS = [
  'Query',
  'Mutation',
  'Issue',
  'IssueConnection',
  'IssueLabel',
  'IssueLabelConnection',
  'IssuePayload',
  'Comment',
  'CommentConnection',
  'CommentPayload',
  'WorkflowState',
  'WorkflowStateConnection',
  'Team',
  'PageInfo',
]
const ROOT_FIELDS = [
  'issues',
  'comments',
  'issueLabels',
  'commentCreate',
  'issueUpdate',
  'issueAddLabel',
]

interface Field {
  readonly name: string
  readonly type: string
  readonly isOptional: boolean
}

interface Block {
  readonly isObject: boolean
  readonly fields: readonly Field[]
}

/**
 * Linear's GraphQL schema, as far as its double needs it. The SDK ships no schema but its types, which are generated from it; they are turned back
 * each time, so that the double can't drift from the SDK that is installed.
 */
export function linearSchema(): GraphQLSchema {
  const text = declarations()
  const blocks = new Map([...text.matchAll(BLOCK)].map(match => [match[1] ?? '', blockOf(match)]))
  const enums = new Map([...text.matchAll(ENUM)].map(match => [match[1] ?? '', match[2] ?? '']))
  const scalars = new Set(blocks.get('Scalars')?.fields.map(({ name }) => name))
  const known = (name: string): boolean =>
    scalars.has(name) ||
    enums.has(name) ||
    OBJECTS.includes(name) ||
    blocks.get(name)?.isObject === false
  const sdl: string[] = []
  const done = new Set<string>()
  const add = (name: string): void => {
    if (done.has(name) || SCALARS.has(name)) return
    done.add(name)
    const members = enums.get(name)
    const block = blocks.get(name)
    if (members !== undefined) {
      sdl.push(
        `enum ${name} { ${[...members.matchAll(/= "(\w+)"/g)].map(([, word]) => word).join(' ')} }`,
      )
    } else if (scalars.has(name)) sdl.push(`scalar ${name}`)
    else if (block !== undefined) sdl.push(typeOf(name, block))
  }
  const typeOf = (name: string, { isObject, fields }: Block): string => {
    const isRoot = name === 'Query' || name === 'Mutation'
    const kept = fields
      .filter(field => field.name !== '__typename')
      .filter(field => !isRoot || ROOT_FIELDS.includes(field.name))
      .filter(field => known(named(field.type)))
    const lines = kept.map(field => {
      add(named(field.type))
      const args = isObject ? blocks.get(argsOf(name, field.name)) : undefined
      return `  ${field.name}${args === undefined ? '' : argumentsOf(args)}: ${sdlOf(field)}`
    })
    return `${isObject ? 'type' : 'input'} ${name} {\n${lines.join('\n')}\n}`
  }
  const argumentsOf = ({ fields }: Block): string => {
    const kept = fields.filter(field => known(named(field.type)))
    for (const field of kept) add(named(field.type))
    return `(${kept.map(field => `${field.name}: ${sdlOf(field)}`).join(', ')})`
  }
  add('Query')
  add('Mutation')
  return buildSchema(sdl.join('\n\n'))
}

const SCALARS = new Set(['ID', 'String', 'Boolean', 'Int', 'Float'])
const BLOCK = /^type (\w+) = (?:\w+ & )*\{\n([\s\S]*?)^\};$/gm
const ENUM = /^declare enum (\w+) \{\n([\s\S]*?)^\}$/gm
const FIELD = /^ {2}(\w+)(\?)?: (.+);$/gm

/** The types are in one of the SDK's chunks, whose name changes with every version. */
function declarations(): string {
  const folder = dirname(fileURLToPath(import.meta.resolve('@linear/sdk')))
  const texts = readdirSync(folder)
    .filter(name => name.endsWith('.d.mts'))
    .map(name => readFileSync(join(folder, name), 'utf8'))
  const found = texts.find(text => text.includes('\ntype IssueFilter = {'))
  if (found === undefined) throw new Error('The SDK of Linear declares its types elsewhere')
  return found
}

function blockOf([, , body = '']: RegExpMatchArray): Block {
  const fields = [...body.matchAll(FIELD)].map(([, name = '', optional, type = '']) => ({
    name,
    type,
    isOptional: optional !== undefined,
  }))
  return { isObject: body.includes('__typename?:'), fields }
}

function argsOf(type: string, field: string): string {
  return `${type}${field.charAt(0).toUpperCase()}${field.slice(1)}Args`
}

/** The type's name without what is around it. */
function named(type: string): string {
  const inner = /^(?:Maybe|InputMaybe|Array)<(.*)>$/.exec(type)?.[1]
  if (inner !== undefined) return named(inner)
  return /^Scalars\["(\w+)"\]$/.exec(type)?.[1] ?? type
}

function sdlOf({ type, isOptional }: Field): string {
  const written = write(type)
  return isOptional ? written.replace(/!$/, '') : written
}

function write(type: string): string {
  const [, around, inner = ''] = /^(Maybe|InputMaybe|Array)<(.*)>$/.exec(type) ?? []
  if (around === 'Array') return `[${write(inner)}]!`
  if (around !== undefined) return write(inner).replace(/!$/, '')
  return `${named(type)}!`
}
