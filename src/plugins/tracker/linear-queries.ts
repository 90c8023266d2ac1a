/** What is asked of an issue. */
const ISSUE = `
  identifier
  title
  description
  url
  branchName
  state { name type }
  labels(first: 50) { nodes { name } }
`

export interface LinearIssue {
  readonly identifier: string
  readonly title: string
  readonly description?: string | null
  readonly url: string
  readonly branchName: string
  readonly state: { readonly name: string; readonly type: string }
  readonly labels: { readonly nodes: readonly { readonly name: string }[] }
}

export const ISSUES = `
  query AoIssues($filter: IssueFilter!, $first: Int!, $after: String) {
    issues(filter: $filter, first: $first, after: $after, orderBy: createdAt, includeArchived: true) {
      nodes { ${ISSUE} }
      pageInfo { hasNextPage endCursor }
    }
  }
`

export interface IssuesAnswer {
  readonly issues: {
    readonly nodes: readonly LinearIssue[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null }
  }
}

/** What must be known of an issue to change it. */
export const ISSUE_HANDLE = `
  query AoIssueHandle($filter: IssueFilter!) {
    issues(filter: $filter, first: 1, includeArchived: true) {
      nodes {
        id
        state { id }
        labels(first: 50) { nodes { id name } }
        team { id key states(first: 100) { nodes { id name } } }
      }
    }
  }
`

export interface IssueHandle {
  readonly id: string
  readonly state: { readonly id: string }
  readonly labels: { readonly nodes: readonly { readonly id: string; readonly name: string }[] }
  readonly team: {
    readonly id: string
    readonly key: string
    readonly states: { readonly nodes: readonly { readonly id: string; readonly name: string }[] }
  }
}

export interface IssueHandleAnswer {
  readonly issues: { readonly nodes: readonly IssueHandle[] }
}

export const COMMENT_BY_ID = `
  query AoComment($id: ID!) {
    comments(filter: { id: { eq: $id } }, first: 1, includeArchived: true) { nodes { id } }
  }
`

export interface CommentAnswer {
  readonly comments: { readonly nodes: readonly { readonly id: string }[] }
}

export const CREATE_COMMENT = `
  mutation AoCreateComment($input: CommentCreateInput!) {
    commentCreate(input: $input) { success }
  }
`

export const UPDATE_ISSUE = `
  mutation AoUpdateIssue($id: String!, $input: IssueUpdateInput!) {
    issueUpdate(id: $id, input: $input) { success }
  }
`

export const LABELS_BY_NAME = `
  query AoLabels($names: [String!]!) {
    issueLabels(filter: { name: { in: $names } }, first: 250) { nodes { id name team { id } } }
  }
`

export interface LabelsAnswer {
  readonly issueLabels: {
    readonly nodes: readonly {
      readonly id: string
      readonly name: string
      readonly team?: { readonly id: string } | null
    }[]
  }
}

export const ADD_LABEL = `
  mutation AoAddLabel($id: String!, $labelId: String!) {
    issueAddLabel(id: $id, labelId: $labelId) { success }
  }
`
