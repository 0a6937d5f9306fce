/** A module of its own for another thread of the browser, bundled; its address. */
declare module '*?worker&url' {
  const url: string;
  export default url;
}
