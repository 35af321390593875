/** iconv-lite's single-byte tables are data without types. */
declare module "iconv-lite/encodings/sbcs-data-generated.js" {
  const tables: unknown;
  export default tables;
}
declare module "iconv-lite/encodings/sbcs-data.js" {
  const tables: unknown;
  export default tables;
}
