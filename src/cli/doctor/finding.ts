/** One thing the doctor looked at. */
export interface Finding {
  /** What was looked at, such as `git`. */
  readonly check: string
  /** `missing`: something that is needed is not there. */
  readonly state: 'ok' | 'warning' | 'missing'
  readonly message: string
  /** The command that mends it. */
  readonly next?: string
}
