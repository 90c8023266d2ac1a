import pc from 'picocolors'

/** What a renderer must know about the screen and the person before it. */
export interface Look {
  /** Columns of the terminal; `Infinity` when the text goes into a file or a pipe. */
  readonly width: number
  readonly color: boolean
  readonly now: Date
  /** The person's home directory, shown as `~`. */
  readonly home?: string | undefined
  /** Where the person stands; paths below it are shown relative. */
  readonly cwd?: string | undefined
}

type Paint = (text: string) => string

/** Colours by meaning, so that a renderer never names one. Without colour each gives its text back. */
export interface Palette {
  readonly good: Paint
  readonly bad: Paint
  readonly warn: Paint
  readonly change: Paint
  readonly faint: Paint
  readonly strong: Paint
}

export function paletteOf(color: boolean): Palette {
  const colors = pc.createColors(color)
  return {
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    change: colors.cyan,
    faint: colors.dim,
    strong: colors.bold,
  }
}
