import { distance } from 'fastest-levenshtein'

/** The known word a mistyped one most likely stands for; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase()
  const limit = Math.max(1, Math.min(3, Math.floor(word.length / 3)))
  let best: { readonly name: string; readonly far: number } | undefined
  for (const name of known) {
    const far = slips(lower, name.toLowerCase())
    if (far <= limit && (best === undefined || far < best.far)) best = { name, far }
  }
  return best?.name
}

/** Two neighbours in the wrong order are one slip of the fingers, not two. */
function slips(word: string, known: string): number {
  const far = distance(word, known)
  if (far !== 2 || word.length !== known.length) return far
  const at = [...word].findIndex((letter, index) => letter !== known[index])
  return word[at] === known[at + 1] && word[at + 1] === known[at] ? 1 : far
}

/** `did you mean "x"?` where there is a near one, else what is known, as long as that can be read at a glance. */
export function hintFor(
  word: string,
  known: readonly string[],
  what = 'known',
): string | undefined {
  const near = nearest(word, known)
  if (near !== undefined) return `did you mean "${near}"?`
  if (known.length === 0 || known.length > MOST_TO_LIST) return undefined
  return `${what}: ${known.join(', ')}`
}

const MOST_TO_LIST = 20
