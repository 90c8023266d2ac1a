import { readFileSync } from 'node:fs'

import {
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  GraphQLError,
  Kind,
  OperationTypeNode,
  buildSchema,
  execute,
  parse,
  validate,
} from 'graphql'

import { type Cost, costOf } from './cost.ts'
import { type Ask, failure, visibleRepository } from './context.ts'
import { findNode } from './find.ts'
import { MUTATIONS } from './mutations.ts'
import { actorNode } from './nodes.ts'
import { repositoryNode } from './repository.ts'

export interface Query {
  readonly document: DocumentNode
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
  readonly cost: Cost
  /** Names of the fields it starts from; those of a mutation are what it does. */
  readonly fields: readonly string[]
  readonly isMutation: boolean
}

export interface GraphqlAnswer {
  readonly data?: unknown
  readonly errors?: readonly object[]
}

/** Read as a file: importing the package builds the schema twice more. */
const PUBLISHED = new URL(
  '../../../../node_modules/@octokit/graphql-schema/schema.graphql',
  import.meta.url,
)

let built: GraphQLSchema | undefined

/** The schema as GitHub publishes it; taken in when it is needed first, for it is large. */
function schema(): GraphQLSchema {
  if (built !== undefined) return built
  built = buildSchema(readFileSync(PUBLISHED, 'utf8'), { assumeValid: true, noLocation: true })
  return built
}

/** Understands a request, or says in GitHub's form what is wrong with it. */
export function readQuery(body: unknown): Query | GraphqlAnswer {
  const { query, variables, operationName } = (body ?? {}) as Record<string, unknown>
  if (typeof query !== 'string' || query.trim() === '') {
    return { errors: [{ message: 'A query attribute must be specified and must be a string.' }] }
  }
  const document = understand(query)
  if (!('kind' in document)) return document
  const given = (variables ?? {}) as Record<string, unknown>
  const name = typeof operationName === 'string' ? operationName : undefined
  const cost = costOf(document, name, given)
  if (cost.problems.length > 0) return { errors: cost.problems }
  const operations = document.definitions.filter(each => each.kind === Kind.OPERATION_DEFINITION)
  const operation = operations.find(each => name === undefined || each.name?.value === name)
  const fields = (operation?.selectionSet.selections ?? []).flatMap(each =>
    each.kind === Kind.FIELD ? [each.name.value] : [],
  )
  return {
    document,
    operationName: name,
    variables: given,
    cost,
    fields,
    isMutation: operation?.operation === OperationTypeNode.MUTATION,
  }
}

export function isQuery(read: Query | GraphqlAnswer): read is Query {
  return 'document' in read
}

/** Answers a query. `gap` hears of fields that the published schema has and the double has not. */
export async function runQuery(
  query: Query,
  ask: Ask,
  gap: (field: string) => void,
): Promise<GraphqlAnswer> {
  const resolve: GraphQLFieldResolver<unknown, Ask> = (source, args, context, info) => {
    const fields = source as Readonly<Record<string, unknown>>
    if (!(info.fieldName in fields)) {
      const field = `${info.parentType.name}.${info.fieldName}`
      gap(field)
      throw new GraphQLError(`The double of GitHub has no ${field}.`)
    }
    const value = fields[info.fieldName]
    return typeof value === 'function'
      ? (value as (args: unknown, ask: Ask) => unknown)(args, context)
      : value
  }
  const result = await execute({
    schema: schema(),
    document: query.document,
    operationName: query.operationName,
    variableValues: query.variables,
    rootValue: query.isMutation ? mutationRoot(ask) : queryRoot(ask),
    contextValue: ask,
    fieldResolver: resolve,
  })
  return {
    data: result.data,
    ...(result.errors === undefined ? {} : { errors: result.errors.map(formatted) }),
  }
}

/** Who asks, asks the same again and again. */
const understood = new Map<string, DocumentNode | GraphqlAnswer>()

function understand(query: string): DocumentNode | GraphqlAnswer {
  const known = understood.get(query) ?? check(query)
  understood.set(query, known)
  return known
}

function check(query: string): DocumentNode | GraphqlAnswer {
  let document: DocumentNode
  try {
    document = parse(query)
  } catch (error) {
    return { errors: [formatted(error as GraphQLError)] }
  }
  const wrong = validate(schema(), document)
  return wrong.length > 0 ? { errors: wrong.map(formatted) } : document
}

function queryRoot(ask: Ask): object {
  const { state, limits, token } = ask
  return {
    viewer: () => actorNode(state, ask.viewer),
    rateLimit: () => {
      const { limit, used, reset } = limits.budget(token, 'graphql')
      return {
        cost: ask.cost,
        limit,
        used,
        remaining: limit - used,
        nodeCount: ask.nodeCount,
        resetAt: new Date(reset * 1000).toISOString().replace('.000Z', 'Z'),
      }
    },
    repository: async ({ owner, name }: { readonly owner: string; readonly name: string }) =>
      repositoryNode(state, await visibleRepository(ask, owner, name)),
    node: ({ id }: { readonly id: string }) => findNode(ask, id),
    // One that isn't there leaves the others alone.
    nodes: ({ ids }: { readonly ids: readonly string[] }) => ids.map(async id => findNode(ask, id)),
    user: ({ login }: { readonly login: string }) => {
      const user = state.accounts.get(login.toLowerCase())
      if (user?.type !== 'User') {
        throw failure('NOT_FOUND', `Could not resolve to a User with the login of '${login}'.`)
      }
      return actorNode(state, user)
    },
  }
}

function mutationRoot(ask: Ask): object {
  if (ask.mayWrite) return MUTATIONS
  const refuse = () => {
    throw failure('FORBIDDEN', 'Resource not accessible by personal access token')
  }
  return Object.fromEntries(Object.keys(MUTATIONS).map(name => [name, refuse]))
}

/** GitHub puts the type of an error beside its message. */
function formatted(error: GraphQLError): object {
  const { message, path, locations, extensions } = error.toJSON()
  const type = extensions?.['type']
  return {
    ...(type === undefined ? {} : { type }),
    ...(path === undefined ? {} : { path }),
    ...(locations === undefined ? {} : { locations }),
    message,
  }
}
