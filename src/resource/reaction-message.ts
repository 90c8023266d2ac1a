/** What the `message` of a reaction may name, as `{{number}}`; `details` is the evidence that an agent gets. */
export const REACTION_MESSAGE_FIELDS = [
  'session',
  'project',
  'why',
  'number',
  'title',
  'url',
  'branch',
  'details',
] as const

export type ReactionMessageField = (typeof REACTION_MESSAGE_FIELDS)[number]
