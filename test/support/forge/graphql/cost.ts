import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  Kind,
} from 'graphql'

export interface Cost {
  /** What the query costs: the requests needed to fill each unique connection, a hundredth of it, at least 1. */
  readonly points: number
  /** Nodes that it may give at most; GitHub refuses more than 500,000. */
  readonly nodes: number
  /** What is wrong with the sizes of pages, in GitHub's words. */
  readonly problems: readonly { readonly type: string; readonly message: string }[]
}

const MOST_NODES = 500_000
/** Connections, and no other fields, page by these. */
const SIZES = new Set(['first', 'last'])

/** Works out the points as GitHub documents it. */
export function costOf(
  document: DocumentNode,
  operationName: string | undefined,
  given: Readonly<Record<string, unknown>>,
): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each)
  }
  const operation = document.definitions.find(
    each =>
      each.kind === Kind.OPERATION_DEFINITION &&
      (operationName === undefined || each.name?.value === operationName),
  )
  const variables = { ...defaultsOf(operation), ...given }
  const problems: { type: string; message: string }[] = []
  let requests = 0
  let nodes = 0

  const visit = (set: SelectionSetNode | undefined, times: number): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        visit(fragments.get(selection.name.value)?.selectionSet, times)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet, times)
      else visitField(selection, times)
    }
  }
  const visitField = (field: FieldNode, times: number): void => {
    const name = field.name.value
    const size = sizeOf(field, variables)
    if (size === undefined) {
      if (isFilled(field)) {
        problems.push({
          type: 'MISSING_PAGINATION_BOUNDARIES',
          message: `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`,
        })
      }
      visit(field.selectionSet, times)
      return
    }
    if (size < 1 || size > 100) {
      problems.push({
        type: 'EXCESSIVE_PAGINATION',
        message: `Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of 100 records.`,
      })
    }
    requests += times
    nodes += times * size
    visit(field.selectionSet, times * size)
  }
  if (operation?.kind === Kind.OPERATION_DEFINITION) visit(operation.selectionSet, 1)
  if (nodes > MOST_NODES) {
    problems.push({
      type: 'MAX_NODE_LIMIT_EXCEEDED',
      message: `This query requests up to ${nodes} possible nodes which exceeds the maximum limit of 500,000.`,
    })
  }
  return { points: Math.max(1, Math.round(requests / 100)), nodes, problems }
}

function defaultsOf(operation: DefinitionNode | undefined): Record<string, unknown> {
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return {}
  const found = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
  )
  return Object.fromEntries(found) as Record<string, unknown>
}

/** Whether more than a count is asked of a connection. */
function isFilled(field: FieldNode): boolean {
  const asked = field.selectionSet?.selections ?? []
  return asked.some(
    each => each.kind === Kind.FIELD && ['nodes', 'edges'].includes(each.name.value),
  )
}

function sizeOf(
  field: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number | undefined {
  for (const { name, value } of field.arguments ?? []) {
    if (!SIZES.has(name.value)) continue
    if (value.kind === Kind.INT) return Number(value.value)
    if (value.kind === Kind.VARIABLE) {
      const given = variables[value.name.value]
      if (typeof given === 'number') return given
    }
  }
  return undefined
}
