/** The version of the package, written in by the build. */
declare const AO_VERSION: string

declare module '*.html' {
  const text: string
  export default text
}

declare module '*.svg' {
  const text: string
  export default text
}
