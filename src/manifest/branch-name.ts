/** Why git would not take this as a branch's name (`git check-ref-format --branch`); undefined when it would. */
export function branchNameProblem(name: string): string | undefined {
  if (name === '@' || name === 'HEAD') return `git keeps "${name}" for itself`
  if (name.startsWith('-')) return 'it starts with "-"'
  if (name.startsWith('refs/')) return 'it starts with "refs/"; leave refs/heads/ out'
  const forbidden = /[\u0000-\u0020\u007F~^:?*[\\]/.exec(name)?.[0]
  if (forbidden !== undefined) {
    return forbidden < '!' || forbidden === '\u007F'
      ? 'it contains a space or control character'
      : `it contains "${forbidden}"`
  }
  if (name.includes('..')) return 'it contains ".."'
  if (name.includes('@{')) return 'it contains "@{"'
  if (name.endsWith('.')) return 'it ends with "."'
  const parts = name.split('/')
  if (parts.includes('')) return 'a part between slashes is empty'
  if (parts.some(part => part.startsWith('.'))) return 'a part of it starts with "."'
  if (parts.some(part => part.endsWith('.lock'))) return 'a part of it ends with ".lock"'
  return undefined
}
