/** Words of an attached document, by libraries that read its format. Bounded in time and size; null when it has none or cannot be read. */
export interface DocumentText {
  /** True for types that `read` knows (`application/pdf`, Word documents…). */
  reads(type: string, name: string | null): boolean;
  read(type: string, name: string | null, octets: Uint8Array): Promise<string | null>;
}
